"""The server: TLS on loopback, one thread a connection, every request recorded."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import ssl
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from testbeds.local_azure import environment
from testbeds.local_azure.actions import ACTIONS, check_granted
from testbeds.local_azure.exchange import ArmError, Reply, Request
from testbeds.local_azure.fault_effects import Answer, Delay, DropAfter, DropBefore
from testbeds.local_azure.faults import Faults
from testbeds.local_azure.routes import Route, match_route
from testbeds.local_azure.tls import make_certificates, server_context, write_bundle
from testbeds.local_azure.world import World
from testbeds.tls_server import TlsServer

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass
class Recorded:
    """A request that arrived; `status` None: no answer was sent. `started` is on the clock of `time.monotonic`."""

    route: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    started: float = field(default_factory=time.monotonic)
    status: int | None = None
    response_bytes: int = 0
    seconds: float = 0.0

    @property
    def action(self) -> str | None:
        """The Azure action that the request needs, None where it needs none."""
        return ACTIONS.get(self.route)


class LocalAzure:
    """An Azure Resource Manager, identity and price endpoint on https://localhost.

    A context manager. `requests` holds what arrived, in order of arrival; `world` is the state, `faults` the switches.
    Who is signed in here trusts this Azure alone; with `trusts_others` also whom this process trusts (pip's index), for
    the 20 ms that OpenSSL takes to read their certificates, at each of the ten connections of a command.
    """

    def __init__(
        self, world: World | None = None, port: int = 0, *, verbose: bool = False, trusts_others: bool = False
    ) -> None:
        self.world = world if world is not None else World.default()
        self.requests: list[Recorded] = []
        self.verbose = verbose
        self.trusts_others = trusts_others
        self.stopping = threading.Event()
        self._wanted_port = port
        self._server: _Server | None = None
        self._cleanup = contextlib.ExitStack()

    @property
    def faults(self) -> Faults:
        """The faults that are switched on."""
        return self.world.faults

    @property
    def port(self) -> int:
        """The port that it listens on, while it runs."""
        if self._server is None:
            raise RuntimeError("the local Azure is not running: enter it with `with`")
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The endpoint of everything."""
        return f"https://localhost:{self.port}"

    @property
    def authority(self) -> bytes:
        """The certificate (PEM) to trust."""
        return make_certificates().authority

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="local-azure-")))
            self.ca_bundle = write_bundle(directory / "bundle.pem", self.authority, others=self.trusts_others)
            self._server = _Server(self, server_context(directory, make_certificates()), self._wanted_port)
            thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="local-azure", daemon=True)
            thread.start()
            stack.callback(thread.join, 5)
            stack.callback(self._server.stop)
            self._cleanup = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._cleanup.close()
        self._server = None

    def environment(self, directory: Path, *, extension_dir: Path | None = None) -> dict[str, str]:
        """The whole environment for an `az` process that is signed in here; its state lies under `directory`."""
        return environment.build_environment(self, Path(directory), extension_dir)

    def recorded(self, method: str | None = None, route: str | None = None) -> list[Recorded]:
        """The requests of this method and route so far; without either, all of them."""
        found = list(self.requests)
        return [r for r in found if method in (None, r.method) and route in (None, r.route)]

    def answer(self, request: Request) -> Reply | None:
        """Record a request and give its reply; None where the connection drops. Works without a running server."""
        found = match_route(request.method, request.path)
        recorded = Recorded(
            found[0].name if found else "", request.method, request.path, request.query, request.headers, request.body
        )
        self.requests.append(recorded)
        reply = _no_route(request).reply() if found is None else self._answer(request, *found)
        recorded.seconds = time.monotonic() - recorded.started
        if reply is not None:
            recorded.status, recorded.response_bytes = reply.status, reply.length
        return reply

    def _answer(self, bare: Request, route: Route, parameters: Mapping[str, str]) -> Reply | None:
        request = dataclasses.replace(bare, parameters=parameters)
        delay = self.faults.claim(route.name, request, Delay)
        if delay is not None and self.stopping.wait(delay.seconds):
            return None
        if self.faults.claim(route.name, request, DropBefore):
            return None
        forced = self.faults.claim(route.name, request, Answer)
        reply = forced.reply() if forced is not None else self._handle(request, route)
        return None if self.faults.claim(route.name, request, DropAfter) else reply

    def _handle(self, request: Request, route: Route) -> Reply:
        try:
            if route.signed_in:
                _check_signed_in(request)
                check_granted(route.name, request.path, self.world.granted)
            with self.world.lock:
                self.world.settle()
                return route.handler(self.world, request)
        except ArmError as error:
            return error.reply()
        except Exception as error:  # noqa: BLE001 - else it would look like a dropped connection
            traceback.print_exc()
            return ArmError(500, "LocalAzureBroken", f"The local Azure itself failed: {error!r}.").reply()


def _check_signed_in(request: Request) -> None:
    if not request.headers.get("authorization", "").startswith("Bearer "):
        raise ArmError(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    if not request.query.get("api-version"):
        raise ArmError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )


class _Server(TlsServer):
    def __init__(self, azure: LocalAzure, context: ssl.SSLContext, port: int) -> None:
        super().__init__(_Handler, context, port)
        self.azure = azure


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        reply = self.server.azure.answer(self._read())
        if reply is None:
            self._drop()
        else:
            self._send(reply)

    def _read(self) -> Request:
        address = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if length else b""
        kind = self.headers.get("Content-Type", "")
        return Request(
            method=self.command,
            path=urllib.parse.unquote(address.path),
            query=dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=_parse_json(raw) if "json" in kind else None,
            form=dict(urllib.parse.parse_qsl(raw.decode("utf-8", "replace"))) if "form" in kind else {},
            base_url=f"https://{self.headers.get('Host') or f'localhost:{self.server.azure.port}'}",
        )

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("x-ms-request-id", f"{id(reply):032x}")
        if reply.status != 204:
            self.send_header("Content-Length", str(reply.length))
        self.end_headers()
        for chunk in reply.chunks:
            self.wfile.write(chunk)
        self.wfile.flush()

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, message: str, *args: Any) -> None:
        if self.server.azure.verbose:
            sys.stderr.write(f"local azure: {message % args}\n")


def _parse_json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


def _no_route(request: Request) -> ArmError:
    what = f"{request.method} {request.path}"
    return ArmError(404, "NotFound", f"The local Azure has no route for {what}: see testbeds/local_azure/routes.py.")
