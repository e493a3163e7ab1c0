"""The watch over a job, with a real driver: a CUDA process is left alone, a CPU one is told of, or stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gpu import programs
from tests.gpu.conftest import Record

pytestmark = pytest.mark.gpu

ROOT = Path(__file__).parents[2]
# The program of the wrapper wants ten core-minutes of CPU time before it calls a fallback: here two seconds will do.
WRAPPER = """
import json, os, sys
from node_agent.preflight.supervisor import supervise
from node_agent.preflight.tripwire import TripwireSettings
settings = TripwireSettings(deadline_s=4.0, on_fallback=sys.argv[1], grace_s=2.0, least_cpu_s=2.0)
told = lambda finding: print(json.dumps(finding.to_json()), file=sys.stderr, flush=True)
raise SystemExit(supervise(sys.argv[2:], os.environ, settings, told))
"""
BUSY = "import time\nend = time.monotonic() + 20\nwhile time.monotonic() < end: pass\n"
BUSY_WITH_CONTEXT = programs.CONTEXT + BUSY
TORCH = """
import time, torch
device = "cuda" if torch.cuda.is_available() else "cpu"
end = time.monotonic() + 15
one = torch.ones(512, 512, device=device)
while time.monotonic() < end:
    one = (one @ one).clamp(0, 1)
print(device)
"""


def supervise(program: str, on_fallback: str) -> tuple[int, list[dict[str, str]]]:
    command = [sys.executable, "-c", WRAPPER, on_fallback, sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("{")]
    return done.returncode, [json.loads(line) for line in lines]


@pytest.mark.parametrize("on_fallback", ["warn", "stop"])
def test_a_process_with_a_context_is_left_alone(on_fallback: str, record: Record) -> None:
    code, told = supervise(BUSY_WITH_CONTEXT, on_fallback)
    record(f"tripwire, a context, {on_fallback}", {"code": code, "told": told})
    assert (code, told) == (0, [])


def test_a_process_on_the_cpu_is_stopped(record: Record) -> None:
    code, told = supervise(BUSY, "stop")
    record("tripwire, on the CPU, stop", {"code": code, "told": told})
    assert code == 78
    assert told[-1]["reason"] == "SilentCPUFallback"


def test_a_process_on_the_cpu_is_told_of_and_runs_on(record: Record) -> None:
    code, told = supervise(BUSY, "warn")
    record("tripwire, on the CPU, warn", {"code": code, "told": told})
    assert code == 0
    assert [one["reason"] for one in told][-1] == "SilentCPUFallback"


def test_cuinit_alone_is_no_use_of_the_gpu(record: Record) -> None:
    code, told = supervise(programs.CUINIT_ALONE + BUSY, "stop")
    record("tripwire, cuInit alone, stop", {"code": code, "told": told})
    assert code == 78


@pytest.mark.parametrize("visible", [None, ""], ids=["on the GPU", "fallen back"])
def test_torch(visible: str | None, monkeypatch: pytest.MonkeyPatch, record: Record) -> None:
    pytest.importorskip("torch")
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    code, told = supervise(TORCH, "stop")
    record(f"tripwire, torch, CUDA_VISIBLE_DEVICES={visible!r}", {"code": code, "told": told})
    assert code == (0 if visible is None else 78)
