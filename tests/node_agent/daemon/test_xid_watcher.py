"""The process that listens for XIDs: real pynvml on the stub libraries."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace

import pytest

from node_agent.daemon import xid_watcher
from node_agent.daemon.xid_watcher import SOUND_AFTER_S, XidWatcher
from node_agent.probes.spawn import Spawned, spawn
from testbeds.nvidia_stub import StubNode, faults, nodes
from testbeds.nvidia_stub.node import Event, Node

GPU = nodes.A100_80GB.gpus[0].uuid
Listen = Callable[[Node], "Listening"]


class Listening:
    """A watcher on a machine, and what became of it."""

    def __init__(self, machine: StubNode) -> None:
        self.machine = machine
        self.said: list[str] = []
        self.clock = [0.0]
        self.watcher = XidWatcher(machine.environment(), self.said.append, lambda: self.clock[0])

    def heard(self, seconds: float = 60.0) -> list[tuple[int, str]]:
        """Listen until something is heard."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.watcher.take()
            if found:
                return [(one.number, one.gpu) for one in found]
            self.watcher.wait(0.1)
        return []

    def until_said(self, word: str, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while not any(one.startswith(word) for one in self.said):
            assert time.monotonic() < until, self.said
            self.watcher.take()
            self.watcher.wait(0.05)

    @property
    def process(self) -> int:
        child = self.watcher._child
        return 0 if child is None else child.process


@pytest.fixture
def listen(stub: Callable[[Node], StubNode]) -> Iterator[Listen]:
    with ExitStack() as stack:

        def make(node: Node) -> Listening:
            made = Listening(stub(node))
            stack.callback(made.watcher.close)
            return made

        yield make


def test_an_xid_is_heard_with_its_gpu(listen: Listen) -> None:
    made = listen(replace(nodes.A100_80GB, events=(Event(0, data=79), Event(0, data=13))))
    heard = made.heard()
    heard += made.heard() if len(heard) == 1 else []
    assert heard == [(79, GPU), (13, GPU)]
    assert made.said[0] == f"listening: ['{GPU}']"


def test_an_xid_of_a_gpu_that_fell_off_the_bus_still_names_it(listen: Listen) -> None:
    off_the_bus = faults.answer("nvmlDeviceGetUUID", 15, 0, after=1)
    made = listen(replace(nodes.A100_80GB, events=(Event(0, data=79),), faults=(off_the_bus,)))
    assert made.heard() == [(79, GPU)]


def test_a_wait_ends_with_the_first_xid(listen: Listen) -> None:
    made = listen(replace(nodes.A100_80GB, events=(Event(0, data=79, after_ms=300),)))
    made.watcher.take()
    began = time.monotonic()
    made.watcher.wait(60)
    assert time.monotonic() - began < 30
    assert [one.number for one in made.watcher.take()] == [79]


@pytest.mark.parametrize(
    ("node", "says"),
    [
        pytest.param(nodes.CPU, "refused", id="no library"),
        pytest.param(nodes.A10_FULL, "refused: no GPU of this node tells XIDs", id="a vGPU"),
        pytest.param(nodes.without_driver(nodes.A100_80GB), "refused: Driver Not Loaded", id="no driver"),
    ],
)
def test_a_node_that_tells_no_xids_is_asked_ever_more_rarely(listen: Listen, node: Node, says: str) -> None:
    made = listen(node)
    made.until_said("ended")
    assert made.said[0].startswith(says)
    rests = []
    for _ in range(12):
        rests.append(made.watcher._rests_until - made.clock[0])
        made.clock[0] = made.watcher._rests_until
        made.said.clear()
        made.until_said("ended")
    assert rests[:3] == [1.0, 2.0, 4.0]
    assert rests[-1] == 600.0


@pytest.mark.parametrize(
    "fault",
    [faults.crash("nvmlEventSetWait*"), faults.leave("nvmlEventSetWait*", 3), faults.answer("nvmlEventSetWait*", 15)],
    ids=["crash", "exit", "an error"],
)
def test_an_end_is_followed_by_a_new_start(listen: Listen, fault: faults.Fault) -> None:
    made = listen(replace(nodes.A100_80GB, faults=(fault,)))
    made.until_said("ended")
    made.machine.become(replace(nodes.A100_80GB, events=(Event(0, data=48),)))
    assert made.heard(0.5) == [], "it rests first"
    made.clock[0] += 1.0
    assert made.heard() == [(48, GPU)]


@pytest.mark.parametrize(
    "fault", [faults.hang("nvmlInit*"), faults.hang("nvmlEventSetWait*")], ids=["at init", "waiting"]
)
def test_closing_leaves_no_process(listen: Listen, fault: faults.Fault) -> None:
    made = listen(replace(nodes.A100_80GB, faults=(fault,)))
    made.watcher.take()
    process = made.process
    made.watcher.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert made.watcher.take() == []
    assert made.process not in (0, process), "the next look begins anew"


def test_closing_returns_what_was_told_and_not_yet_taken(listen: Listen) -> None:
    made = listen(replace(nodes.A100_80GB, events=(Event(0, data=79), Event(0, data=13))))
    made.watcher.take()
    made.watcher.wait(60)
    child = made.watcher._child
    assert child is not None
    if len(made.watcher._heard) < 2:
        assert select.select([child.pipes[1]], [], [], 60)[0], "the second one stands in the pipe"
    assert [one.number for one in made.watcher.close()] == [79, 13]
    assert made.watcher.close() == []


def test_the_child_ends_when_nobody_listens_any_more(listen: Listen) -> None:
    made = listen(nodes.A100_80GB)
    made.until_said("listening")
    child = made.watcher._child
    assert child is not None
    os.close(child.pipes[0])
    until = time.monotonic() + 10
    while os.waitpid(child.process, os.WNOHANG) == (0, 0):
        assert time.monotonic() < until
        time.sleep(0.05)
    for pipe in child.pipes[1:]:
        os.close(pipe)
    made.watcher._child = None


def test_a_killed_child_is_seen_to_have_ended(listen: Listen) -> None:
    made = listen(nodes.A100_80GB)
    made.until_said("listening")
    os.kill(made.process, signal.SIGKILL)
    made.until_said("ended")


def test_that_nobody_listens_is_said_when_it_lasts(listen: Listen) -> None:
    made = listen(nodes.A10_FULL)
    made.until_said("ended")
    assert made.watcher.problem == "", "a restart may help"
    made.clock[0] += SOUND_AFTER_S + 1
    assert made.watcher.problem == "no GPU of this node tells XIDs"
    made.machine.become(nodes.A100_80GB)
    made.until_said("listening")
    assert made.watcher.problem == ""
    made.said.clear()
    os.kill(made.process, signal.SIGKILL)
    made.until_said("ended")
    made.clock[0] += SOUND_AFTER_S + 1
    assert made.watcher.problem == "the process that listens has ended"
    made.watcher.close()
    assert made.watcher.problem == "", "nobody is to listen now"


def test_a_child_that_is_gone_before_it_is_spoken_to_ends_nothing(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = listen(nodes.A100_80GB)

    def stillborn(_command: object, environ: Mapping[str, str]) -> Spawned:
        child = spawn([sys.executable, "-c", ""], environ)
        os.waitid(os.P_PID, child.process, os.WEXITED | os.WNOWAIT)
        return child

    monkeypatch.setattr(xid_watcher, "spawn", stillborn)
    made.until_said("ended")
