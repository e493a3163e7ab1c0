"""What the stand-in does besides the contract: misbehave when told to, and refuse what it does not know."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Iterator

import pytest

from testbeds.cluster import Client, Drop, FakeNode, Fault, StandIn, add_bare_node
from testbeds.cluster.client import SERVER_SIDE_APPLY, STRATEGIC_MERGE

NODE = "/api/v1/nodes/gpu-0"


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as server:
        add_bare_node(server, FakeNode("gpu-0"))
        yield server


def is_labelled(standin: StandIn) -> bool:
    return "a" in standin.admin.get(NODE)["metadata"]["labels"]


LABEL = {"metadata": {"labels": {"a": "b"}}}


class TestFaults:
    @pytest.mark.parametrize(
        ("status", "reason"), [(429, "TooManyRequests"), (503, "ServiceUnavailable"), (403, "Forbidden")]
    )
    def test_an_answer_in_place_of_the_truth(self, standin: StandIn, status: int, reason: str) -> None:
        standin.faults.add(Fault(status=status, retry_after_s=2))
        answer = standin.admin.send("PATCH", NODE, LABEL, STRATEGIC_MERGE)
        assert (answer.status, answer.reason, answer.headers["retry-after"]) == (status, reason, "2")
        assert not is_labelled(standin)

    def test_it_strikes_as_often_as_it_is_told_to(self, standin: StandIn) -> None:
        fault = standin.faults.add(Fault(status=503, times=2))
        assert [standin.admin.send("GET", NODE).status for _ in range(3)] == [503, 503, 200]
        assert fault.struck == 2

    def test_it_strikes_whom_it_is_told_to(self, standin: StandIn) -> None:
        standin.faults.add(Fault(method="PATCH", path="/status$", status=500, times=None))
        statuses = [
            standin.admin.send(method, path, {}, STRATEGIC_MERGE).status
            for method, path in (("GET", NODE), ("PATCH", NODE), ("PATCH", f"{NODE}/status"))
        ]
        assert statuses == [200, 200, 500]

    def test_an_answer_whose_body_is_no_status(self, standin: StandIn) -> None:
        standin.faults.add(Fault(status=502, body=b"<html>Bad Gateway</html>"))
        answer = standin.admin.send("GET", NODE)
        assert (answer.status, answer.reason, answer.message) == (502, "", "<html>Bad Gateway</html>")

    @pytest.mark.parametrize(("drop", "is_done"), [(Drop.BEFORE, False), (Drop.AFTER, True)])
    def test_a_connection_that_is_dropped(self, standin: StandIn, drop: Drop, is_done: bool) -> None:
        standin.faults.add(Fault(drop=drop))
        with pytest.raises((OSError, http.client.HTTPException)):
            standin.admin.send("PATCH", NODE, LABEL, STRATEGIC_MERGE)
        assert is_labelled(standin) is is_done

    def test_an_answer_that_comes_late(self, standin: StandIn) -> None:
        standin.faults.add(Fault(delay_s=30))
        began = time.monotonic()
        with contextlib.closing(Client(standin.access, timeout_s=0.2)) as impatient, pytest.raises(TimeoutError):
            impatient.get(NODE)
        assert standin.admin.get(NODE)["kind"] == "Node"
        assert time.monotonic() - began < 25, "the server waits with everybody"

    def test_they_can_be_switched_off(self, standin: StandIn) -> None:
        standin.faults.add(Fault(status=503, times=None))
        standin.faults.clear()
        assert standin.admin.send("GET", NODE).status == 200


class TestWhatItDoesNotKnow:
    def test_server_side_apply(self, standin: StandIn) -> None:
        assert standin.admin.send("PATCH", NODE, {}, SERVER_SIDE_APPLY).status == 415

    @pytest.mark.parametrize(
        "body",
        [{"$retainKeys": []}, {"status": {"conditions": [{"type": "Ready", "$patch": "replace"}]}}],
        ids=["of a map", "of a list"],
    )
    def test_other_directives_of_a_strategic_merge_patch(self, standin: StandIn, body: dict[str, object]) -> None:
        answer = standin.admin.send("PATCH", f"{NODE}/status", body, STRATEGIC_MERGE)
        assert answer.status == 501
        assert "the stand-in does not know" in answer.message

    def test_other_kinds(self, standin: StandIn) -> None:
        answer = standin.admin.send("GET", "/apis/apps/v1/daemonsets")
        assert answer.status == 404
        assert answer.message == "the stand-in does not serve daemonsets of apps"


def test_every_request_is_recorded(standin: StandIn) -> None:
    standin.admin.patch(f"{NODE}/status", {"status": {}})
    (patch,) = standin.recorded("PATCH", "/status$")
    assert (patch.status, patch.request.content_type, patch.request.body()) == (200, STRATEGIC_MERGE, {"status": {}})


def test_a_token_that_is_taken_back_is_refused_from_then_on(standin: StandIn) -> None:
    standin.tokens.add("rotated")
    with contextlib.closing(Client(standin.access.with_token("rotated"))) as agent:
        assert agent.send("GET", NODE).status == 200
        standin.tokens.remove("rotated")
        assert agent.send("GET", NODE).status == 401


def test_it_ends_although_a_watch_is_open() -> None:
    with StandIn() as standin:
        watch = standin.admin.watch("/api/v1/nodes")
        add_bare_node(standin, FakeNode("gpu-0"))
        assert next(watch)["type"] == "ADDED"
    with contextlib.suppress(OSError, http.client.HTTPException):
        assert list(watch) == []
