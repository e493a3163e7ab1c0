"""The watchdog over rounds: contexts by NVML's lists, pods by the API server."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.daemon.clocks import ServerTime
from node_agent.daemon.node import parse_node
from node_agent.daemon.proof import Ask, Machine
from node_agent.daemon.reporters.event import Event
from node_agent.daemon.reporters.log import Log
from node_agent.daemon.reporters.metrics import Metrics
from node_agent.daemon.round import Remembered, Round
from node_agent.daemon.state import rejudge
from node_agent.daemon.watchdog import LIST_EVERY_S, Watchdog, read_users
from node_agent.facts import ComputeProcess, Facts, Nvml
from tests.node_agent import healthy
from tests.node_agent.daemon.fake_kube import FakeKube, node_body, refuse_all
from tests.node_agent.daemon.test_cgroups import UID
from tests.node_agent.daemon.test_pods import LATER, pod


class Watch:
    """A watchdog whose node has one pod, and a process 7 that belongs to it."""

    def __init__(self, folder: Path) -> None:
        (folder / "proc/7").mkdir(parents=True)
        (folder / "proc/7/cgroup").write_text(f"0::/kubepods/pod{UID}/ab\n")
        (folder / "proc/8").mkdir()
        (folder / "proc/8/cgroup").write_text("0::/system.slice/of-the-host.service\n")
        self.folder = folder
        self.kube = FakeKube(node_body(), pods=[pod(metadata={"uid": UID})])
        self.kube.node["metadata"]["labels"]["aigpu.io/price-hour"] = "8"
        self.boot_s = 5000.0
        self.metrics = Metrics()
        server_time = ServerTime(lambda: self.boot_s, lambda: LATER)
        log = Log(server_time, StringIO())
        clocks = (lambda: self.boot_s, server_time)
        self.watchdog = Watchdog(self.kube, 1800, str(folder), clocks, self.metrics, log)

    def look(self, facts: Facts, times: int = 1) -> list[Event]:
        told: list[Event] = []
        for _ in range(times):
            seen = Round(facts, healthy.of_node(), rejudge([]), Ask.NOTHING, Machine("b", "d"), Remembered())
            told += self.watchdog.look(seen, parse_node(self.kube.node))
            self.boot_s += LIST_EVERY_S
        return told


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def listed(*pids: int, kind: str = "compute") -> Facts:
    processes = tuple(ComputeProcess(pid, kind, healthy.uuid(0)) for pid in pids)
    return healthy.with_nvml(healthy.healthy(), processes=Known(processes))


def test_no_context_in_two_lists_is_told_with_its_cost(watch: Watch) -> None:
    assert watch.look(listed()) == []
    (event,) = watch.look(listed())
    assert event.reason == "SilentCPUFallback"
    assert "$4.33 so far" in event.message
    assert 'aigpu_node_pods{reason="SilentCPUFallback"} 1' in watch.metrics.render()


@pytest.mark.parametrize("kind", ["compute", "graphics", "mps"])
def test_any_kind_of_context_counts(watch: Watch, kind: str) -> None:
    assert watch.look(listed(7, kind=kind), 3) == []


def test_a_pod_that_once_had_a_context_did_not_fall_back(watch: Watch) -> None:
    watch.look(listed(7))
    assert watch.look(listed(), 4) == []


def test_a_context_between_two_lists_is_seen(watch: Watch) -> None:
    watch.look(listed())
    watch.boot_s -= LIST_EVERY_S - 60
    watch.look(listed(7))
    assert watch.look(listed(), 4) == []


def test_the_pods_are_listed_every_few_minutes_only(watch: Watch) -> None:
    for _ in range(10):
        watch.look(listed())
        watch.boot_s += 60 - LIST_EVERY_S
    assert watch.kube.calls.count("list_pods") == 2


def test_a_failed_list_is_made_up_for_in_the_next_round(watch: Watch) -> None:
    watch.kube.before = refuse_all
    assert watch.look(listed()) == []
    watch.kube.before = lambda _: None
    assert watch.look(listed(), 2) != []


@pytest.mark.parametrize(
    "nvml",
    [
        pytest.param(Unknown("the NVML probe gave no answer"), id="not read"),
        pytest.param(Known(Nvml(init_error=999)), id="not started"),
        pytest.param(Known(Nvml(count=1, processes=Unknown("refused"))), id="lists refused"),
        pytest.param(
            Known(Nvml(count=1, devices=(healthy.nvml_device(0, memory_used_mib=900),), processes=Known(()))),
            id="memory in use and nobody named",
        ),
        pytest.param(
            Known(Nvml(count=1, devices=(healthy.nvml_device(0, memory_used_mib=None),), processes=Known(()))),
            id="memory in use not told and nobody named",
        ),
        pytest.param(
            Known(
                Nvml(
                    count=2,
                    devices=(healthy.nvml_device(0), healthy.nvml_device(1, memory_used_mib=None)),
                    processes=Known((ComputeProcess(8, "compute", healthy.uuid(0)),)),
                )
            ),
            id="memory of one GPU not told and somebody named on another",
        ),
        pytest.param(
            Known(Nvml(count=1, processes=Known((ComputeProcess(99, "compute", healthy.uuid(0)),)))),
            id="a foreign number",
        ),
    ],
)
def test_lists_that_cannot_be_had_tell_nobody_anything(watch: Watch, nvml: Reading[Any]) -> None:
    facts = replace(healthy.healthy(), nvml=nvml)
    assert read_users(facts, str(watch.folder)).problem
    assert watch.look(facts, 3) == []
    assert 'aigpu_node_pods{reason="GPUUseUnknown"} 1' in watch.metrics.render()


def test_a_pod_that_is_gone_is_forgotten(watch: Watch) -> None:
    watch.look(listed(), 2)
    watch.kube.pods = []
    assert watch.look(listed()) == []
    assert "aigpu_node_pods{" not in watch.metrics.render()
