"""The three pages over a real socket."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from dataclasses import dataclass, field

import pytest

from node_agent.daemon import server
from node_agent.daemon.server import MOST_AT_ONCE, build_pages, serve


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


def test_more_clients_than_there_are_places_are_turned_away_and_cost_no_threads(served: Served) -> None:
    before = threading.active_count()
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(served.address, timeout=5)) for _ in range(MOST_AT_ONCE + 8)
        ]
        assert [one.recv(1) for one in clients[MOST_AT_ONCE:]] == [b""] * 8
        assert threading.active_count() - before <= MOST_AT_ONCE
    assert until_answered(served) == 200


def until_answered(served: Served) -> int:
    """The status of a page, when those who said nothing have gone."""
    for _ in range(100):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return served.get("/healthz")[0]
        time.sleep(0.05)
    return 0


def test_a_client_that_says_it_bit_by_bit_has_a_few_seconds_for_all_of_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REQUEST_S", 0.3)
    with socket.create_connection(served.address, timeout=5) as connection:
        assert says_until_cut_off(connection) < 100
    assert until_answered(served) == 200


def says_until_cut_off(connection: socket.socket) -> int:
    """How often a client can say another letter, at most 100 times."""
    for number in range(100):
        try:
            connection.sendall(b"G")
        except OSError:
            return number
        time.sleep(0.05)
    return 100
