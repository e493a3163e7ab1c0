"""What a command takes from its start to its end, with all the processes that it starts."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_MEASURE = """
import resource, subprocess, sys, time
began = time.monotonic()
code = subprocess.call(sys.argv[2:])
seconds = time.monotonic() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as figures:
    figures.write(f"{seconds} {used.ru_utime + used.ru_stime} {used.ru_maxrss}")
sys.exit(code)
"""
"""Run from a small process: Linux counts to a program's peak what its parent held when it was started."""


@dataclass(frozen=True)
class Used:
    """Wall time and processor time in seconds, and the peak memory of the largest process in MiB.

    `seconds` is nan where there is no such time: of a round of a program that goes on.
    """

    seconds: float
    cpu_s: float
    peak_mib: float


def compiled(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return an environment in which Python keeps what it compiles below `folder`, as an installed program has it."""
    kept = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "pycache")}


def run_measured(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, exit_codes: Collection[int] = (0,)
) -> tuple[Used, bytes]:
    """Run a command in `folder`; return what it took and what it printed. Raises RuntimeError for another exit code."""
    figures = folder / "figures"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _MEASURE, str(figures), *command],
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=600,
        check=False,
    )
    if done.returncode not in exit_codes:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    seconds, cpu_s, kib = map(float, figures.read_text("ascii").split())
    return Used(seconds, cpu_s, kib / 1024), done.stdout


def median(runs: Iterable[Used]) -> Used:
    """Return the median of each figure."""
    kept = list(runs)
    return Used(
        statistics.median(one.seconds for one in kept),
        statistics.median(one.cpu_s for one in kept),
        statistics.median(one.peak_mib for one in kept),
    )
