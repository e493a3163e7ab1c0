"""Modes in which NVML works and CUDA does not."""

from __future__ import annotations

import pytest

from node_agent.checks import compute_mode
from tests.node_agent.healthy import healthy, of_node, told, with_gpu


@pytest.mark.parametrize(
    ("mode", "verdict"),
    [
        pytest.param(0, ("PASS", "Passed", "none"), id="default"),
        pytest.param(2, ("FAIL", "ComputeModeProhibited", "node"), id="D14: prohibited"),
        pytest.param(3, ("WARN", "ComputeModeExclusive", "none"), id="exclusive process"),
        pytest.param(1, ("WARN", "ComputeModeExclusive", "none"), id="exclusive thread"),
        pytest.param(4, ("UNKNOWN", "NVMLFailed", "none"), id="in no table"),
        pytest.param(None, ("PASS", "Passed", "none"), id="one GPU does not tell"),
    ],
)
def test_the_mode_is_judged(mode: int | None, verdict: tuple[str, str, str]) -> None:
    assert told(compute_mode, with_gpu(healthy(), compute_mode=mode), of_node()) == verdict
