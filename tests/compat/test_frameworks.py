"""Real frameworks without a GPU: what we read of them unimported, and that a job which falls back is seen.

`python -m testbeds.frameworks` makes their environments in the cache folder; without them these tests are skipped.
The GPU is a pretended one: the driver's part is in order, so that nothing but the framework keeps the job off it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from node_agent.facts import Wheel
from node_agent.probes.wheels import read_wheels
from testbeds.frameworks import FRAMEWORKS, HOW, Environment, find
from testbeds.nvidia_stub import StubNode, nodes
from tests.compat.conftest import Make
from tools.wheel import ROOT

FOR_THE_CPU = ("torch", "jax", "onnxruntime")
FOR_CUDA = ("jax-cuda13", "onnxruntime-gpu")

_TORCH = """
import torch
device = "cuda" if torch.cuda.is_available() else "cpu"
print("training on", device, flush=True)
weights = torch.randn(400, 400, device=device)
while True:
    weights = torch.tanh(weights @ weights)
"""
_JAX = """
import jax, jax.numpy
print("training on", jax.devices()[0].platform, flush=True)
weights = jax.numpy.ones((400, 400))
while True:
    weights = jax.numpy.tanh(weights @ weights).block_until_ready()
"""
_ONNXRUNTIME = """
import numpy, onnxruntime
from onnxruntime import datasets
wanted = ["CUDAExecutionProvider", "CPUExecutionProvider"]
session = onnxruntime.InferenceSession(datasets.get_example("sigmoid.onnx"), providers=wanted)
print("training on", "cuda" if "CUDAExecutionProvider" in session.get_providers() else "cpu", flush=True)
data = {session.get_inputs()[0].name: numpy.ones((3, 4, 5), numpy.float32)}
while True:
    session.run(None, data)
"""
SCRIPTS = {
    "torch": _TORCH,
    "jax": _JAX,
    "jax-cuda13": _JAX,
    "onnxruntime": _ONNXRUNTIME,
    "onnxruntime-gpu": _ONNXRUNTIME,
}
# The whole program stops a job only after ten core-minutes; the rest of its watch is the same. The deadline leaves time
# to import: what comes after it is looked at ever more rarely, to stay cheap.
SUPERVISE = """
import os, sys
from node_agent.preflight.supervisor import supervise
from node_agent.preflight.tripwire import TripwireSettings
settings = TripwireSettings(10.0, "stop", sys.argv[1], grace_s=5.0, least_cpu_s=1.0)
sys.exit(supervise(sys.argv[2:], os.environ, settings, lambda finding: print(finding.reason, file=sys.stderr)))
"""


def environment_of(name: str) -> Environment:
    found = find(name)
    if found is None:
        pytest.skip(f"{name} is not in the cache folder: {HOW}")
    return found


def read(name: str) -> Wheel:
    (folder,) = environment_of(name).directory.glob("lib/python*/site-packages")
    (wheel,) = read_wheels([str(folder)])
    return wheel


@pytest.fixture
def node(stub: Make) -> StubNode:
    return stub(nodes.T4)


def run(node: StubNode, log: Path, *command: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**node.environment(), "AIGPU_TERMINATION_LOG": str(log)},
        capture_output=True,
        text=True,
        timeout=3600,  # ten core-minutes take long on a busy machine
        check=False,
    )


def execute(
    node: StubNode, log: Path, command: Sequence[str | Path], *options: str
) -> subprocess.CompletedProcess[str]:
    """Run the command below the whole program."""
    program = [sys.executable, "-m", "node_agent.preflight", "exec", "--root", str(node.root), *options, "--"]
    return run(node, log, *program, *command)


def reasons(log: Path) -> list[str]:
    return [finding["reason"] for finding in json.loads(log.read_text())["findings"]]


# ---- read, and never imported ----


@pytest.mark.parametrize("name", FOR_THE_CPU)
def test_a_build_for_the_cpu_is_told(name: str) -> None:
    wheel = read(name)
    assert (wheel.framework, wheel.cuda, wheel.problem) == (name, None, "")
    assert wheel.version == environment_of(name).version


@pytest.mark.parametrize("name", FOR_CUDA)
def test_a_build_for_cuda_is_told_with_its_cuda(name: str) -> None:
    wheel = read(name)
    assert (wheel.framework, wheel.problem) == (name.partition("-")[0], "")
    assert wheel.cuda is not None
    assert wheel.cuda[0] == 13


@pytest.mark.parametrize("name", ["torch", "jax", "onnxruntime"])
def test_what_was_read_is_what_the_framework_says_of_itself(name: str) -> None:
    asked = {
        "torch": "import torch; print(torch.__version__, torch.version.cuda)",
        "jax": "import jax; print(jax.__version__, None if jax.default_backend() == 'cpu' else 'cuda')",
        "onnxruntime": "import onnxruntime as o; p = o.get_available_providers(); "
        "print(o.__version__, 'cuda' if 'CUDAExecutionProvider' in p else None)",
    }
    command = [str(environment_of(name).python), "-c", asked[name]]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert told.split() == [read(name).version, str(read(name).cuda)]


# ---- before the job starts ----


@pytest.mark.parametrize("name", FOR_THE_CPU)
def test_a_job_without_cuda_does_not_start(name: str, node: StubNode, tmp_path: Path) -> None:
    done = execute(node, tmp_path / "log", [environment_of(name).python, "-c", "print('it ran')"])
    assert (done.returncode, done.stdout) == (78, ""), done.stderr
    assert "FrameworkWithoutCUDA" in reasons(tmp_path / "log")


@pytest.mark.parametrize("name", FOR_CUDA)
def test_a_job_with_cuda_starts(name: str, node: StubNode, tmp_path: Path) -> None:
    done = execute(node, tmp_path / "log", [environment_of(name).python, "-c", "print('it ran')"])
    assert (done.returncode, done.stdout) == (0, "it ran\n"), done.stderr


@pytest.mark.parametrize("name", FOR_CUDA)
def test_a_job_for_a_newer_cuda_than_the_driver_s_does_not_start(name: str, stub: Make, tmp_path: Path) -> None:
    """A10 sizes have driver 570 and CUDA 12.8."""
    python = environment_of(name).python
    done = execute(stub(nodes.A10_FULL), tmp_path / "log", [python, "-c", "print('it ran')"])
    assert (done.returncode, done.stdout) == (78, ""), done.stderr
    assert "DriverTooOldForFramework" in reasons(tmp_path / "log")


# ---- while it runs ----


@pytest.mark.parametrize("name", [framework.name for framework in FRAMEWORKS])
def test_a_job_that_falls_back_is_stopped(name: str, node: StubNode, tmp_path: Path) -> None:
    job = (environment_of(name).python, "-c", SCRIPTS[name])
    done = run(node, tmp_path / "log", sys.executable, "-c", SUPERVISE, node.root, *job)
    assert "training on cpu" in done.stdout, done.stderr
    assert done.returncode == 78, done.stderr
    assert "SilentCPUFallback" in done.stderr.split()


def test_a_short_job_that_falls_back_is_warned_of_and_keeps_its_exit_code(node: StubNode, tmp_path: Path) -> None:
    """Behind a shell, no interpreter is found, so the build is not known before: the watch is what is left."""
    ends = (
        SCRIPTS["torch"].replace("while True", "import time\nwhile time.process_time() < 8") + "raise SystemExit(5)\n"
    )
    (tmp_path / "train.py").write_text(ends)
    job = ("sh", "-c", f"'{environment_of('torch').python}' '{tmp_path / 'train.py'}'; exit $?")
    done = execute(node, tmp_path / "log", job, "--gpu-deadline", "2s", "--on-fallback", "stop")
    assert (done.returncode, done.stdout) == (5, "training on cpu\n"), done.stderr
    assert reasons(tmp_path / "log") == ["GPUNotOpened"]


@pytest.mark.slow
def test_the_whole_program_stops_a_job_after_ten_core_minutes(node: StubNode, tmp_path: Path) -> None:
    """Takes five minutes on two cores."""
    (tmp_path / "train.py").write_text(SCRIPTS["torch"])
    job = ("sh", "-c", f"'{environment_of('torch').python}' '{tmp_path / 'train.py'}'; exit $?")
    done = execute(node, tmp_path / "log", job, "--gpu-deadline", "2s", "--on-fallback", "stop")
    assert done.returncode == 78, done.stderr
    assert reasons(tmp_path / "log") == ["SilentCPUFallback"]
