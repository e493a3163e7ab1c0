"""gVisor and Kata are told apart from the node's own kernel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.checks import sandbox
from node_agent.facts import Environment, Facts
from tests.node_agent.healthy import healthy, of_job, told


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        pytest.param(healthy(), ("PASS", "Passed", "none"), id="runc"),
        pytest.param(
            replace(healthy(), environment=Known(Environment({}, sandbox="gVisor"))),
            ("UNKNOWN", "SandboxedRuntime", "none"),
            id="gVisor",
        ),
        pytest.param(
            replace(healthy(), environment=Unknown("not readable")), ("UNKNOWN", "ReadingUnknown", "none"), id="unknown"
        ),
    ],
)
def test_a_sandbox_is_named(facts: Facts, verdict: tuple[str, str, str]) -> None:
    assert told(sandbox, facts, of_job()) == verdict
