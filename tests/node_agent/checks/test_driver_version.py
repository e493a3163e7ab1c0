"""The driver against the least one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Unknown
from node_agent.checks import driver_version
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, no_gpu, of_job, of_node, told, with_module, with_nvml, without_nvml

PASSED = ("PASS", "Passed", "none")
NO_NVML = without_nvml(healthy(), 9)


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), PASSED, id="newer"),
        pytest.param(healthy(), of_node(min_driver=(580, 159, 4)), PASSED, id="the very one"),
        pytest.param(healthy(), of_node(min_driver=(590,)), ("FAIL", "DriverTooOld", "node"), id="older"),
        pytest.param(healthy(), of_job(), ("SKIPPED", "NotApplicable", "none"), id="none asked for"),
        pytest.param(with_module(NO_NVML, version="580.65.06"), of_node(), PASSED, id="from the module"),
        pytest.param(
            with_module(with_nvml(healthy(), driver_version="what?"), version="570.1"),
            of_node(),
            ("FAIL", "DriverTooOld", "node"),
            id="NVML's is no version",
        ),
        pytest.param(
            replace(without_nvml(healthy(), 999), module=Unknown("?")),
            of_node(),
            ("UNKNOWN", "NotReached", "none"),
            id="NVML says why",
        ),
        pytest.param(
            with_nvml(with_module(healthy(), version=None), driver_version=None),
            of_node(),
            ("UNKNOWN", "ReadingUnknown", "none"),
            id="neither tells",
        ),
        pytest.param(no_gpu(), of_node(), ("UNKNOWN", "NotReached", "none"), id="no GPU on the bus"),
    ],
)
def test_the_driver_is_compared(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(driver_version, facts, expected) == verdict


def test_versions_are_written_as_nvidia_writes_them() -> None:
    (finding,) = driver_version.check(healthy(), of_node(min_driver=(590, 44, 1)))
    assert (finding.seen, finding.wanted) == ("580.159.04", "590.44.01 or newer")
