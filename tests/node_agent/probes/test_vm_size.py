from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.probes.vm_size import read_vm_size_metadata


class Metadata(HTTPServer):
    """A metadata service; `asked` is what it was asked, with the header that it needs."""

    status = 200
    body = b"Standard_ND96isr_H100_v5"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    """Answers every GET with what the server was set to."""

    server: Metadata

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Metadata")))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def metadata() -> Iterator[Metadata]:
    with Metadata() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def ask(server: HTTPServer) -> Reading[str]:
    return read_vm_size_metadata(f"127.0.0.1:{server.server_port}", 2.0)


def test_the_size_is_the_services_answer(metadata: Metadata, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert ask(metadata) == Known("Standard_ND96isr_H100_v5")
    [(path, header)] = metadata.asked
    assert path.startswith("/metadata/instance/compute/vmSize?api-version=")
    assert header == "true"


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, b"Standard_NC24ads_A100_v4"), (200, b"<html>login</html>"), (200, b""), (500, b"")],
    ids=["not found", "a page", "nothing", "broken"],
)
def test_any_other_answer_is_unknown(status: int, body: bytes, metadata: Metadata) -> None:
    metadata.status, metadata.body = status, body
    assert isinstance(ask(metadata), Unknown)


def test_a_blocked_service_is_unknown_and_names_the_address() -> None:
    with HTTPServer(("127.0.0.1", 0), Handler) as closed:
        port = closed.server_port
    reading = read_vm_size_metadata(f"127.0.0.1:{port}", 0.5)
    assert isinstance(reading, Unknown)
    assert f"127.0.0.1:{port}" in reading.reason
