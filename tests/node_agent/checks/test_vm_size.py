"""The size of the machine against the one that was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.checks import vm_size
from node_agent.expected import Expected
from tests.node_agent.healthy import SIZES, healthy, of_job, of_node, told

RIGHT = Known(SIZES[2])
CPU = Known("Standard_D16s_v5")
BLOCKED = Unknown("the metadata service gave no answer")
WRONG_ON_THE_NODE = ("FAIL", "WrongVMSize", "node")
WRONG_IN_THE_JOB = ("FAIL", "WrongVMSize", "job")
UNREADABLE = ("UNKNOWN", "IntentUnreadable", "none")
PASSED = ("PASS", "Passed", "none")
MISTYPED = "Standard_NC48ads_A101_v4"
NOTHING_ASKED = ("SKIPPED", "NotApplicable", "none")


@pytest.mark.parametrize(
    ("label", "metadata", "expected", "verdict"),
    [
        pytest.param(RIGHT, RIGHT, of_node(), ("PASS", "Passed", "none"), id="both agree"),
        pytest.param(
            RIGHT, BLOCKED, of_node(), ("PASS", "Passed", "none"), id="a blocked metadata service is no fault"
        ),
        pytest.param(BLOCKED, RIGHT, of_node(), ("PASS", "Passed", "none"), id="the metadata service alone"),
        pytest.param(Known(SIZES[2].upper()), RIGHT, of_node(), ("PASS", "Passed", "none"), id="case is ignored"),
        pytest.param(BLOCKED, BLOCKED, of_node(), ("UNKNOWN", "ReadingUnknown", "none"), id="neither tells"),
        pytest.param(RIGHT, CPU, of_node(), ("UNKNOWN", "VMSizeContradictory", "none"), id="they disagree"),
        pytest.param(CPU, CPU, of_node(), WRONG_ON_THE_NODE, id="the mistyped size of the story"),
        pytest.param(Known(SIZES[4]), BLOCKED, of_node(), WRONG_ON_THE_NODE, id="another GPU size"),
        pytest.param(RIGHT, BLOCKED, of_job(vm_size=MISTYPED), UNREADABLE, id="a size that does not exist"),
        pytest.param(Known(MISTYPED), BLOCKED, of_job(vm_size=MISTYPED), PASSED, id="newer than the catalogue"),
        pytest.param(
            CPU, BLOCKED, of_job(vm_size=MISTYPED), WRONG_IN_THE_JOB, id="a CPU size is wrong whatever was meant"
        ),
        pytest.param(CPU, BLOCKED, of_node(vm_size=None), WRONG_ON_THE_NODE, id="a CPU size, none asked for"),
        pytest.param(BLOCKED, CPU, of_job(), WRONG_IN_THE_JOB, id="a job on a CPU size"),
        pytest.param(BLOCKED, Known("Standard_ND96isr_MI300X_v5"), of_job(), WRONG_IN_THE_JOB, id="a job on AMD"),
        pytest.param(BLOCKED, RIGHT, of_job(), NOTHING_ASKED, id="a job on a GPU size"),
        pytest.param(BLOCKED, BLOCKED, of_job(), NOTHING_ASKED, id="a job that cannot see"),
    ],
)
def test_sizes_are_compared(label: Any, metadata: Any, expected: Expected, verdict: tuple[str, str, str]) -> None:
    facts = replace(healthy(), vm_size_label=label, vm_size_metadata=metadata)
    assert told(vm_size, facts, expected) == verdict


def test_the_message_says_what_the_machine_is_instead() -> None:
    (finding,) = vm_size.check(replace(healthy(), vm_size_label=CPU, vm_size_metadata=BLOCKED), of_node())
    assert "general purpose CPU" in finding.seen
    assert finding.wanted == SIZES[2]


def test_a_mistyped_size_comes_with_the_nearest_names() -> None:
    facts = replace(healthy(), vm_size_label=RIGHT, vm_size_metadata=BLOCKED)
    (finding,) = vm_size.check(facts, of_job(vm_size=MISTYPED))
    assert "Standard_NC48ads_A100_v4" in finding.wanted
    assert finding.next_step.startswith("correct the size that is declared by")
