"""What a process leaves behind in NVML's lists and among its open files: the ground that the tripwire stands on."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigpu_contract.reading import Known
from node_agent.modes import EXEC
from node_agent.probes.round import ProbeRequest, read_facts
from tests.gpu import programs
from tests.gpu.conftest import Record

pytestmark = pytest.mark.gpu

# Program, its variables, and whether it has a context.
CASES = {
    "a process that asks NVML only": (programs.NVML_ONLY, {}, False),
    "cuInit alone": (programs.CUINIT_ALONE, {}, False),
    "a cuInit that failed": (programs.FAILED_CUINIT, {"CUDA_VISIBLE_DEVICES": ""}, False),
    "a context": (programs.CONTEXT, {}, True),
    "a process on the CPU": (programs.ON_THE_CPU, {}, False),
}


def kinds_listed(pid: int) -> list[str]:
    """Return in which of NVML's lists a process stands."""
    nvml = read_facts(ProbeRequest(EXEC, cuda=False)).nvml
    assert isinstance(nvml, Known)
    assert isinstance(nvml.value.processes, Known)
    return sorted({one.kind for one in nvml.value.processes.value if one.pid == pid})


@pytest.mark.parametrize(("program", "variables", "has_context"), CASES.values(), ids=CASES)
def test_only_a_context_is_listed(
    program: str, variables: dict[str, str], has_context: bool, record: Record, request: pytest.FixtureRequest
) -> None:
    with programs.staying(program, **variables) as process:
        listed, files = kinds_listed(process.pid), programs.device_files(process.pid)
    record(request.node.callspec.id, {"listed": listed, "open": files})
    assert bool(listed) is has_context
    if has_context:
        assert "/dev/nvidia-uvm" in files


@pytest.fixture
def mps(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Run an MPS daemon of our own."""
    control = shutil.which("nvidia-cuda-mps-control")
    if control is None:
        pytest.skip("needs nvidia-cuda-mps-control, which comes with the driver's compute utilities")
    variables = {"CUDA_MPS_PIPE_DIRECTORY": str(tmp_path / "pipe"), "CUDA_MPS_LOG_DIRECTORY": str(tmp_path / "log")}
    for place in variables.values():
        Path(place).mkdir()
    environ = {**os.environ, **variables}
    subprocess.run([control, "-d"], env=environ, timeout=60, check=True)
    try:
        yield variables
    finally:
        subprocess.run([control], env=environ, input="quit\n", text=True, timeout=60, check=False)


def test_a_client_of_mps_is_listed(mps: dict[str, str], record: Record) -> None:
    with programs.staying(programs.CONTEXT, **mps) as process:
        listed, files = kinds_listed(process.pid), programs.device_files(process.pid)
    record("a client of MPS", {"listed": listed, "open": files})
    assert listed or files


def test_a_context_disappears_with_its_process(record: Record) -> None:
    with programs.staying(programs.CONTEXT) as process:
        pid = process.pid
        assert kinds_listed(pid)
    began = time.monotonic()
    while kinds_listed(pid) and time.monotonic() - began < 10:
        time.sleep(0.1)
    record("seconds until a context is gone from the list", round(time.monotonic() - began, 1))
    assert kinds_listed(pid) == []
