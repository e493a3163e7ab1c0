"""Variables that send a framework to the CPU."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Unknown
from node_agent.checks import framework_environment
from tests.node_agent.healthy import healthy, of_job, told, with_variables

PASSED = ("PASS", "Passed", "none")
FORCED = ("WARN", "FrameworkForcedToCPU", "none")


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("JAX_PLATFORMS", "cuda", PASSED),
        ("JAX_PLATFORMS", "", PASSED),
        ("JAX_PLATFORMS", "cpu", FORCED),
        ("JAX_PLATFORM_NAME", "cpu", FORCED),
        ("JAX_PLATFORMS", "cuda,cpu", ("WARN", "FrameworkMayFallBack", "none")),
        ("ACCELERATE_USE_CPU", "true", FORCED),
        ("ACCELERATE_USE_CPU", "false", PASSED),
        ("NUMBA_DISABLE_CUDA", "1", FORCED),
        ("NUMBA_DISABLE_CUDA", "0", PASSED),
        ("DS_ACCELERATOR", "cpu", FORCED),
        ("DS_ACCELERATOR", "cuda", PASSED),
        ("PYTORCH_NVML_BASED_CUDA_CHECK", "1", PASSED),
    ],
)
def test_variables_are_judged(name: str, value: str, verdict: tuple[str, str, str]) -> None:
    assert told(framework_environment, with_variables(healthy(), **{name: value}), of_job()) == verdict


def test_an_environment_that_was_not_read_is_not_taken_for_empty() -> None:
    facts = replace(healthy(), environment=Unknown("?"))
    assert told(framework_environment, facts, of_job()) == ("UNKNOWN", "ReadingUnknown", "none")
