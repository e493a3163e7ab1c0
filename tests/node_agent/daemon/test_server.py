"""The three pages over a real socket."""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass, field

import pytest

from node_agent.daemon.server import build_pages, serve


@dataclass
class Served:
    state: dict[str, bool] = field(default_factory=lambda: {"alive": True, "ready": False})
    address: tuple[str, int] = ("", 0)

    def get(self, path: str, method: str = "GET") -> tuple[int, str, str]:
        connection = http.client.HTTPConnection(*self.address, timeout=5)
        connection.request(method, path)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers["Content-Type"], text


@pytest.fixture(params=["127.0.0.1", "::1"])
def served(request: pytest.FixtureRequest) -> Served:
    made = Served()
    pages = build_pages(lambda: "a 1\n", lambda: made.state["alive"], lambda: made.state["ready"])
    try:
        made.address = serve((request.param, 0), pages)
    except OSError as error:
        pytest.skip(f"no {request.param} on this machine: {error}")
    return made


def test_the_pages(served: Served) -> None:
    assert served.get("/metrics") == (200, "text/plain; version=0.0.4; charset=utf-8", "a 1\n")
    assert served.get("/metrics?x=1")[0] == 200
    assert served.get("/healthz")[0] == 200
    assert served.get("/readyz")[0] == 503
    assert served.get("/")[0] == 404
    assert served.get("/metrics", "POST")[0] == 405
    served.state.update(alive=False, ready=True)
    assert served.get("/healthz")[0] == 503
    assert served.get("/readyz")[0] == 200


@pytest.mark.parametrize(
    "sent", [b"", b"\r\n\r\n", b"GET\r\n\r\n", b"\x00" * 20000], ids=["nothing", "blank", "half", "much"]
)
def test_what_is_no_request_harms_nothing(served: Served, sent: bytes) -> None:
    with socket.create_connection(served.address, timeout=5) as connection:
        connection.sendall(sent)
    assert served.get("/metrics")[0] == 200


def test_a_client_that_says_nothing_keeps_nobody_waiting(served: Served) -> None:
    with socket.create_connection(served.address, timeout=5):
        assert served.get("/healthz")[0] == 200
