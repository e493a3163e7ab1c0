"""NVLinks, by what the size has."""

from __future__ import annotations

import pytest

from node_agent.checks import nvlink
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, of_job, of_node, told, with_every_gpu, with_gpu

SWITCHED = of_node(vm_size="Standard_ND96isr_H100_v5")
SINGLE = of_node(vm_size="Standard_NC24ads_A100_v4")
SOME = with_gpu(healthy(), nvlinks_active=10, nvlinks_inactive=2)
ALL = with_every_gpu(healthy(), nvlinks_active=0, nvlinks_inactive=12)


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), ("PASS", "Passed", "none"), id="all active"),
        pytest.param(SOME, SWITCHED, ("FAIL", "NVLinkInactive", "node"), id="some down behind NVSwitch"),
        pytest.param(ALL, SWITCHED, ("FAIL", "NVLinkInactive", "node"), id="all down behind NVSwitch"),
        pytest.param(SOME, of_node(), ("WARN", "NVLinkInactive", "none"), id="some down between two boards"),
        pytest.param(ALL, SINGLE, ("PASS", "Passed", "none"), id="a board without a bridge"),
        pytest.param(SOME, of_job(), ("WARN", "NVLinkInactive", "none"), id="some down, size not known"),
        pytest.param(
            with_every_gpu(healthy(), nvlinks_active=None, nvlinks_inactive=None),
            SWITCHED,
            ("SKIPPED", "NotApplicable", "none"),
            id="not told",
        ),
    ],
)
def test_links_are_judged(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(nvlink, facts, expected) == verdict
