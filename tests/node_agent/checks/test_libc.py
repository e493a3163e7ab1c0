"""musl is worth a word, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.checks import libc
from node_agent.facts import Environment, Facts
from tests.node_agent.healthy import healthy, of_job, told


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        pytest.param(healthy(), ("PASS", "Passed", "none"), id="glibc"),
        pytest.param(
            replace(healthy(), environment=Known(Environment({}, libc="musl"))), ("WARN", "MuslLibc", "none"), id="musl"
        ),
        pytest.param(replace(healthy(), environment=Unknown("?")), ("UNKNOWN", "ReadingUnknown", "none"), id="unknown"),
    ],
)
def test_the_c_library_is_judged(facts: Facts, verdict: tuple[str, str, str]) -> None:
    assert told(libc, facts, of_job()) == verdict
