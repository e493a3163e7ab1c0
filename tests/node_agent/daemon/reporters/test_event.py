"""Events: one object a reason, counted up, and not too many."""

from __future__ import annotations

from node_agent.daemon.node import parse_node
from node_agent.daemon.reporters.event import BURST, LIFE_S, REFILL_S, REST_S, Event, Events
from tests.node_agent.daemon.fake_kube import FakeKube, node_body

LOST = Event("Warning", "GPULost", "a GPU is lost")


class Told:
    def __init__(self) -> None:
        self.kube = FakeKube(node_body())
        self.events = Events(self.kube)

    def tell(self, event: Event, boot: float) -> bool:
        return self.events.tell(parse_node(self.kube.node), event, boot, boot)


def test_an_event_is_about_the_node_and_in_default() -> None:
    told = Told()
    assert told.tell(LOST, 0.0)
    (event,) = told.kube.events.values()
    assert event["metadata"]["namespace"] == "default"
    assert event["involvedObject"] == {"apiVersion": "v1", "kind": "Node", "name": "gpu-0", "uid": "uid-of-gpu-0"}
    assert (event["type"], event["reason"], event["count"]) == ("Warning", "GPULost", 1)


def test_the_same_again_is_counted_up_after_a_while() -> None:
    told = Told()
    told.tell(LOST, 0.0)
    assert not told.tell(LOST, REST_S - 1)
    assert told.tell(LOST, REST_S)
    (event,) = told.kube.events.values()
    assert event["count"] == 2


def test_one_that_is_gone_is_made_anew() -> None:
    told = Told()
    told.tell(LOST, 0.0)
    told.kube.events.clear()
    assert told.tell(LOST, 3600.0)
    (event,) = told.kube.events.values()
    assert event["count"] == 1


def test_another_pod_is_another_event() -> None:
    told = Told()
    assert told.tell(Event("Warning", "SilentCPUFallback", "a", "uid-a"), 0.0)
    assert told.tell(Event("Warning", "SilentCPUFallback", "b", "uid-b"), 0.0)
    assert len(told.kube.events) == 2


def test_a_storm_is_cut_off_and_time_brings_back_one_by_one() -> None:
    told = Told()
    sent = [told.tell(Event("Warning", f"R{number}", ""), 0.0) for number in range(30)]
    assert sum(sent) == BURST
    assert told.tell(LOST, REFILL_S)
    assert not told.tell(Event("Warning", "R99", ""), REFILL_S)


def test_pods_that_come_and_go_are_forgotten_with_their_events() -> None:
    told = Told()
    for number in range(200):
        told.tell(Event("Warning", "SilentCPUFallback", "", f"uid-{number}"), REFILL_S * number)
    assert len(told.events._sent) <= LIFE_S / REFILL_S + BURST
