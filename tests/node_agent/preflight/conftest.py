"""A supervisor in a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.node_agent.preflight.jobs import Supervise, Supervised, supervisor


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    """Start a supervisor of a command; it is gone when the test ends, and so is the command."""
    started: list[Supervised] = []

    def run(command: Sequence[str], prefix: Sequence[str] = (), **options: object) -> Supervised:
        line = [*prefix, *supervisor(tmp_path / "findings", command)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen(line, text=True, **pipes)  # type: ignore[call-overload]
        started.append(Supervised(process, tmp_path / "findings"))
        return started[-1]

    yield run
    for job in started:
        job.kill()
