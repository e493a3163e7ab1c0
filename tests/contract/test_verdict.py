"""The worst finding decides, and what nobody looked at is never a pass."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract.finding import Blame, Finding, Status
from aigpu_contract.reasons import REASONS
from aigpu_contract.verdict import judge

PROOFS = ("driver", "cuda", "kernel")


def finding(status: Status, check: str = "driver", blame: Blame = Blame.NONE) -> Finding:
    return Finding(check, "Passed", status, "", blame=blame)


findings = st.lists(st.builds(finding, st.sampled_from(Status), st.sampled_from((*PROOFS, "other"))), max_size=8)


def test_the_order_of_the_statuses_is_their_meaning() -> None:
    assert Status.SKIPPED < Status.PASS < Status.WARN < Status.UNKNOWN < Status.FAIL


@pytest.mark.parametrize(
    "statuses", list(itertools.combinations(Status, 2)), ids=lambda pair: "+".join(one.name for one in pair)
)
def test_the_worst_wins(statuses: tuple[Status, Status]) -> None:
    verdict = judge([finding(status) for status in statuses])
    assert verdict.status is max(statuses)
    assert all(one.status is verdict.status for one in verdict.worst)


@pytest.mark.parametrize("given_findings", [[], [finding(Status.SKIPPED)], [finding(Status.SKIPPED)] * 3])
def test_nothing_looked_at_is_unknown(given_findings: list[Finding]) -> None:
    verdict = judge(given_findings)
    assert verdict.status is Status.UNKNOWN
    assert verdict.exit_code == 70


@given(findings)
def test_pass_needs_every_proof(given_findings: list[Finding]) -> None:
    verdict = judge(given_findings, PROOFS)
    looked_at = {one.id for one in given_findings if one.status is not Status.SKIPPED}
    if verdict.status <= Status.WARN:
        assert looked_at >= set(PROOFS)
    if not looked_at >= set(PROOFS):
        assert verdict.status >= Status.UNKNOWN
        assert verdict.exit_code != 0


@pytest.mark.parametrize("proof", PROOFS)
def test_a_missing_proof_is_named(proof: str) -> None:
    others = [finding(Status.PASS, other) for other in PROOFS if other != proof]
    (worst,) = judge(others, PROOFS).worst
    assert (worst.id, worst.reason, worst.status) == (proof, "ProofMissing", Status.UNKNOWN)


@pytest.mark.parametrize(
    ("given_findings", "code"),
    [
        ([finding(Status.PASS)], 0),
        ([finding(Status.WARN)], 0),
        ([finding(Status.UNKNOWN)], 70),
        ([finding(Status.FAIL)], 70),
        ([finding(Status.FAIL, blame=Blame.NODE)], 75),
        ([finding(Status.FAIL, blame=Blame.JOB)], 78),
        ([finding(Status.FAIL, blame=Blame.NODE), finding(Status.FAIL, blame=Blame.JOB)], 78),
        ([finding(Status.UNKNOWN, blame=Blame.JOB), finding(Status.FAIL, blame=Blame.NODE)], 75),
    ],
    ids=["pass", "warn", "unknown", "fail nobody", "fail node", "fail job", "job wins", "only the worst blame"],
)
def test_exit_codes_are_those_of_the_contract(given_findings: list[Finding], code: int) -> None:
    assert judge(given_findings).exit_code == code


def test_a_verdict_is_json_data() -> None:
    assert judge([finding(Status.PASS)]).to_json() == {
        "status": "PASS",
        "findings": [{"id": "driver", "reason": "Passed", "status": "PASS"}],
    }


def test_a_finding_as_json_has_camel_case_keys_and_no_empty_texts() -> None:
    whole = Finding("a", "CpuSize", Status.FAIL, "p", "s", "w", "n", Blame.JOB, (("waived", "why"),))
    assert whole.to_json() == {
        "id": "a",
        "reason": "CpuSize",
        "status": "FAIL",
        "problem": "p",
        "seen": "s",
        "wanted": "w",
        "nextStep": "n",
        "blame": "job",
        "evidence": {"waived": "why"},
    }


def test_the_reasons_of_a_verdict_are_in_the_list() -> None:
    assert {one.reason for one in judge([], PROOFS).findings} <= set(REASONS)
