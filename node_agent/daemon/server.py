"""/metrics, /healthz and /readyz, on a thread of their own: they answer while a probe hangs."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from node_agent.daemon.reporters.metrics import CONTENT_TYPE

LONGEST_REQUEST = 8192
REQUEST_S = 5.0
"""Seconds that a client has for the whole of its request."""
MOST_AT_ONCE = 64
"""Requests at a time; one more is turned away, so that nobody can take the agent's memory by connections."""
PLAIN = "text/plain; charset=utf-8"

Page = Callable[[], tuple[int, str, str]]
"""Returns status, content type and text."""


class _Handler(socketserver.BaseRequestHandler):
    """One request a connection: the standard library's HTTP server would bring a mail parser for three pages."""

    server: _Server

    def handle(self) -> None:
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
        """Return what the client sent. Raises OSError when its time is over."""
        text, until = b"", time.monotonic() + REQUEST_S
        while b"\r\n\r\n" not in text and len(text) < LONGEST_REQUEST:
            self.request.settimeout(max(0.001, until - time.monotonic()))
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
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread of its own, as long as there is a place."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread can be started
            self._places.release()
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and give the place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

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
