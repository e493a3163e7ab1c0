"""One proof of a node, one preflight, and one round of an agent that runs, on 1 to 16 healthy GPUs of the stubs.

What NVIDIA's own libraries take is in none of these figures; the number of calls is, and that is what they answer to.
"""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path

from benchmarks import agent
from benchmarks.growth import MOST_ROUNDS, Point, Side
from benchmarks.process import Used, compiled, median, run_measured
from testbeds.nvidia_stub import Libraries, StubNode, build

SIZES = (1, 2, 4, 8, 16)
PROGRAMS = {"aigpu-agent check": "node_agent", "aigpu-preflight check": "node_agent.preflight"}
ROOT = Path(__file__).parents[1]
INTERVAL_S = 2
"""Of the agent that runs: its rounds cost the same at any interval, but for a connection to the API server."""


def measure(rounds: int) -> list[Point]:
    """Return the points."""
    rounds = min(rounds, MOST_ROUNDS)
    points = []
    with tempfile.TemporaryDirectory(prefix="aigpu-bench-") as name:
        folder = Path(name)
        libraries = build(folder)
        for title, module in PROGRAMS.items():
            points += [Point(gpus, "GPU", _check(folder, libraries, title, module, gpus, rounds)) for gpus in SIZES]
    return points + [Point(gpus, "GPU", _round(gpus, rounds)) for gpus in SIZES]


def _check(folder: Path, libraries: Libraries, title: str, module: str, gpus: int, rounds: int) -> Side:
    used = []
    calls = 0
    for logs_calls in (True, False):  # the log takes time: what is measured is without it
        machine = StubNode(
            agent.build_machine(gpus), folder / f"{module}-{gpus}-{logs_calls}", libraries, logs_calls=logs_calls
        )
        environment = compiled({**machine.environment(log_opens=True), "PYTHONPATH": str(ROOT)}, folder)
        expected = ["--expect-gpus", str(gpus), "--expect-model", "h100"]
        where = ["--root", str(machine.root), "--metadata", "none"]
        command = [sys.executable, "-m", module, "check", *expected, *where]
        runs = [run_measured(command, environment, folder)[0] for _ in range(1 if logs_calls else rounds)]
        if logs_calls:
            calls = sum(one.name.startswith(("nvml", "cu")) for one in machine.calls())
        else:
            used = runs
    return Side(title, median(used), calls)


def _round(gpus: int, rounds: int) -> Side:
    taken = agent.take(rounds, gpus=gpus, interval_s=INTERVAL_S)
    return Side("a round of aigpu-agent run", Used(math.nan, taken.cpu_s, taken.steady_mib))
