"""What went wrong with kubectl, told by its exit code and what it wrote to stderr. Pure.

kubectl ends with 1 for nearly everything; the text is what tells. The forms are those of kubectl 1.32 and 1.36, seen
against a real API server; a form that is not known is shown as it is.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Literal

from aigpu_contract.rendering import clip, printable

Kind = Literal[
    "missing", "unconfigured", "unreachable", "unauthorized", "forbidden", "not-found", "conflict", "invalid", "other"
]

INSTALL = "Get kubectl and kubelogin: az aks install-cli"
SIGN_IN = "Sign in with the login of az: kubelogin convert-kubeconfig -l azurecli   and, where that ran out: az login"
GET_CREDENTIALS = "Name a cluster: --kubeconfig FILE, or get one: az aks get-credentials -g GROUP -n CLUSTER"
CONTEXTS = "See what there is: kubectl config get-contexts"
MONITORING = (
    "The Prometheus operator is not there: install it, or leave --with-monitoring out; --with-monitoring azure-monitor "
    "is for the one of Azure."
)
TRY_AGAIN = "Try again in a minute."
REACH = (
    "Check that the cluster is running and that this machine reaches it: az aks show -g GROUP -n CLUSTER --query "
    '"[powerState.code, apiServerAccessProfile]". A private cluster answers only inside its network.'
)
MOST_CHARACTERS = 600


class KubectlError(Exception):
    """kubectl did not do what was asked.

    `kind` is what a program may act on, `reason` the API server's own word for it (`Expired`), empty where the server
    said none. `text` is one sentence for people, `next_step` what to do about it.
    """

    def __init__(self, kind: Kind, text: str, next_step: str = "", reason: str = "") -> None:
        super().__init__(text)
        self.kind: Kind = kind
        self.text = text
        self.next_step = next_step
        self.reason = reason

    def __str__(self) -> str:
        return "\n".join(part for part in (self.text, self.next_step) if part)


_FROM_SERVER = re.compile(r"Error from server(?: \((?P<reason>\w+)\))?: (?P<text>.*)", re.DOTALL)
_DENIED = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]+)" in API group "(?P<group>[^"]*)"'
    r'(?: at the cluster scope| in the namespace "(?P<namespace>[^"]+)")?(?P<rest>.*)',
    re.DOTALL,
)
_PLUGIN_MISSING = re.compile(r"exec: executable (?P<program>\S+) not found")
_PLUGIN_FAILED = re.compile(r"exec: executable (?P<program>\S+) failed with exit code (?P<code>\d+)")
_SIGN_IN = re.compile(r"To sign in, use a web browser|devicelogin|device code", re.IGNORECASE)

_KIND_OF_REASON: dict[str, Kind] = {
    "Unauthorized": "unauthorized",
    "Forbidden": "forbidden",
    "NotFound": "not-found",
    "MethodNotAllowed": "not-found",
    "Conflict": "conflict",
    "AlreadyExists": "conflict",
    "Invalid": "invalid",
    "BadRequest": "invalid",
    "UnsupportedMediaType": "invalid",
    "RequestEntityTooLarge": "invalid",
    "Timeout": "unreachable",
    "ServerTimeout": "unreachable",
    "ServiceUnavailable": "unreachable",
    "TooManyRequests": "unreachable",
}

# First match counts. A next step where the sentence of kubectl alone leaves the user without one.
_FORMS: tuple[tuple[str, Kind, str], ...] = (
    (r"You must be logged in to the server|provide credentials", "unauthorized", SIGN_IN),
    (r"localhost:8080 was refused|no configuration has been provided", "unreachable", GET_CREDENTIALS),
    (r"context \S+ does not exist|no context exists", "unconfigured", CONTEXTS),
    (r"^error: stat |loading config file|invalid configuration:", "unconfigured", GET_CREDENTIALS),
    (r"x509: |certificate signed by unknown", "unreachable", "The kubeconfig may be old. " + GET_CREDENTIALS),
    (r"Unable to connect to the server|The connection to the server|connection refused", "unreachable", REACH),
    (r"i/o timeout|TLS handshake timeout|context deadline exceeded|no such host", "unreachable", REACH),
    (r"doesn't have a resource type", "not-found", ""),
    (r"Apply failed with \d+ conflict", "conflict", ""),
    (r'no matches for kind "(PodMonitor|PrometheusRule)"', "invalid", MONITORING),
    (r"no matches for kind|error validating|unknown field|failed to create typed|is invalid: ", "invalid", ""),
    (r"the server rejected our request", "invalid", ""),
)


def build_error(stderr: str, exit_code: int, arguments: Sequence[str]) -> KubectlError:
    """Return what a kubectl that ended with `exit_code` says is wrong."""
    said = _without_warnings(stderr)
    found = _read_plugin(said) or _read_server(said) or _read_form(said)
    if found is not None:
        return found
    text = f"kubectl {_shown(arguments)} ended with exit code {exit_code}"
    return KubectlError("other", f"{text}: {_short(said)}" if said else f"{text} and said nothing.")


def build_missing(program: str, error: Exception | None = None) -> KubectlError:
    """Return that there is no such program, or none that can be started."""
    if error is None or isinstance(error, FileNotFoundError):
        where = "is not there" if "/" in program or "\\" in program else "is not on PATH"
        return KubectlError("missing", f"The program {printable(program)} {where}.", INSTALL)
    return KubectlError("missing", f"The program {printable(program)} cannot be started: {error}.", INSTALL)


def build_timeout(stderr: str, timeout_s: float, arguments: Sequence[str]) -> KubectlError:
    """Return that kubectl was ended: it took too long, or waited for somebody to sign in."""
    if waits_for_sign_in(stderr):
        return KubectlError("unauthorized", "kubectl waits for somebody to sign in with a web browser.", SIGN_IN)
    text = f"kubectl {_shown(arguments)} did not end within {timeout_s:.0f} seconds."
    said = _without_warnings(stderr)
    return KubectlError("unreachable", f"{text} It said: {_short(said)}" if said else text, REACH)


def build_not_json(path: str, answer: bytes) -> KubectlError:
    """Return that what came back for `path` is no JSON."""
    seen = _short(answer[:MOST_CHARACTERS].decode(errors="replace")) or "nothing"
    return KubectlError("other", f"The answer to GET {printable(path)} is not JSON: {seen}", TRY_AGAIN)


def waits_for_sign_in(stderr: str) -> bool:
    """Return whether a plugin of kubectl has asked for a sign-in by web browser."""
    return _SIGN_IN.search(stderr) is not None


def _read_plugin(said: str) -> KubectlError | None:
    missing = _PLUGIN_MISSING.search(said)
    if missing is not None:
        program = printable(missing["program"])
        return KubectlError("missing", f"To sign in, kubectl needs {program}, which is not on PATH.", INSTALL)
    failed = _PLUGIN_FAILED.search(said)
    if failed is None:
        return None
    # What the plugin itself said stands before kubectl's line.
    own = said[: failed.start()].rpartition("\n")[0]
    text = f"To sign in, kubectl ran {printable(failed['program'])}, which ended with exit code {failed['code']}"
    return KubectlError("unauthorized", f"{text}: {_short(own)}" if own else text + ".", SIGN_IN)


def _read_server(said: str) -> KubectlError | None:
    match = _FROM_SERVER.search(said)
    if match is None:
        return None
    reason = match["reason"] or ""
    kind = _KIND_OF_REASON.get(reason)
    if kind is None:
        form = _read_form(said)
        return form or KubectlError("other", f"The API server answered: {_short(match['text'])}", reason=reason)
    if kind == "forbidden":
        return _read_denied(match["text"], reason)
    step = {"unauthorized": SIGN_IN, "unreachable": TRY_AGAIN}.get(kind, "")
    return KubectlError(kind, f"The API server answered {reason}: {_short(match['text'])}", step, reason)


def _read_denied(text: str, reason: str) -> KubectlError:
    """Return the very right that is missing, or what an admission policy said."""
    match = _DENIED.search(text)
    if match is None:
        return KubectlError("forbidden", f"The API server answered {reason}: {_short(text)}", reason=reason)
    resource = match["resource"] + (f".{match['group']}" if match["group"] else "")
    place = f"in namespace {match['namespace']}" if match["namespace"] else "in the whole cluster"
    rest = match["rest"].strip(" :\n")
    sentence = f"User '{match['user']}' may not {match['verb']} {resource} {place}" + (f" ({rest})" if rest else "")
    scope = f"-n {match['namespace']}" if match["namespace"] else "-A"
    step = f"Ask for that right, then check: kubectl auth can-i {match['verb']} {resource} {scope}"
    return KubectlError("forbidden", _short(sentence) + ".", printable(step), reason)


def _read_form(said: str) -> KubectlError | None:
    for pattern, kind, step in _FORMS:
        if re.search(pattern, said, re.MULTILINE):
            return KubectlError(kind, f"kubectl says: {_short(_without_prefix(said))}", step)
    return None


def _without_warnings(stderr: str) -> str:
    """Return stderr without warnings and without client-go's own log lines (`E1126 13:02:11.1 ...`)."""
    noise = re.compile(r"Warning: |[IWE]\d{4} \d\d:\d\d:\d\d")
    return "\n".join(line for line in stderr.splitlines() if line.strip() and not noise.match(line))


def _without_prefix(said: str) -> str:
    return re.sub(r"^error: ", "", said, flags=re.IGNORECASE)


def _short(text: str) -> str:
    return clip(printable(text.strip()), MOST_CHARACTERS)


def _shown(arguments: Sequence[str]) -> str:
    return printable(shlex.join(arguments))
