"""cuInit and the number of devices, and whose fault a failure is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.checks import cuda_init
from node_agent.expected import Expected
from node_agent.facts import Facts, NoAnswer
from tests.node_agent.healthy import (
    cuda_device,
    healthy,
    known,
    library,
    missing,
    no_gpu,
    of_job,
    of_node,
    told,
    uuid,
    with_cuda,
    with_every_gpu,
    with_gpu,
    with_variables,
    without_cuda,
    without_nvml,
)

PASSED = ("PASS", "Passed", "none")
BEHIND = ("UNKNOWN", "NotReached", "none")
FREE = with_variables(healthy(), NVIDIA_VISIBLE_DEVICES="all")
COMPAT = library("libcuda.so.1", path="/usr/local/cuda/compat/libcuda.so.595.58.03", version="595.58.03")


def code(number: int) -> Facts:
    return without_cuda(healthy(), number)


def with_compat(number: int) -> Facts:
    return with_cuda(code(number), library=COMPAT)


def shows(count: int, facts: Facts = FREE) -> Facts:
    return with_cuda(facts, count=count, devices=tuple(cuda_device(ordinal) for ordinal in range(count)))


def loads_nothing(facts: Facts) -> Facts:
    return replace(facts, cuda=Known(replace(known(facts.cuda), library=missing("libcuda.so.1"))))


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), PASSED, id="as intended"),
        pytest.param(healthy(), of_job(), PASSED, id="a job that says nothing"),
        pytest.param(code(34), of_job(), ("FAIL", "StubLibrary", "job"), id="D9: 34"),
        pytest.param(code(34), of_node(), ("UNKNOWN", "StubLibrary", "none"), id="34 in the agent's own image"),
        pytest.param(code(46), of_job(), ("UNKNOWN", "GPUBusy", "none"), id="D14: 46"),
        pytest.param(code(2), of_job(), ("UNKNOWN", "GPUBusy", "none"), id="out of memory"),
        pytest.param(code(100), of_job(), ("FAIL", "NoCUDADevice", "node"), id="100, and NVML shows GPUs"),
        pytest.param(without_nvml(code(100), 999), of_job(), BEHIND, id="100, and NVML does not answer"),
        pytest.param(
            replace(code(100), nvml=Unknown("?")), of_job(), ("UNKNOWN", "NoCUDADevice", "none"), id="100, nobody knows"
        ),
        pytest.param(code(101), of_node(), ("FAIL", "CUDAInitFailed", "node"), id="101"),
        pytest.param(
            with_variables(code(101), CUDA_VISIBLE_DEVICES="0,1"),
            of_job(),
            ("FAIL", "CUDAVisibleDevicesInvalid", "job"),
            id="101 with CUDA_VISIBLE_DEVICES",
        ),
        pytest.param(code(102), of_node(), ("FAIL", "GRIDNotLicensed", "node"), id="D15: 102"),
        pytest.param(code(802), of_job(), ("FAIL", "FabricNotReady", "node"), id="D5: 802"),
        pytest.param(
            with_every_gpu(code(802), fabric_state=1), of_job(), BEHIND, id="D5: 802, and the fabric says why"
        ),
        pytest.param(code(803), of_job(), ("FAIL", "DriverLibraryMismatch", "node"), id="D2: 803"),
        pytest.param(with_compat(803), of_job(), ("FAIL", "CompatLibraryRefused", "job"), id="D8: 803 with compat"),
        pytest.param(with_compat(804), of_job(), ("FAIL", "CompatLibraryRefused", "job"), id="D8: 804"),
        pytest.param(with_compat(804), of_node(), ("UNKNOWN", "CompatLibraryRefused", "none"), id="804 in the agent"),
        pytest.param(code(805), of_job(), ("UNKNOWN", "MPSUnavailable", "none"), id="D14: 805"),
        pytest.param(code(807), of_job(), ("UNKNOWN", "MPSUnavailable", "none"), id="D14: 807"),
        pytest.param(code(808), of_job(), ("UNKNOWN", "GPUBusy", "none"), id="MPS is full"),
        pytest.param(code(999), of_job(), ("FAIL", "CUDAInitFailed", "node"), id="999"),
        pytest.param(code(3), of_job(), ("UNKNOWN", "CUDAFailed", "none"), id="3"),
        pytest.param(code(4242), of_job(), ("UNKNOWN", "CUDAFailed", "none"), id="a code in no table"),
        pytest.param(code(0), of_job(), ("UNKNOWN", "CUDAFailed", "none"), id="an error of 0"),
        pytest.param(
            with_variables(code(100), CUDA_VISIBLE_DEVICES=""), of_job(), BEHIND, id="P8: 100, the variable says why"
        ),
        pytest.param(with_every_gpu(code(100), mig_enabled=True), of_job(), BEHIND, id="D11: 100, MIG says why"),
        pytest.param(no_gpu(), of_job(), BEHIND, id="no GPU on the bus"),
        pytest.param(loads_nothing(FREE), of_job(), BEHIND, id="D7: no libcuda"),
        pytest.param(shows(0), of_job(), ("FAIL", "NoCUDADevice", "node"), id="no device"),
        pytest.param(shows(1), of_node(), ("FAIL", "CUDACountMismatch", "node"), id="one of two on the node"),
        pytest.param(shows(1), of_job(gpus=2), ("FAIL", "CUDACountMismatch", "node"), id="one of two in a job"),
        pytest.param(shows(1), of_job(), PASSED, id="one is enough for a job that says nothing"),
        pytest.param(
            shows(1, with_variables(FREE, CUDA_VISIBLE_DEVICES="0")), of_job(gpus=2), PASSED, id="P9: the job's choice"
        ),
        pytest.param(
            shows(1, with_variables(FREE, NVIDIA_VISIBLE_DEVICES=uuid(0))),
            of_job(gpus=2),
            BEHIND,
            id="given one, expects two",
        ),
        pytest.param(shows(4), of_job(gpus=2), ("FAIL", "MoreDevicesThanExpected", "job"), id="P2: GPUs of others"),
        pytest.param(shows(4), of_node(), ("UNKNOWN", "MoreDevicesThanExpected", "none"), id="more than NVML shows"),
        pytest.param(
            with_every_gpu(shows(1), mig_enabled=True, mig_uuids=("MIG-1",)),
            of_job(gpus=3),
            PASSED,
            id="one part of a GPU a process",
        ),
        pytest.param(
            with_gpu(shows(1), mig_enabled=True),
            of_job(gpus=2),
            ("FAIL", "CUDACountMismatch", "node"),
            id="one is whole",
        ),
        pytest.param(
            with_cuda(healthy(), count=None, count_error=999),
            of_job(),
            ("FAIL", "CUDAInitFailed", "node"),
            id="no count",
        ),
        pytest.param(
            with_cuda(healthy(), count=None), of_job(), ("UNKNOWN", "CUDAFailed", "none"), id="neither count nor error"
        ),
        pytest.param(
            replace(healthy(), cuda=Unknown("?")), of_job(), ("UNKNOWN", "ReadingUnknown", "none"), id="unknown"
        ),
        pytest.param(
            replace(healthy(), cuda=NoAnswer("cuInit", seconds=10.0, abandoned=True)),
            of_job(),
            ("FAIL", "DriverUnresponsive", "node"),
            id="hangs for good",
        ),
    ],
)
def test_the_start_is_judged(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(cuda_init, facts, expected) == verdict


@pytest.mark.parametrize("number", [3, 46, 802, 804, 4242])
def test_the_number_is_in_the_message(number: int) -> None:
    (finding,) = cuda_init.check(code(number), of_job())
    assert str(number) in finding.seen
