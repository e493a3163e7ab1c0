"""Memory of each device against what was asked for, with what the driver keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Unknown
from node_agent.checks import gpu_memory
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import (
    cuda_device,
    healthy,
    of_job,
    of_node,
    told,
    with_cuda,
    with_cuda_device,
    with_every_gpu,
    with_nvml,
    without_cuda,
    without_nvml,
)

PASSED = ("PASS", "Passed", "none")
A10_SIXTH = of_node(vm_size="Standard_NV6ads_A10_v5", model="a10")


DIVIDED = with_cuda(with_every_gpu(healthy(), mig_enabled=True), count=1, devices=(cuda_device(0, memory_mib=9728),))
"""MIG divides the GPUs, and CUDA gives a program one part."""


def board(mib: int) -> Facts:
    return with_every_gpu(without_cuda(healthy(), 100), memory_mib=mib)


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), PASSED, id="the size's own"),
        pytest.param(healthy(), of_job(), ("SKIPPED", "NotApplicable", "none"), id="none asked for"),
        pytest.param(healthy(), of_job(min_memory_gib=80.0), PASSED, id="80 GiB on an A100"),
        pytest.param(board(15360), of_job(min_memory_gib=16.0), PASSED, id="16 GiB on a real T4"),
        pytest.param(board(183359), of_job(min_memory_gib=192.0), PASSED, id="192 GiB on a real B200"),
        pytest.param(board(14910), of_job(min_memory_gib=16.0), PASSED, id="16 GiB on a T4 as CUDA counts"),
        pytest.param(board(81920), of_job(min_memory_gib=94.0), ("FAIL", "MemoryTooSmall", "job"), id="80 for 94"),
        pytest.param(board(40960), of_job(min_memory_gib=80.0), ("FAIL", "MemoryTooSmall", "job"), id="half of it"),
        pytest.param(board(40960), of_node(), ("FAIL", "MemoryTooSmall", "node"), id="a smaller GPU than intended"),
        pytest.param(board(4096), A10_SIXTH, PASSED, id="a sixth of an A10"),
        pytest.param(
            board(2048), A10_SIXTH, ("FAIL", "MemoryTooSmall", "node"), id="less than the part that was bought"
        ),
        pytest.param(
            with_cuda_device(healthy(), memory_mib=4864),
            of_job(min_memory_gib=40.0),
            ("FAIL", "MemoryTooSmall", "job"),
            id="CUDA gives a part of a GPU",
        ),
        pytest.param(
            with_cuda_device(healthy(), memory_mib=None), of_node(), ("UNKNOWN", "ReadingUnknown", "none"), id="untold"
        ),
        pytest.param(
            without_nvml(without_cuda(healthy(), 100), 9), of_node(), ("UNKNOWN", "NotReached", "none"), id="no NVML"
        ),
        pytest.param(
            with_nvml(with_cuda(healthy(), devices=()), devices=()),
            of_node(),
            ("UNKNOWN", "NotReached", "none"),
            id="no device",
        ),
        pytest.param(replace(healthy(), cuda=Unknown("?")), of_node(), PASSED, id="from NVML alone"),
        pytest.param(DIVIDED, of_node(), PASSED, id="whole GPUs that MIG divides"),
        pytest.param(
            with_every_gpu(DIVIDED, memory_mib=40960),
            of_node(),
            ("FAIL", "MemoryTooSmall", "node"),
            id="smaller GPUs that MIG divides",
        ),
        pytest.param(
            with_every_gpu(DIVIDED, memory_mib=None), of_node(), ("UNKNOWN", "ReadingUnknown", "none"), id="MIG, untold"
        ),
        pytest.param(
            DIVIDED,
            of_job(min_memory_gib=40.0),
            ("FAIL", "MemoryTooSmall", "job"),
            id="a part for a job that wants more",
        ),
    ],
)
def test_memory_is_compared(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(gpu_memory, facts, expected) == verdict


def test_on_a_node_with_mig_what_was_asked_for_and_what_the_size_has_are_two_things() -> None:
    whole, part = gpu_memory.check(DIVIDED, of_node(min_memory_gib=20.0))
    assert {whole.status.name, part.status.name} == {"PASS", "FAIL"}
