"""Modes, the pause, and when the process ends."""

from __future__ import annotations

import pytest

from aigpu_contract.labels import PAUSE_LABEL
from tests.node_agent import healthy
from tests.node_agent.daemon.bench import LOST, NOT_INJECTED
from tests.node_agent.daemon.conftest import MakeBench


def test_observe_writes_nothing(bench: MakeBench) -> None:
    made = bench(mode="observe")
    made.turn(3)
    assert made.kube.writes == []
    assert "aigpu_node_ready 1\n" in made.metrics.render()


def test_the_pause_label_stops_every_child(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.node["metadata"]["labels"][PAUSE_LABEL] = "true"
    made.turn(3)
    assert len(made.asked) == 1
    assert made.ear.closed == 3
    assert made.kube.status == "Unknown AgentPaused"
    assert "aigpu_node_ready -1\n" in made.metrics.render()
    assert "aigpu_node_gpus{" not in made.metrics.render()
    made.kube.node["metadata"]["labels"][PAUSE_LABEL] = "false"
    made.turn()
    assert made.kube.status == "True Passed"


def test_a_pause_clears_no_fault(bench: MakeBench) -> None:
    made = bench()
    made.facts = LOST
    made.turn()
    made.kube.node["metadata"]["labels"][PAUSE_LABEL] = "true"
    made.turn()
    assert made.kube.status == "False GPULost"


def test_after_a_pause_the_device_plugin_gets_its_five_minutes_anew(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.node["status"]["allocatable"]["nvidia.com/gpu"] = "0"
    made.turn()
    made.kube.node["metadata"]["labels"][PAUSE_LABEL] = "true"
    made.turn(10)
    del made.kube.node["metadata"]["labels"][PAUSE_LABEL]
    made.turn(5)
    assert made.kube.status == "Unknown PluginCountMismatch"
    made.turn(2)
    assert made.kube.status == "False PluginCountMismatch"


@pytest.mark.parametrize(
    ("before", "after", "ends"),
    [
        (healthy.DRIVER, healthy.DRIVER, False),
        (healthy.DRIVER, None, False),
        (healthy.DRIVER, "590.1", True),
        (None, "590.1", True),
        (None, None, False),
    ],
)
def test_another_kernel_module_ends_the_process(
    bench: MakeBench, before: str | None, after: str | None, ends: bool
) -> None:
    made = bench()
    made.drive(before)
    made.start()
    made.turn()
    made.drive(after)
    assert (made.turn() is not None) == ends


def test_a_container_without_nodes_and_libraries_is_started_anew_after_a_while(bench: MakeBench) -> None:
    made = bench()
    made.facts = NOT_INJECTED
    assert made.turn(5) is None
    assert made.kube.status == "Unknown AgentNotInjected"
    assert made.turn() is not None
