from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract.finding import Blame, Finding, Status
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.verdict import Verdict, judge
from node_agent import modes
from node_agent.checks import judge_facts
from node_agent.expected import Expected
from node_agent.facts import Crashed, Environment, Facts
from node_agent.preflight.facts_json import to_data
from node_agent.preflight.looking import Look
from node_agent.preflight.output import (
    MOST_TERMINATION_BYTES,
    Stamp,
    build_json,
    render,
    render_json,
    render_termination,
    split,
)
from tests.node_agent.healthy import healthy, of_job, with_cuda_device

WHO = Stamp("aigpu-preflight", "2026-11-26T12:00:00Z")
TEXT = st.text(max_size=600)
FINDINGS = st.lists(
    st.builds(
        Finding,
        id=st.sampled_from(["cuda-init", "intent", "pci-devices"]),
        reason=st.sampled_from(["CUDAFailed", "NotReached", "IntentUnreadable"]),
        status=st.sampled_from(Status),
        problem=TEXT,
        seen=TEXT,
        wanted=TEXT,
        next_step=TEXT,
        blame=st.sampled_from(Blame),
    ),
    max_size=40,
)


def look(facts: Facts, expected: Expected | None = None) -> Look:
    held_to = expected or of_job()
    return Look(facts, held_to, judge_facts(facts, held_to, modes.INIT), modes.INIT)


@given(findings=FINDINGS)
def test_a_termination_message_is_json_that_the_kubelet_keeps_whole(findings: list[Finding]) -> None:
    verdict = judge(findings)
    line = render_termination(verdict, WHO)
    assert len(line.encode()) < MOST_TERMINATION_BYTES
    assert "\n" not in line
    said = json.loads(line)
    assert (said["status"], said["exitCode"]) == (verdict.status.name, verdict.exit_code)
    bad = [finding for finding in verdict.findings if finding.status >= Status.WARN]
    assert len(said["findings"]) + said.get("leftOut", 0) == len(bad)
    assert said["findings"] or not bad


@given(findings=FINDINGS)
def test_every_bad_finding_is_shown_whole_or_in_context(findings: list[Finding]) -> None:
    verdict = judge(findings)
    causes, context = split(verdict)
    bad = [finding for finding in verdict.findings if finding.status >= Status.WARN]
    assert {id(one) for one in causes + context} <= {id(one) for one in verdict.findings}
    assert set(bad) <= set(causes + context)
    assert causes or verdict.status < Status.WARN


@given(findings=FINDINGS)
def test_no_text_from_outside_steers_a_terminal(findings: list[Finding]) -> None:
    seen = Look(Facts(), Expected(declared_by="nobody"), Verdict(judge(findings).status, tuple(findings)), modes.INIT)
    shown = render(seen, WHO) + render_json(build_json(seen, WHO))
    assert not [one for one in shown if one != "\n" and (ord(one) < 32 or 127 <= ord(one) < 160)]


def test_a_pass_says_what_was_proven() -> None:
    text = render(look(healthy()), WHO)
    assert text.startswith("aigpu-preflight ")
    assert "PASS: the GPU is proven (exit code 0)" in text
    assert "a kernel computed and was compared on 2" in text


def test_a_proof_of_the_memory_alone_is_not_called_a_kernel() -> None:
    text = render(look(with_cuda_device(healthy(), proof="memory", jit_error=221)), WHO)
    assert "WARN" in text
    assert "a kernel computed and was compared on 1" in text


@pytest.mark.parametrize(
    ("reason", "attached"),
    [
        ("CUDAFailed", True),
        ("NVMLFailed", True),
        ("ProofMissing", True),
        ("DriverCrashed", False),
        ("GPUBusy", False),
        ("IntentMissing", False),
        ("ReadingUnknown", False),
    ],
)
def test_facts_are_attached_only_to_a_state_that_no_check_knows(reason: str, attached: bool) -> None:
    doubt = Finding("cuda-init", reason, Status.UNKNOWN, "not proven", seen="x")
    text = render(replace(look(healthy()), verdict=judge([doubt])), WHO)
    assert ("bug report" in text) is attached


def test_json_has_the_facts_and_the_reason_for_each_that_was_not_read() -> None:
    facts = replace(healthy(), nvml=Crashed("the NVML probe was ended by SIGSEGV", signal="SIGSEGV"))
    data = build_json(look(facts), WHO)
    assert data["facts"]["nvml"] == {"unknown": "the NVML probe was ended by SIGSEGV", "how": "Crashed"}
    assert data["facts"]["pci"][0]["deviceId"].startswith("0x")
    assert data["exitCode"] == 70


def test_a_doubt_about_the_intent_is_told_whole_beside_a_fault() -> None:
    facts = replace(healthy(), pci=Known(()))
    lines = render(look(facts, replace(of_job(), problem="--expect-gpus='two': not a number")), WHO).splitlines()
    told = [line.split(":")[0].split() for line in lines if line.startswith(("  FAIL", "  UNKNOWN"))]
    assert told[:2] == [["FAIL", "pci-devices"], ["UNKNOWN", "intent"]]
    assert "          seen    --expect-gpus='two': not a number" in lines


def test_facts_are_plain_data_in_camel_case() -> None:
    facts = replace(
        Facts(), environment=Known(Environment({"CUDA_VISIBLE_DEVICES": ""}, libc="musl")), pci=Unknown("x")
    )
    data = to_data(facts)
    assert data["environment"] == {"variables": {"CUDA_VISIBLE_DEVICES": ""}, "libc": "musl"}
    assert data["pci"] == {"unknown": "x"}
    assert data["kubeletResources"] == {"unknown": "it was not read"}
