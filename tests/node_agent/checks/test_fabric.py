"""The NVLink fabric, where there is one."""

from __future__ import annotations

from typing import Any

import pytest

from node_agent.checks import fabric
from tests.node_agent.healthy import healthy, of_job, of_node, told, with_every_gpu


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        pytest.param({}, ("SKIPPED", "NotApplicable", "none"), id="no fabric"),
        pytest.param({"fabric_state": 0}, ("SKIPPED", "NotApplicable", "none"), id="not supported"),
        pytest.param({"fabric_state": 1}, ("FAIL", "FabricNotReady", "node"), id="D5: not started"),
        pytest.param({"fabric_state": 2}, ("UNKNOWN", "FabricNotReady", "none"), id="in progress"),
        pytest.param({"fabric_state": 9}, ("UNKNOWN", "FabricNotReady", "none"), id="in no table"),
        pytest.param({"fabric_state": 3, "fabric_status": 0}, ("PASS", "Passed", "none"), id="completed"),
        pytest.param(
            {"fabric_state": 3, "fabric_status": 999}, ("FAIL", "FabricNotReady", "node"), id="completed with an error"
        ),
        pytest.param({"fabric_state": 3, "fabric_health": 1}, ("PASS", "Passed", "none"), id="healthy"),
        pytest.param({"fabric_state": 3, "fabric_health": 2}, ("WARN", "FabricDegraded", "none"), id="unhealthy"),
        pytest.param({"fabric_state": 3, "fabric_health": 3}, ("WARN", "FabricDegraded", "none"), id="limited"),
    ],
)
def test_the_state_is_judged(state: dict[str, Any], verdict: tuple[str, str, str]) -> None:
    assert told(fabric, with_every_gpu(healthy(), **state), of_job()) == verdict


def test_a_size_without_a_fabric_is_not_asked_for_one() -> None:
    expected = of_node(gpus=1, vm_size="Standard_NC24ads_A100_v4")
    assert told(fabric, with_every_gpu(healthy(1), fabric_state=1), expected)[0] == "SKIPPED"
