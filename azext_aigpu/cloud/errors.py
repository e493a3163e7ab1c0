"""Turns what Azure answers when it refuses, and what the network does, into one sentence and a next step. Pure.

A service error is told by its `code`, never by the class of the exception: the SDK raises `ResourceExistsError` for
every 409 and an `HttpResponseError` with status 200 for an operation that failed later.
"""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from azext_aigpu.cloud.error_table import EXPLANATIONS, Explanation, Kind

SHOWN_CHARACTERS = 400
"""An answer may list hundreds of sizes; more than this of it helps nobody."""

SEE_ALL = "Run the command again with --debug to see Azure's whole answer."
_EMBEDDED = re.compile(r'Code="(?P<code>\w+)" Message="(?P<message>(?:[^"\\]|\\.)*)"')
_CAUSE = re.compile(
    r"(?<=\] )[A-Z][^\"')]+(?=[\"')]|$)|certificate verify failed[^\"')]*|[Rr]ead timed out|Connection aborted"
)
_PLACEHOLDER = re.compile(r"\b(GROUP|CLUSTER|POOL)\b")
_PLACE = re.compile(
    r"/resourceGroups/(?P<group>[^/?]+)/providers/Microsoft\.ContainerService/managedClusters/(?P<cluster>[^/?]+)"
    r"(?:/agentPools/(?P<pool>[^/?]+))?"
)
_HOST = re.compile(r"host='([^']+)'")
_KIND_OF_STATUS = {
    401: Kind.SIGN_IN,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    412: Kind.PRECONDITION,
    429: Kind.THROTTLED,
}
_DEEPEST = 5


@dataclass(frozen=True)
class AzureProblem:
    """What went wrong with one call: the service's error code, a sentence, the next step, the HTTP status.

    `status` is None where no answer came; a failed operation has 200, because the call that told of it succeeded.
    `action` and `scope` are there where the service names a permission that is missing.
    """

    code: str
    sentence: str
    next_step: str
    status: int | None
    kind: Kind = Kind.OTHER
    action: str = ""
    scope: str = ""


class CallFailed(Exception):  # noqa: N818 (it reads as what happened)
    """A call to Azure failed; `problem` says why in words for the user."""

    def __init__(self, problem: AzureProblem) -> None:
        super().__init__(f"({problem.code}) {problem.sentence}")
        self.problem = problem


class NotFound(CallFailed):
    """What was asked for does not exist."""


def explain(error: BaseException) -> AzureProblem:
    """Return what `error`, raised by the SDK, means."""
    response = getattr(error, "response", None)
    if response is None:
        return _explain_transport(error)
    status = int(response.status_code)
    body = _read_body(response)
    return explain_body(body, status) if body is not None else unreadable(status)


def explain_body(body: Any, status: int | None) -> AzureProblem:
    """Return what the body of an error means: wrapped in `error`, flat, nested, or with the cause inside a text."""
    chain = list(_walk(body))
    if not chain:
        return unreadable(status)
    innermost = chain[-1]
    for code, message in reversed(chain):
        explanation, found = _look_up(code, message)
        if explanation and (not explanation.generic or (code, message) == innermost):
            return _problem(explanation, code, message, found, status)
    return _unknown(*innermost, status)


def name_place(problem: AzureProblem, **names: str) -> AzureProblem:
    """Return the problem with `group`, `cluster` and `pool`, as far as they are known, in its next step."""
    step = _PLACEHOLDER.sub(lambda match: names.get(match[0].lower()) or match[0], problem.next_step)
    return dataclasses.replace(problem, next_step=step)


def find_place(address: str) -> Mapping[str, str]:
    """Return `group`, `cluster` and `pool` out of the address or path of a request, as far as it names them."""
    match = _PLACE.search(address)
    return {name: unquote(value) for name, value in (match.groupdict() if match else {}).items() if value}


def is_capacity(problem: AzureProblem) -> bool:
    """Return whether Azure has no room for this size in this place: another zone or size may do."""
    return problem.kind is Kind.CAPACITY


def is_busy(problem: AzureProblem) -> bool:
    """Return whether the same call may succeed a little later: another operation runs, or calls are throttled."""
    return problem.kind in (Kind.BUSY, Kind.THROTTLED)


def plain(text: str, most: int = SHOWN_CHARACTERS) -> str:
    """Return `text` fit for a terminal: no control characters, one line, cut to `most` characters."""
    printable = "".join(" " if unicodedata.category(letter).startswith(("C", "Z")) else letter for letter in text)
    line = " ".join(printable.split())
    return line if len(line) <= most else line[: most - 4].rstrip(" ,;") + " ..."


def _walk(value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield (code, message) from the outermost error to the innermost."""
    if not isinstance(value, Mapping) or depth > _DEEPEST:
        return
    if isinstance(value.get("error"), Mapping):
        yield from _walk(value["error"], depth + 1)
        return
    code, message = value.get("code"), value.get("message")
    if isinstance(code, str) and code:
        text = message if isinstance(message, str) else ""
        yield code, text
        yield from _inside_text(text, depth)
    for key in ("innererror", "details"):
        nested = value.get(key)
        for item in nested if isinstance(nested, list) else [nested]:
            yield from _walk(item, depth + 1)


def _inside_text(text: str, depth: int) -> Iterator[tuple[str, str]]:
    # AKS puts the compute provider's answer into its own message, as JSON or in Go's way of printing it.
    if text.lstrip().startswith("{"):
        try:
            yield from _walk(json.loads(text), depth + 1)
        except ValueError:
            return
    for match in _EMBEDDED.finditer(text):
        yield match["code"], match["message"].replace('\\"', '"')


def _look_up(code: str, message: str) -> tuple[Explanation | None, Mapping[str, str]]:
    for explanation in EXPLANATIONS:
        if code not in explanation.codes:
            continue
        if explanation.pattern is None:
            return explanation, {}
        match = explanation.pattern.search(message)
        if match:
            return explanation, match.groupdict()
    return None, {}


def _problem(
    explanation: Explanation, code: str, message: str, found: Mapping[str, str], status: int | None
) -> AzureProblem:
    words = {name: plain(value, 200) for name, value in found.items()}
    text = plain(message) or "no message"
    return AzureProblem(
        code=code,
        sentence=explanation.says.format(**words, message=text),
        next_step=explanation.next_step.format(**words),
        status=status,
        kind=explanation.kind,
        action=words.get("action", ""),
        scope=words.get("scope", ""),
    )


def _unknown(code: str, message: str, status: int | None) -> AzureProblem:
    kind = _KIND_OF_STATUS.get(status or 0, Kind.OTHER)
    sentence = f"Azure refused: {plain(message) or 'no message'} (code {plain(code, 80)})"
    return AzureProblem(plain(code, 80), sentence, SEE_ALL, status, kind)


def unreadable(status: int | None) -> AzureProblem:
    """Return what an answer means that is not Azure's: a page of a proxy, half a text, nothing."""
    # A page without an error code may be a proxy's: its 404 does not say that the resource is missing.
    kind = Kind.THROTTLED if status == 429 else Kind.UNREADABLE
    sentence = f"Azure answered with HTTP status {status} and nothing that can be read as JSON"
    step = f"Look for a proxy or gateway on the way that answers in Azure's place, then try again. {SEE_ALL}"
    return AzureProblem(f"Http{status}", sentence, step, status, kind)


def _explain_transport(error: BaseException) -> AzureProblem:
    from azure.core.exceptions import ServiceRequestError

    cause = name_cause(error)
    if isinstance(error, ServiceRequestError):
        step = "Check the network, the proxy (HTTPS_PROXY) and the trusted certificates (REQUESTS_CA_BUNDLE)."
        return AzureProblem("NoConnection", f"Azure could not be reached: {cause}", step, None, Kind.CONNECTION)
    sentence = f"the connection to Azure broke before the answer was there: {cause}"
    return AzureProblem("ConnectionBroken", sentence, "Check the network and try again.", None, Kind.CONNECTION)


def name_cause(error: BaseException) -> str:
    """Return why a connection failed, in few words out of the many that urllib3 wraps around it."""
    text = str(error)
    found = _CAUSE.search(text)
    host = _HOST.search(text)
    cause = plain(found.group() if found else text, 200) or type(error).__name__
    return f"{cause} ({host.group(1)})" if host else cause


def _read_body(response: Any) -> Any:
    try:
        return json.loads(response.text())
    except ValueError:
        return None
