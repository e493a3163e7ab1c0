"""One GPU, three names: NVML's, CUDA's, the allocation's."""

from __future__ import annotations

import pytest

from node_agent.checks import uuid_match
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import (
    healthy,
    of_job,
    of_node,
    told,
    uuid,
    with_cuda_device,
    with_every_gpu,
    with_variables,
    without_cuda,
    without_nvml,
)

PASSED = ("PASS", "Passed", "none")
STRANGE = with_cuda_device(healthy(), uuid="99999999-0000-4000-8000-000000000000")
ZERO = "00000000-0000-0000-0000-000000000000"
UNTOLD = with_cuda_device(with_cuda_device(healthy(), 0, uuid=None), 1, uuid=ZERO)


def given(value: str) -> Facts:
    return with_variables(healthy(), NVIDIA_VISIBLE_DEVICES=value)


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), PASSED, id="the same"),
        pytest.param(STRANGE, of_node(), ("UNKNOWN", "UUIDMismatch", "none"), id="CUDA has one that NVML has not"),
        pytest.param(
            with_every_gpu(STRANGE, virtualization=2), of_node(), ("WARN", "UUIDMismatch", "none"), id="parts by vGPU"
        ),
        pytest.param(
            with_every_gpu(STRANGE, mig_enabled=True), of_job(), ("WARN", "UUIDMismatch", "none"), id="parts by MIG"
        ),
        pytest.param(UNTOLD, of_node(), ("SKIPPED", "NotApplicable", "none"), id="CUDA tells none"),
        pytest.param(given("all"), of_job(), PASSED, id="no allocation to compare with"),
        pytest.param(given(uuid(0)), of_job(), ("WARN", "ForeignGPUVisible", "none"), id="one given, two seen"),
        pytest.param(given("GPU-77777777"), of_job(), ("FAIL", "UUIDMismatch", "node"), id="another was given"),
        pytest.param(given("GPU-77777777"), of_node(), PASSED, id="the agent sees all"),
        pytest.param(given("MIG-77777777"), of_job(), PASSED, id="a part, named by its GPU"),
        pytest.param(without_nvml(healthy(), 9), of_job(), ("UNKNOWN", "NotReached", "none"), id="NVML not started"),
        pytest.param(without_cuda(healthy(), 100), of_job(), ("UNKNOWN", "NotReached", "none"), id="CUDA not started"),
    ],
)
def test_uuids_are_compared(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(uuid_match, facts, expected) == verdict
