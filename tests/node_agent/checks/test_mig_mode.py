"""MIG by intent, and its instances by what CUDA finds."""

from __future__ import annotations

import pytest

from node_agent.checks import mig_mode
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import (
    healthy,
    of_job,
    of_node,
    told,
    with_every_gpu,
    with_gpu,
    with_nvml,
    without_cuda,
    without_nvml,
)

ON = with_every_gpu(healthy(), mig_enabled=True, mig_uuids=("MIG-1",))
EMPTY = with_every_gpu(healthy(), mig_enabled=True)
PARTS = of_node(mig_profile="MIG1g", resource="nvidia.com/mig-1g.10gb", resource_count=14)
WRONG = ("FAIL", "MIGModeMismatch", "node")
HOLLOW = ("FAIL", "MIGWithoutInstances", "node")
PASSED = ("PASS", "Passed", "none")


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), PASSED, id="off, as intended"),
        pytest.param(ON, PARTS, PASSED, id="on, as intended"),
        pytest.param(ON, of_node(resource="nvidia.com/mig-1g.10gb"), PASSED, id="intended by the resource"),
        pytest.param(ON, of_node(), WRONG, id="on, and not intended"),
        pytest.param(with_gpu(healthy(), mig_enabled=True), of_node(), WRONG, id="on for one of two"),
        pytest.param(healthy(), PARTS, WRONG, id="off, and intended"),
        pytest.param(with_every_gpu(healthy(), mig_enabled=None), PARTS, WRONG, id="not supported, and intended"),
        pytest.param(EMPTY, PARTS, HOLLOW, id="D11: no instance on the node"),
        pytest.param(without_cuda(EMPTY, 100), of_job(), HOLLOW, id="D11: no instance for a job"),
        pytest.param(EMPTY, of_job(), PASSED, id="D12: CUDA has a device, whatever NVML says"),
        pytest.param(ON, of_job(), PASSED, id="a job on a part of a GPU"),
        pytest.param(
            with_every_gpu(healthy(), mig_enabled=None), of_node(), ("SKIPPED", "NotApplicable", "none"), id="no MIG"
        ),
        pytest.param(without_nvml(healthy(), 9), of_node(), ("UNKNOWN", "NotReached", "none"), id="NVML not started"),
        pytest.param(with_nvml(healthy(), devices=()), of_node(), ("UNKNOWN", "NotReached", "none"), id="no device"),
    ],
)
def test_the_mode_is_judged(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(mig_mode, facts, expected) == verdict
