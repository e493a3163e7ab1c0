"""The stand-in's server: TLS on loopback, one thread a connection, every request recorded."""

from __future__ import annotations

import functools
import re
import ssl
import tempfile
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from testbeds.cluster.access import Access
from testbeds.cluster.authority import Authority
from testbeds.cluster.client import Client
from testbeds.cluster.standin.exchange import Exchange, Recorded
from testbeds.cluster.standin.faults import Faults
from testbeds.cluster.standin.store import Store
from testbeds.tls_server import LOOPBACK, TlsServer

if TYPE_CHECKING:
    from typing_extensions import Self

ADMIN_TOKEN = "admin"  # noqa: S105 - the stand-in knows no secrets


class StandIn:
    """An API server that keeps nodes, pods, leases, events and config maps in memory. A context manager.

    `access` and `admin` are its administrator's, `tokens` those that it takes; `requests` holds what arrived.
    """

    has_controllers = False
    own_labels: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.store = Store()
        self.faults = Faults()
        self.requests: list[Recorded] = []
        self.tokens = {ADMIN_TOKEN}
        self.stopping = threading.Event()
        authority = Authority()
        self._server = TlsServer(functools.partial(Exchange, self), _server_tls(authority))
        url = f"https://{LOOPBACK}:{self._server.server_address[1]}"
        self.access = Access(url, authority.certificate, token=ADMIN_TOKEN)
        self.admin = Client(self.access)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="stand-in", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self.store.close()
        self.admin.close()
        self._server.stop()
        self._thread.join()

    def recorded(self, method: str = "", path: str = "") -> list[Recorded]:
        """Return the requests so far of this method, to paths in which the expression is found."""
        return [
            one
            for one in list(self.requests)
            if method in ("", one.request.method) and re.search(path, one.request.path)
        ]

    def forget_history(self) -> None:
        """Forget what happened so far, as the real server does after minutes: who asks for it gets 410."""
        self.store.forget_history()


def _server_tls(authority: Authority) -> ssl.SSLContext:
    pair = authority.issue_server("stand-in")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as chain:
        chain.write(pair.key + pair.certificate)
        chain.flush()
        context.load_cert_chain(chain.name)
    return context
