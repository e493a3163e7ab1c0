"""An HTTP server on loopback with TLS, one thread a connection, that can be stopped while connections are open."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOOPBACK = "127.0.0.1"
IDLE_S = 60


class TlsServer(ThreadingHTTPServer):
    """`port` 0 takes any free one. A connection that says nothing for a minute is ended."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, handler: Callable[..., BaseHTTPRequestHandler], context: ssl.SSLContext, port: int = 0) -> None:
        super().__init__((LOOPBACK, port), handler)
        self._context = context
        self._open: set[socket.socket] = set()
        self._threads_open: set[threading.Thread] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; its handshake happens in its own thread, so that a slow client holds up no other."""
        plain, address = super().get_request()
        plain.settimeout(IDLE_S)
        return self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), address

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, and remember it while it is open."""
        self._open.add(request)
        self._threads_open.add(threading.current_thread())
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.discard(request)
            self._threads_open.discard(threading.current_thread())

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about a connection that ended early; say the rest."""
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop accepting, end the connections that are open, wait for their threads."""
        self.shutdown()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
        for thread in list(self._threads_open):
            thread.join(5)
