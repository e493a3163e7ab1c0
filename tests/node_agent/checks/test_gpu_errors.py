"""Answers that NVML refused, by their code."""

from __future__ import annotations

import pytest

from node_agent.checks import gpu_errors
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, of_node, reasons, told, with_gpu, with_nvml, without_nvml

PASSED = ("PASS", "Passed", "none")


def refused(call: str, code: int) -> Facts:
    return with_gpu(healthy(), errors=((call, code),))


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        pytest.param(healthy(), PASSED, id="all answered"),
        pytest.param(refused("nvmlDeviceGetRemappedRows", 13), PASSED, id="an older library"),
        pytest.param(refused("nvmlDeviceGetCurrPcieLinkWidth", 999), PASSED, id="a metric"),
        pytest.param(refused("nvmlDeviceGetTotalEccErrors", 15), ("FAIL", "GPULost", "node"), id="lost"),
        pytest.param(
            refused("nvmlDeviceGetCurrPcieLinkWidth", 15), ("FAIL", "GPULost", "node"), id="lost, by a metric"
        ),
        pytest.param(refused("nvmlDeviceGetName", 16), ("FAIL", "GPUResetRequired", "node"), id="reset"),
        pytest.param(refused("nvmlDeviceGetMigMode", 4), ("WARN", "CounterRefused", "none"), id="no permission"),
        pytest.param(refused("nvmlDeviceGetName", 999), ("UNKNOWN", "NVMLFailed", "none"), id="unknown error"),
        pytest.param(refused("nvmlDeviceGetName", 77), ("UNKNOWN", "NVMLFailed", "none"), id="a code in no table"),
        pytest.param(without_nvml(healthy(), 9), ("UNKNOWN", "NotReached", "none"), id="NVML not started"),
        pytest.param(with_nvml(healthy(), count=0, devices=()), ("UNKNOWN", "NotReached", "none"), id="no device"),
    ],
)
def test_refusals_are_judged(facts: Facts, verdict: tuple[str, str, str]) -> None:
    assert told(gpu_errors, facts, of_node()) == verdict


def test_what_two_gpus_say_alike_is_said_once() -> None:
    facts = with_gpu(refused("nvmlDeviceGetName", 16), 0, errors=(("nvmlDeviceGetName", 16),))
    (finding,) = gpu_errors.check(facts, of_node())
    assert "GPU 0" in finding.seen
    assert "GPU 1" in finding.seen
    assert reasons([finding]) == ["GPUResetRequired"]
