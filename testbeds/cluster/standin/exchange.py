"""The HTTP of the stand-in: one connection, its requests, and what a fault makes of them."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol

from testbeds.cluster.client import JSON
from testbeds.cluster.standin import api
from testbeds.cluster.standin.faults import Drop, Fault, Faults
from testbeds.cluster.standin.status import REASONS, StatusError, build_status
from testbeds.cluster.standin.store import Store


@dataclass
class Recorded:
    """A request that arrived, and the status that it got; None: none yet, or none at all."""

    request: api.Request
    status: int | None = None


class Served(Protocol):
    """What a connection needs of the stand-in."""

    store: Store
    faults: Faults
    requests: list[Recorded]
    tokens: set[str]
    stopping: threading.Event


class Exchange(BaseHTTPRequestHandler):
    """A connection, from its first request to its last."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def __init__(self, standin: Served, *connection: Any) -> None:
        self.standin = standin
        super().__init__(*connection)  # serves the whole connection

    def _serve(self) -> None:
        standin, request = self.standin, self._read()
        recorded = Recorded(request)
        standin.requests.append(recorded)
        fault = standin.faults.claim(request.method, request.path)
        if fault is None:
            self._handle(request, recorded, drops=False)
        elif standin.stopping.wait(fault.delay_s) or fault.drop is Drop.BEFORE:
            self._drop()
        elif fault.status is not None:
            self._refuse(fault.status, fault, recorded)
        else:
            self._handle(request, recorded, drops=fault.drop is Drop.AFTER)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    def _handle(self, request: api.Request, recorded: Recorded, *, drops: bool) -> None:
        try:
            if not self._is_known(request):
                status, body = 401, build_status(401, "Unauthorized", "Unauthorized")
            elif request.is_watch:
                self._stream(api.watch(self.standin.store, request), recorded)
                return
            else:
                status, body = api.answer(self.standin.store, request)
        except StatusError as error:
            status, body = error.code, error.body
        if drops:
            self._drop()
        else:
            self._send(status, json.dumps(body).encode(), recorded)

    def _is_known(self, request: api.Request) -> bool:
        return request.headers.get("authorization", "").removeprefix("Bearer ") in self.standin.tokens

    def _refuse(self, status: int, fault: Fault, recorded: Recorded) -> None:
        body = build_status(status, "a fault was asked for", REASONS.get(status, ""))
        headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
        self._send(status, json.dumps(body).encode() if fault.body is None else fault.body, recorded, headers)

    def _read(self) -> api.Request:
        address = urllib.parse.urlsplit(self.path)
        return api.Request(
            method=self.command,
            path=urllib.parse.unquote(address.path),
            query=dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            raw=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )

    def _send(self, status: int, raw: bytes, recorded: Recorded, headers: Mapping[str, str] | None = None) -> None:
        recorded.status = status
        self.send_response(status)
        for name, value in {"Content-Type": JSON, "Content-Length": str(len(raw)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def _stream(self, events: Iterator[dict[str, Any]], recorded: Recorded) -> None:
        recorded.status = 200
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for event in events:
            line = json.dumps(event).encode() + b"\n"
            self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, message: str, *args: Any) -> None:
        """Say nothing: `requests` has it all."""
