"""Commands under the supervisor: the programs that play the job, and a process of its own that supervises them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from testbeds.nvidia_stub import StubNode
from tests.testbeds.nvidia_stub.programs import cuda_program

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60.0
"""How long a test waits for what must come; it only ends a test that fails."""

RUNNER = f"""
import json, os, sys
sys.path.insert(0, {str(ROOT)!r})
from node_agent.preflight.supervisor import supervise
from node_agent.preflight.tripwire import TripwireSettings

findings, settings, command = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]

def announce(finding):
    with open(findings, "a", encoding="utf-8") as file:
        file.write(json.dumps(finding.to_json()) + "\\n")

sys.exit(supervise(command, os.environ, TripwireSettings(**settings), announce))
"""

HOLD = "import time\nwhile True: time.sleep(0.1)\n"
COMPUTE = "while True: pass\n"
TELLS_SIGNALS = """
import os, signal, sys, time
def tell(number, frame):
    print(signal.Signals(number).name, flush=True)
    if number == signal.SIGTERM:
        sys.exit(43)
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    signal.signal(number, tell)
print("ready", os.getpid(), flush=True)
while True: time.sleep(0.05)
"""
CUDA_CONTEXT = cuda_program("cuda.cuInit(0); enter(0)\n" + HOLD)
CUDA_INIT_ONLY = cuda_program("cuda.cuInit(0)\n")


@dataclass(frozen=True)
class Said:
    """A finding as JSON data, in words that tests ask for."""

    data: Mapping[str, Any]

    @property
    def short(self) -> tuple[str, str]:
        return self.data["status"], self.data["reason"]

    @property
    def seen(self) -> str:
        return str(self.data.get("seen", ""))


class Supervised:
    """A running supervisor with a command, on a pretended node where there is one."""

    def __init__(self, process: subprocess.Popen[str], findings: Path, node: StubNode | None = None) -> None:
        self.process = process
        self._findings = findings
        self._node = node
        self._in_container = "unshare" in list(process.args)  # type: ignore[arg-type]

    @property
    def node(self) -> StubNode:
        assert self._node is not None
        return self._node

    @property
    def pid(self) -> int:
        """The supervisor's own number, seen from here."""
        return child_of(self.process.pid) if self._in_container else self.process.pid

    @property
    def said(self) -> list[Said]:
        """What the tripwire announced so far."""
        lines = self._findings.read_text().splitlines() if self._findings.exists() else []
        return [Said(json.loads(line)) for line in lines]

    def wait_for(self, reason: str) -> Said:
        """Wait until a finding with this reason is announced."""
        wait_until(lambda: any(one.data["reason"] == reason for one in self.said) or self.process.poll() is not None)
        found = [one for one in self.said if one.data["reason"] == reason]
        assert found, f"{reason} was not announced, but {self.said}; exit code {self.process.poll()}"
        return found[0]

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        """End everything at once."""
        if self.process.poll() is None:
            if not self._in_container:
                with suppress(FileNotFoundError):
                    for child in children_of(self.process.pid):
                        os.kill(child, signal.SIGKILL)
            self.process.kill()  # a container ends with it
        self.process.communicate()


Supervise = Callable[..., Supervised]
"""Start a supervisor of a command; it is gone when the test ends, and so is the command."""


def line_of(job: Supervised) -> str:
    assert job.process.stdout is not None
    ready, _, _ = select.select([job.process.stdout], [], [], PATIENCE_S)
    assert ready, "the command printed nothing"
    return str(job.process.stdout.readline()).strip()


def container() -> list[str]:
    """What makes a command process 1 of a PID namespace with a /proc of its own, as a container does."""
    for options in (["--pid"], ["--user", "--map-root-user", "--pid"]):
        prefix = ["unshare", *options, "--fork", "--mount-proc", "--kill-child"]
        with suppress(OSError):
            if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
                return prefix
    pytest.skip("this machine lets nobody make a PID namespace: run it as root, or where unshare --user --pid works")


def supervisor(findings: Path, command: Sequence[str], settings: Mapping[str, object] | None = None) -> list[str]:
    """The command line of a supervisor of `command`; the tripwire is off unless settings say otherwise."""
    given = {"deadline_s": 0, "on_fallback": "warn", **(settings or {})}
    return [sys.executable, "-c", RUNNER, str(findings), json.dumps(given), *command]


def python(program: str) -> list[str]:
    """The command line of a Python program."""
    return [sys.executable, "-u", "-c", program]


def wait_until(holds: Callable[[], object]) -> None:
    """Wait until something holds; fail when it does not come."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "what the test waits for did not come"
        time.sleep(0.01)


def state_of(pid: int) -> str:
    """The state letter of a process: `T` for stopped; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def lives(pid: int) -> bool:
    return state_of(pid) not in ("", "Z", "X")


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def child_of(pid: int) -> int:
    """The first child of a process; waits for it."""
    wait_until(lambda: children_of(pid))
    return children_of(pid)[0]


def clean_environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"]}
