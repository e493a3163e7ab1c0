"""The kernel module is loaded, or why that does not matter yet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Unknown
from node_agent.checks import kernel_module
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, no_gpu, of_job, of_node, told, with_module, without_nvml

UNREADABLE = replace(healthy(), module=Unknown("no /sys/module"))
NOT_LOADED = ("FAIL", "DriverNotLoaded", "node")


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), ("PASS", "Passed", "none"), id="live"),
        pytest.param(with_module(healthy(), loaded=False), of_node(), NOT_LOADED, id="not loaded, on the node"),
        pytest.param(with_module(healthy(), loaded=False), of_job(), NOT_LOADED, id="not loaded, in a job"),
        pytest.param(with_module(healthy(), loaded=False, state="coming"), of_node(), NOT_LOADED, id="coming up"),
        pytest.param(no_gpu(), of_node(), ("UNKNOWN", "NotReached", "none"), id="no GPU to load it for"),
        pytest.param(UNREADABLE, of_node(), ("PASS", "Passed", "none"), id="NVML reached it"),
        pytest.param(
            without_nvml(UNREADABLE, 9), of_node(), ("UNKNOWN", "ReadingUnknown", "none"), id="nobody can tell"
        ),
    ],
)
def test_the_module_is_judged(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(kernel_module, facts, expected) == verdict
