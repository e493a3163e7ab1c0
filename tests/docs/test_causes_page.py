"""`docs/reference/causes.md`: what `aigpu-preflight` says on a pretended node is what the page says of the cause.

`tests/node_agent/checks/test_causes.py` holds every row to the checks; this file holds those that a node of stand-in
libraries can show to the whole program, with its real pynvml and ctypes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from testbeds.nvidia_stub import Libraries, StubNode, faults, nodes
from testbeds.nvidia_stub.node import CudaLibrary, LibraryFile, Node
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "reference" / "causes.md"
ONE, EIGHT = nodes.A100_80GB, nodes.H100_X8
UUID = str(ONE.gpus[0].uuid)
NOT_INJECTED = nodes.not_injected(ONE)
EMPTY: Mapping[str, str] = {}


class Case(NamedTuple):
    """A cause, brought about: a node, variables of the container, options; and what the page says of it."""

    cause: str
    node: Node
    reason: str
    exit_code: int
    variables: Mapping[str, str] = EMPTY
    options: tuple[str, ...] = ()


def changed(**fields: Any) -> Node:
    return replace(ONE, gpus=nodes.change_gpu(ONE, 0, **fields))


CASES = [
    Case("P1", nodes.CPU, "NoPCIDevice", 78),
    Case("P2", NOT_INJECTED, "NoGPUInContainer", 78),
    Case("P2", EIGHT, "MoreDevicesThanExpected", 78, {"NVIDIA_VISIBLE_DEVICES": "all"}, ("--expect-gpus", "1")),
    Case("P5", NOT_INJECTED, "RuntimeNotNVIDIA", 75, {"NVIDIA_VISIBLE_DEVICES": UUID}),
    Case("P6", NOT_INJECTED, "NoGPUInContainer", 78, {"NVIDIA_VISIBLE_DEVICES": "void"}),
    Case("P7", ONE, "ComputeNotInCapabilities", 0, {"NVIDIA_DRIVER_CAPABILITIES": "utility"}),
    Case("P8", ONE, "CUDAVisibleDevicesEmpty", 78, {"CUDA_VISIBLE_DEVICES": ""}),
    Case("P8", ONE, "CUDAVisibleDevicesInvalid", 78, {"CUDA_VISIBLE_DEVICES": "7"}),
    Case("P9", EIGHT, "CUDAVisibleDevicesShort", 0, {"CUDA_VISIBLE_DEVICES": "0"}, ("--expect-gpus", "8")),
    Case("D1", nodes.without_driver(ONE), "DriverNotLoaded", 75),
    Case("D2", replace(ONE, module_version="570.211.01"), "DriverLibraryMismatch", 75),
    Case("D4", replace(ONE, missing_device_nodes=frozenset({"nvidia-uvm"})), "DeviceNodeMissing", 75),
    Case("D5", nodes.without_fabric_manager(EIGHT), "FabricNotReady", 70),
    Case("D6", ONE, "DriverTooOld", 75, options=("--min-driver", "999")),
    Case("D6", ONE, "CUDAVersionTooLow", 75, options=("--min-cuda", "99")),
    Case("D7", replace(ONE, cuda_library=LibraryFile.MISSING), "CUDALibraryMissing", 75),
    Case("D8", replace(ONE, first_cuda_library=CudaLibrary.COMPAT, compat_code=804), "CompatLibraryRefused", 78),
    Case("D8", replace(ONE, first_cuda_library=CudaLibrary.COMPAT, compat_code=803), "CompatLibraryRefused", 78),
    Case("D9", replace(ONE, first_cuda_library=CudaLibrary.STUBS), "StubLibrary", 78),
    Case("D11", nodes.A100_80GB_MIG_EMPTY, "MIGWithoutInstances", 75),
    Case("D12", nodes.A100_80GB_MIG, "Passed", 0),
    Case("D13", replace(EIGHT, faults=faults.gpu_lost(3)), "GPULost", 75),
    Case("D13", changed(ecc_volatile_uncorrected_dram=1), "ECCUncorrectable", 75),
    Case("D13", changed(remap_pending=1), "RowRemapPending", 75),
    Case("D13", changed(remap_failed=1), "RowRemapFailed", 75),
    Case("D14", changed(compute_mode=2), "ComputeModeProhibited", 75),
    Case("D14", changed(compute_mode=3), "ComputeModeExclusive", 0),
    Case("D14", replace(ONE, faults=(faults.answer("cuInit", 805),)), "MPSUnavailable", 70),
    Case("D15", replace(ONE, faults=(faults.answer("cuInit", 102),)), "GRIDNotLicensed", 75),
    Case("D16", replace(ONE, cuda_library=LibraryFile.TEXT), "CUDALibraryUnloadable", 78),
]


def row_of(cause: str) -> list[str]:
    (row,) = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| {cause} |")]
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.fixture
def look(tmp_path: Path, libraries: Libraries) -> Iterator[Callable[[Case], dict[str, Any]]]:
    """Run `aigpu-preflight check` in the container of a case; gives what it says as JSON."""
    with ExitStack() as stack:

        def run(case: Case) -> dict[str, Any]:
            stub = stack.enter_context(StubNode(case.node, tmp_path / "node", libraries))
            own = ["--root", str(stub.root), "--metadata", "none", "-o", "json", "--termination-log", "none"]
            command = [sys.executable, "-m", "node_agent.preflight", "check", *own, *case.options]
            environment = {**stub.environment(), **case.variables}
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            said: dict[str, Any] = json.loads(done.stdout)
            assert said["exitCode"] == done.returncode, done.stderr
            return said

        yield run


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.cause}, {case.reason}")
def test_the_program_says_what_the_page_says(case: Case, look: Callable[[Case], dict[str, Any]]) -> None:
    said = look(case)

    _, _, _, reasons, exit_codes = row_of(case.cause)
    assert said["exitCode"] == case.exit_code, said["findings"]
    assert case.reason in {finding["reason"] for finding in said["findings"]}
    assert f"`{case.reason}`" in reasons
    assert re.search(rf"\b{case.exit_code}\b", exit_codes)
