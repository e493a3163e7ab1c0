"""The CUDA version that libcuda offers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Unknown
from node_agent.checks import cuda_version
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, missing, of_job, told, with_cuda

OLD = of_job(min_cuda=(12, 8))
NEW = of_job(min_cuda=(13, 2))


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), OLD, ("PASS", "Passed", "none"), id="newer"),
        pytest.param(healthy(), of_job(min_cuda=(13, 0)), ("PASS", "Passed", "none"), id="the very one"),
        pytest.param(healthy(), NEW, ("FAIL", "CUDAVersionTooLow", "node"), id="older"),
        pytest.param(healthy(), of_job(), ("SKIPPED", "NotApplicable", "none"), id="none asked for"),
        pytest.param(
            with_cuda(healthy(), driver_version=None), OLD, ("UNKNOWN", "ReadingUnknown", "none"), id="not told"
        ),
        pytest.param(
            with_cuda(healthy(), library=missing("libcuda.so.1")),
            OLD,
            ("UNKNOWN", "NotReached", "none"),
            id="no libcuda",
        ),
        pytest.param(replace(healthy(), cuda=Unknown("?")), OLD, ("UNKNOWN", "NotReached", "none"), id="not read"),
    ],
)
def test_versions_are_compared(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(cuda_version, facts, expected) == verdict
