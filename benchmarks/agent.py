"""What the agent takes of a node, and of the API server: memory, processor time and writes, on eight healthy GPUs.

The libraries are the stubs, so what NVIDIA's own would add in the children is in no number. Memory is the sum of the
resident sets of all its processes at one moment, shared pages counted in each. How it grows with the GPUs is in
`growth_gpus`.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bed import Result
from benchmarks.process import compiled
from testbeds.cluster import FakeNode, StandIn, add_bare_node
from testbeds.cluster.access import write_kubeconfig
from testbeds.nvidia_stub import StubNode, boards, build, nodes
from testbeds.nvidia_stub.node import Node

ROOT = Path(__file__).parents[1]
GPUS = 8
INTERVAL_S = 6
"""Longer than the agent keeps a connection: every round pays for a new one, as it does at 60 s."""
INTERVAL_IN_USE_S = 60
SETTLING_ROUNDS = 3
MIB = 1 << 20
NODE_NAME = "gpu-0"
LABELS = {
    "agentpool": "gpu1",
    "aigpu.io/sku": "Standard_ND96isr_H100_v5",
    "aigpu.io/gpu-model": "h100",
    "aigpu.io/resource": "gpu",
    "node.kubernetes.io/instance-type": "Standard_ND96isr_H100_v5",
}
NODE_PROBLEM_DETECTOR_MIB = 80.0
"""What its chart asks for a node (kubernetes/node-problem-detector, deployment/node-problem-detector.yaml)."""
MOST_CPU_PERCENT = 0.2
MOST_WRITES_AN_HOUR = 17 * 3600 / 5000
"""17 a second of a fleet of 5,000."""


@dataclass(frozen=True)
class Taken:
    """Of a healthy node: the peaks in MiB, processor seconds a round, writes a round."""

    first_round_mib: float
    steady_mib: float
    cpu_s: float
    writes: float


def measure(rounds: int) -> list[Result]:
    """Return memory without and with the XID watcher, processor time and writes."""
    base, watching = take(rounds), take(rounds, "--watch-xids")
    npd = "node-problem-detector's request (published)"
    percent = 100 * base.cpu_s / INTERVAL_IN_USE_S
    writes = base.writes * 3600 / INTERVAL_IN_USE_S
    return [
        Result("agent memory, parent + children", npd, base.steady_mib, NODE_PROBLEM_DETECTOR_MIB, "MiB", 60 / 80),
        Result("the same with --watch-xids", npd, watching.steady_mib, NODE_PROBLEM_DETECTOR_MIB, "MiB", 75 / 80),
        Result("agent CPU, 8 GPUs, 60 s, % of a core", "0.2 %", percent, MOST_CPU_PERCENT, "%", 1.0),
        Result("API writes an hour, a healthy node", "17/s of 5,000", writes, MOST_WRITES_AN_HOUR, "", 1.0),
    ]


def take(rounds: int, *arguments: str, gpus: int = GPUS, interval_s: int = INTERVAL_S) -> Taken:
    """Run an agent for some rounds after it has settled, on so many GPUs."""
    labels = {**LABELS, "aigpu.io/gpu-count": str(gpus), "aigpu.io/resource-count": str(gpus)}
    with tempfile.TemporaryDirectory(prefix="aigpu-bench-") as name, StandIn() as server:
        folder = Path(name)
        add_bare_node(server, FakeNode(NODE_NAME, gpus=gpus, labels=labels))
        machine = StubNode(build_machine(gpus), folder / "machine", build(folder), logs_calls=False)
        kubeconfig = write_kubeconfig(server.access, folder / "kubeconfig")
        timing = ("--interval", f"{interval_s}s")
        with _agent(machine, kubeconfig, (*timing, *arguments)) as (process, ended):
            first = watch_memory(process.pid, lambda: ended() >= 1)
            watch_memory(process.pid, lambda: ended() >= SETTLING_ROUNDS)
            began, cpu, writes = ended(), read_cpu_s(process.pid), _writes(server)
            steady = watch_memory(process.pid, lambda: ended() >= began + rounds)
            passed = ended() - began
            cpu, writes = read_cpu_s(process.pid) - cpu, _writes(server) - writes
    return Taken(first / MIB, steady / MIB, cpu / passed, writes / passed)


def build_machine(gpus: int) -> Node:
    """Return a healthy machine with so many H100s."""
    addresses = tuple(f"{0x100 + number:04x}:00:00.0" for number in range(gpus))
    return dataclasses.replace(nodes.H100_X8, gpus=boards.place(boards.H100_SXM5, addresses))


@contextmanager
def _agent(
    machine: StubNode, kubeconfig: Path, arguments: tuple[str, ...]
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], int]]]:
    """An agent, and what tells how many rounds it has ended."""
    port = "19437"
    fixed = [
        "--node-name",
        NODE_NAME,
        "--kubeconfig",
        str(kubeconfig),
        "--root",
        str(machine.root),
        "--metadata",
        "none",
    ]
    metrics = ["--metrics-address", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", "node_agent", "run", *fixed, *metrics, *arguments]
    environment = compiled(machine.environment(), kubeconfig.parent)
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield process, lambda: _rounds(f"http://127.0.0.1:{port}/metrics")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def watch_memory(pid: int, is_over: Callable[[], bool], timeout_s: float = 300.0) -> float:
    """Return the peak of the resident sets of a process and its children, in bytes, until `is_over`."""
    peak, until, looked = 0, time.monotonic() + timeout_s, 0.0
    while time.monotonic() < until:
        peak = max(peak, sum(map(_resident, [pid, *_children(pid)])))
        if time.monotonic() - looked > 0.5:
            looked = time.monotonic()
            if is_over():
                return peak
        time.sleep(0.005)
    raise RuntimeError("the agent does not come round")


def read_cpu_s(pid: int) -> float:
    """Return the processor time of a process and of its children that have ended, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    """Return the children that run a program of their own: for a moment before, they are shown with our own memory."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [child for child in children if _command(child) not in ("", _command(pid))]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0  # it has just ended
    return pages * os.sysconf("SC_PAGE_SIZE")


def _rounds(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 (loopback)
            text = answer.read().decode()
    except OSError:
        return 0
    return sum(int(float(one.split()[-1])) for one in text.splitlines() if one.startswith("aigpu_node_rounds_total"))


def _writes(server: StandIn) -> int:
    return sum(one.request.method != "GET" for one in server.recorded())


if __name__ == "__main__":
    for arguments in ((), ("--watch-xids",), ("--watch-xids", "--watch-pods")):
        print(arguments, take(10, *arguments))
