"""From a request to its answer, with no HTTP in it."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from testbeds.cluster.standin import reads
from testbeds.cluster.standin.kinds import find_kind
from testbeds.cluster.standin.selectors import Select, parse_fields, parse_labels
from testbeds.cluster.standin.status import StatusError
from testbeds.cluster.standin.store import Place, Store

WATCH_S = 1800
WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_PATH = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/v1)(?:/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[^/]+)"
    r"(?:/(?P<name>[^/]+)(?P<status>/status)?)?"
)


@dataclass(frozen=True)
class Request:
    """A request: path without its query, headers in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes

    @property
    def content_type(self) -> str:
        """The media type of the body, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def is_watch(self) -> bool:
        """Whether the answer is a stream of events."""
        return self.method == "GET" and self.query.get("watch") in ("true", "1")

    def body(self) -> dict[str, Any]:
        """Return the JSON object. Raises StatusError where it is none."""
        try:
            body = json.loads(self.raw)
        except ValueError as error:
            raise StatusError(400, f"the body is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise StatusError(400, "the body is no JSON object")
        return body


def answer(store: Store, request: Request) -> tuple[int, dict[str, Any]]:
    """Return status and body. Raises StatusError."""
    if (request.method, request.path) == ("POST", WHO_AM_I):
        return 201, _review_self()
    return _answer_place(store, _parse_place(request.path), request)


def _answer_place(store: Store, place: Place, request: Request) -> tuple[int, dict[str, Any]]:
    method = request.method
    if not place.name:
        if method == "GET":
            return 200, _list(store, place, request)
        if method == "POST":
            return 201, store.create(place, request.body())
    elif method == "GET":
        return 200, store.get(place)
    elif method == "PUT":
        item, is_new = store.put(place, request.body())
        return (201 if is_new else 200), item
    elif method == "PATCH":
        return 200, store.patch(place, request.content_type, request.raw)
    elif method == "DELETE":
        return 200, store.delete(place)
    raise StatusError(405, "the server does not allow this method on the requested resource")


def watch(store: Store, request: Request) -> Iterator[dict[str, Any]]:
    """Yield the events of a watch. Raises StatusError."""
    place = _parse_place(request.path)
    since = request.query.get("resourceVersion", "")
    if since and not since.isdecimal():
        raise StatusError(500, f'resourceVersion: Invalid value: "{since}"', reason="")
    seconds = _parse_number(request.query.get("timeoutSeconds") or str(WATCH_S))
    bookmarks = request.query.get("allowWatchBookmarks") in ("true", "1")
    return reads.watch(store, place, _parse_select(place, request), since, seconds, bookmarks=bookmarks)


def _review_self() -> dict[str, Any]:
    """Return who asks, made now: `kubectl auth whoami` reads the server's clock from it."""
    made = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "SelfSubjectReview",
        "metadata": {"creationTimestamp": made},
        "status": {"userInfo": {"username": "stand-in"}},
    }


def _list(store: Store, place: Place, request: Request) -> dict[str, Any]:
    query = request.query
    has_selector = bool(query.get("labelSelector") or query.get("fieldSelector"))
    limit = _parse_number(query.get("limit") or "0")
    select, token = _parse_select(place, request), query.get("continue", "")
    return reads.list_page(store, place, select, limit, token, counts=not has_selector)


def _parse_place(path: str) -> Place:
    match = _PATH.fullmatch(path)
    if match is None:
        raise StatusError(404, "the server could not find the requested resource")
    kind = find_kind(match["group"] or "", match["plural"])
    if (match["status"] and not kind.has_status) or (match["namespace"] and not kind.namespaced):
        raise StatusError(404, "the server could not find the requested resource")
    return Place(kind, match["namespace"] or "", match["name"] or "", bool(match["status"]))


def _parse_select(place: Place, request: Request) -> Select:
    by_label = parse_labels(request.query.get("labelSelector", ""))
    by_field = parse_fields(place.kind, request.query.get("fieldSelector", ""))
    return lambda item: by_label(item) and by_field(item)


def _parse_number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise StatusError(400, f'strconv.ParseInt: parsing "{text}": invalid syntax') from error
