"""A client for tests: it sends what it is told and hands back what came, with no retries and no models."""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import socket
import threading
import urllib.parse
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from testbeds.cluster.access import Access

TIMEOUT_S = 30.0

JSON = "application/json"
STRATEGIC_MERGE = "application/strategic-merge-patch+json"
JSON_MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
SERVER_SIDE_APPLY = "application/apply-patch+yaml"


class RefusedError(Exception):
    """The server answered something else than was hoped for."""

    def __init__(self, method: str, path: str, answer: Answer) -> None:
        super().__init__(f"{method} {path}: {answer.status} {answer.reason}: {answer.message}")
        self.answer = answer


@dataclass(frozen=True)
class Answer:
    """What came back. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON value. Raises ValueError where it is none."""
        return json.loads(self.raw)

    @property
    def reason(self) -> str:
        """The `reason` of a Status, such as Conflict; empty where the body is none."""
        return self._field("reason")

    @property
    def message(self) -> str:
        """The `message` of a Status, or else the body's beginning."""
        return self._field("message") or self.raw[:300].decode("utf-8", "replace")

    def _field(self, name: str) -> str:
        try:
            body = json.loads(self.raw)
        except ValueError:
            return ""
        return str(body.get(name) or "") if isinstance(body, dict) and body.get("kind") == "Status" else ""


class Client:
    """Requests as one user; each thread keeps a connection of its own open."""

    def __init__(self, access: Access, timeout_s: float = TIMEOUT_S) -> None:
        self.access = access
        self.timeout_s = timeout_s
        self._address = urllib.parse.urlsplit(access.server)
        self._tls = access.tls()
        self._kept = threading.local()
        self._open: list[http.client.HTTPConnection] = []
        self._watches: list[http.client.HTTPConnection] = []

    def get(self, path: str, **query: str | int) -> Any:
        """Return the body of a GET. Raises RefusedError unless the answer is 200."""
        return self._succeed("GET", path + _query(query))

    def post(self, path: str, body: Any, **query: str | int) -> Any:
        """Return what was created. Raises RefusedError unless the answer is 200, 201 or 202."""
        return self._succeed("POST", path + _query(query), body)

    def put(self, path: str, body: Any) -> Any:
        """Return what was replaced. Raises RefusedError unless the answer is 200 or 201."""
        return self._succeed("PUT", path, body)

    def patch(self, path: str, body: Any, kind: str = STRATEGIC_MERGE) -> Any:
        """Return what was patched. Raises RefusedError unless the answer is 200 or 201."""
        return self._succeed("PATCH", path, body, kind)

    def delete(self, path: str, body: Any = None) -> Answer:
        """Delete, and return the answer; 404 is well too. Raises RefusedError for any other refusal."""
        answer = self.send("DELETE", path, body)
        if answer.status not in (200, 202, 404):
            raise RefusedError("DELETE", path, answer)
        return answer

    def send(self, method: str, path: str, body: Any = None, content_type: str = JSON) -> Answer:
        """Send one request, and return the answer whatever it is. Raises OSError, HTTPException.

        A `body` of bytes is sent as it is.
        """
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = self._connection()
        try:
            self._write(connection, method, path, raw, content_type)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        except (OSError, http.client.HTTPException):
            connection.close()
            raise

    def watch(
        self, path: str, timeout_s: float = TIMEOUT_S, **query: str | int
    ) -> Generator[dict[str, Any], None, None]:
        """Yield the events of a watch until the server ends it. Raises RefusedError, OSError, HTTPException."""
        asked = path + _query({"watch": "true", "timeoutSeconds": max(1, round(timeout_s)), **query})
        connection = self._connect(timeout_s + TIMEOUT_S)
        self._watches.append(connection)
        try:
            self._write(connection, "GET", asked, None, JSON)
            response = connection.getresponse()
            if response.status != 200:
                raise RefusedError("GET", asked, Answer(response.status, {}, response.read()))
            for line in response:
                yield json.loads(line)
        finally:
            self._watches.remove(connection)
            connection.close()

    def close(self) -> None:
        """End the connections of all threads and all watches; a later request opens its own again."""
        for connection in list(self._watches):
            if connection.sock is not None:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)  # its reader wakes, and closes it
        for connection in list(self._open):
            connection.close()

    def _succeed(self, method: str, path: str, body: Any = None, kind: str = JSON) -> Any:
        answer = self.send(method, path, body, kind)
        if answer.status not in (200, 201, 202):
            raise RefusedError(method, path, answer)
        return answer.body

    def _write(
        self, connection: http.client.HTTPConnection, method: str, path: str, raw: bytes | None, content_type: str
    ) -> None:
        connection.putrequest(method, path, skip_accept_encoding=True)
        connection.putheader("Accept", JSON)
        for name, value in self.access.headers.items():
            for one in [value] if isinstance(value, str) else value:
                connection.putheader(name, one)
        if raw is not None:
            connection.putheader("Content-Type", content_type)
            connection.putheader("Content-Length", str(len(raw)))
        connection.endheaders(raw)

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._kept, "connection", None)
        if kept is None:
            kept = self._kept.connection = self._connect(self.timeout_s)
            self._open.append(kept)
        elif kept.sock is not None and select.select([kept.sock], [], [], 0)[0]:
            kept.close()  # the server has ended it meanwhile: there is something to read where nothing was asked
        return kept

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        host, port = self._address.hostname or "", self._address.port
        if self._tls is None:
            return http.client.HTTPConnection(host, port, timeout=timeout_s)
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=self._tls)


def _query(pairs: Mapping[str, str | int]) -> str:
    return "?" + urllib.parse.urlencode(pairs) if pairs else ""
