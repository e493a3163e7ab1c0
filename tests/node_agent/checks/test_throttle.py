"""Slow GPUs are worth a warning."""

from __future__ import annotations

import pytest

from node_agent.checks import throttle
from tests.node_agent.healthy import healthy, of_node, told, with_gpu

SLOW = ("WARN", "Throttled", "none")
PASSED = ("PASS", "Passed", "none")


@pytest.mark.parametrize(
    ("bits", "verdict"),
    [
        pytest.param(0x00, PASSED, id="none"),
        pytest.param(0x01, PASSED, id="idle"),
        pytest.param(0x04, PASSED, id="a power cap"),
        pytest.param(0x08, SLOW, id="hardware"),
        pytest.param(0x20, SLOW, id="software, heat"),
        pytest.param(0x41, SLOW, id="hardware, heat"),
        pytest.param(0x80, SLOW, id="power brake"),
    ],
)
def test_slowdowns_are_told_from_ordinary_life(bits: int, verdict: tuple[str, str, str]) -> None:
    assert told(throttle, with_gpu(healthy(), throttle_reasons=bits), of_node()) == verdict


def test_narrow_pcie_and_persistence_off_never_alarm() -> None:
    facts = with_gpu(healthy(), pcie_width=1, pcie_width_max=16, persistence=False)
    assert told(throttle, facts, of_node()) == PASSED
