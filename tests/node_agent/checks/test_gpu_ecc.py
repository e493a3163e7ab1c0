"""Errors that ECC could not correct."""

from __future__ import annotations

import pytest

from node_agent.checks import gpu_ecc
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, of_node, told, with_every_gpu, with_gpu


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        pytest.param(healthy(), ("PASS", "Passed", "none"), id="none"),
        pytest.param(
            with_gpu(healthy(), ecc_uncorrected_volatile=1), ("FAIL", "ECCUncorrectable", "node"), id="D13: one"
        ),
        pytest.param(
            with_every_gpu(healthy(), ecc_uncorrected_volatile=None),
            ("SKIPPED", "NotApplicable", "none"),
            id="GPUs without ECC",
        ),
    ],
)
def test_errors_are_judged(facts: Facts, verdict: tuple[str, str, str]) -> None:
    assert told(gpu_ecc, facts, of_node()) == verdict
