"""/metrics, /healthz and /readyz, on a thread of their own: they answer while a probe hangs."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Mapping

from node_agent.daemon.reporters.metrics import CONTENT_TYPE

LONGEST_REQUEST = 8192
REQUEST_S = 5.0
PLAIN = "text/plain; charset=utf-8"

Page = Callable[[], tuple[int, str, str]]
"""Returns status, content type and text."""


class _Handler(socketserver.BaseRequestHandler):
    """One request a connection: the standard library's HTTP server would bring a mail parser for three pages."""

    server: _Server

    def handle(self) -> None:
        self.request.settimeout(REQUEST_S)
        try:
            line = self._read().split(b"\r\n", 1)[0].split()
        except OSError:
            return
        if len(line) != 3 or line[0] not in (b"GET", b"HEAD"):
            status, kind, text = 405, PLAIN, "only GET\n"
        else:
            path = line[1].split(b"?")[0].decode("ascii", "replace")
            status, kind, text = self.server.pages.get(path, _not_found)()
        body = text.encode()
        head = f"HTTP/1.1 {status} {_WORDS.get(status, '')}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        sent = body if line[:1] != [b"HEAD"] else b""
        try:
            self.request.sendall(head.encode() + b"Connection: close\r\n\r\n" + sent)
        except OSError:
            return

    def _read(self) -> bytes:
        text = b""
        while b"\r\n\r\n" not in text and len(text) < LONGEST_REQUEST:
            part = self.request.recv(LONGEST_REQUEST)
            if not part:
                break
            text += part
        return text


_WORDS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


def _not_found() -> tuple[int, str, str]:
    return 404, PLAIN, "/metrics, /healthz, /readyz\n"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 16

    def __init__(self, address: tuple[str, int], pages: Mapping[str, Page]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.pages = pages
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that went away is no error of ours."""


def serve(address: tuple[str, int], pages: Mapping[str, Page]) -> tuple[str, int]:
    """Answer requests from now on; return the address, with the port that was found for 0. Raises OSError."""
    server = _Server(address, pages)
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    host, port = server.server_address[:2]
    return str(host), int(port)


def build_pages(
    metrics: Callable[[], str], is_alive: Callable[[], bool], is_ready: Callable[[], bool]
) -> dict[str, Page]:
    """Return the three pages."""

    def answer(is_so: Callable[[], bool], otherwise: str) -> Page:
        return lambda: (200, PLAIN, "ok\n") if is_so() else (503, PLAIN, otherwise + "\n")

    return {
        "/metrics": lambda: (200, CONTENT_TYPE, metrics()),
        "/healthz": answer(is_alive, "the loop has not come round for too long"),
        "/readyz": answer(is_ready, "no round has ended yet"),
    }
