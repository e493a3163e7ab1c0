"""What a machine is held to: declared, readable, free of contradictions."""

from __future__ import annotations

import pytest

from aigpu_contract.finding import Status
from node_agent import modes
from node_agent.checks import intent
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, of_job, of_node, told

PASSED = ("PASS", "Passed", "none")
MISSING = ("UNKNOWN", "IntentMissing", "none")
CONTRADICTORY = ("UNKNOWN", "IntentContradictory", "none")


@pytest.mark.parametrize(
    ("expected", "verdict"),
    [
        pytest.param(of_node(), PASSED, id="labels of a pool"),
        pytest.param(of_job(), PASSED, id="a job that says nothing is held to one device"),
        pytest.param(of_job(gpus=2), PASSED, id="a job with a number"),
        pytest.param(of_node(vm_size="Standard_NEW1_v9", model=None), PASSED, id="a size newer than the catalogue"),
        pytest.param(of_node(problem="label is no number"), ("UNKNOWN", "IntentUnreadable", "none"), id="unreadable"),
        pytest.param(Expected("", mode=modes.LOOP), MISSING, id="a node without labels"),
        pytest.param(of_node(gpus=None), MISSING, id="a node without a number"),
        pytest.param(of_job(gpus=0), CONTRADICTORY, id="an intent of no GPU"),
        pytest.param(of_node(vm_size="Standard_D16s_v5"), CONTRADICTORY, id="a CPU size with GPUs"),
        pytest.param(of_node(vm_size="Standard_ND96isr_MI300X_v5"), CONTRADICTORY, id="an AMD size"),
        pytest.param(of_node(model="h100-80gb"), CONTRADICTORY, id="a size with another model"),
        pytest.param(of_node(gpus=8, vm_size="Standard_NC24ads_A100_v4"), CONTRADICTORY, id="a size with fewer GPUs"),
        pytest.param(
            of_node(gpus=1, vm_size="Standard_NC4as_T4_v3", model=None, mig_profile="MIG1g"),
            CONTRADICTORY,
            id="MIG on a size without it",
        ),
    ],
)
def test_what_is_declared_is_judged(expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(intent, healthy(), expected) == verdict


def test_a_job_may_hold_fewer_gpus_than_its_node_has() -> None:
    assert told(intent, healthy(), of_job(gpus=1, vm_size="Standard_NC48ads_A100_v4")) == PASSED


def test_the_machine_has_no_say_in_it() -> None:
    (finding,) = intent.check(Facts(), of_node())
    assert finding.status is Status.PASS
