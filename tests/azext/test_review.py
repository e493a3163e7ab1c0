"""What may go on: waivers, UNKNOWN, strictness, and which rules an update runs."""

from __future__ import annotations

import pytest

from aigpu_contract.finding import Finding, Status
from azext_aigpu import review
from azext_aigpu.review import review_cloud, review_spec, stopping
from azext_aigpu.rules import CLOUD_RULES, SPEC_RULES
from tests.azext.rules.given import A10_SIXTH, A100, CPU, NO_ANSWER, a_cloud, a_spec


def of(findings: tuple[Finding, ...], rule: str) -> Finding:
    (finding,) = (finding for finding in findings if finding.id == rule)
    return finding


def test_a_rule_that_has_nothing_to_say_passes() -> None:
    findings = review_spec(a_spec())
    assert [finding.id for finding in findings] == [rule.ID for rule in SPEC_RULES]
    assert {(finding.status, finding.reason) for finding in findings} == {(Status.PASS, "Passed")}


def test_findings_come_in_the_order_of_the_rules() -> None:
    findings = review_spec(a_spec(node_vm_size=CPU, labels={"hardware": "cpu"}, mode="System"))
    failed = [finding.id for finding in findings if finding.status is Status.FAIL]
    assert failed[0] == "sku-is-cuda-gpu"
    assert failed[-1] == "contract-taint"


def test_a_waiver_turns_a_failure_into_a_warning_that_says_why() -> None:
    spec = a_spec(node_vm_size=A10_SIXTH, waivers={"fractional-gpu": "a demo for three people"})
    finding = of(review_spec(spec), "fractional-gpu")
    assert finding.status is Status.WARN
    assert ("waived", "a demo for three people") in finding.evidence
    assert not stopping(review_spec(spec))


def test_a_waiver_covers_what_is_unknown() -> None:
    spec = a_spec(node_vm_size="Standard_NC8ads_A10_v4", waivers={"fractional-gpu": "seen 24 GB in nvidia-smi"})
    assert of(review_spec(spec), "fractional-gpu").status is Status.WARN


def test_a_rule_that_cannot_be_waived_is_not() -> None:
    spec = a_spec(node_vm_size=CPU, waivers={"sku-is-cuda-gpu": "please"})
    finding = of(review_spec(spec), "sku-is-cuda-gpu")
    assert (finding.status, finding.evidence) == (Status.FAIL, ())


def test_a_waiver_leaves_a_pass_alone() -> None:
    finding = of(review_spec(a_spec(waivers={"fractional-gpu": "in case"})), "fractional-gpu")
    assert (finding.status, finding.evidence) == (Status.PASS, ())


@pytest.mark.parametrize(
    ("rule", "status", "strict", "stops"),
    [
        ("sku-known", Status.FAIL, False, True),
        ("quota", Status.FAIL, False, True),
        ("fractional-gpu", Status.UNKNOWN, False, True),
        ("sku-offered", Status.UNKNOWN, False, True),
        ("hourly-cost", Status.UNKNOWN, False, True),
        ("quota", Status.UNKNOWN, False, False),
        ("sku-available", Status.UNKNOWN, False, False),
        ("quota", Status.UNKNOWN, True, True),
        ("sku-available", Status.UNKNOWN, True, True),
        ("sku-known", Status.WARN, True, False),
        ("sku-known", Status.PASS, True, False),
        ("sku-known", Status.SKIPPED, True, False),
        ("a rule of another world", Status.UNKNOWN, False, True),
    ],
)
def test_what_stops_a_write(rule: str, status: Status, strict: bool, stops: bool) -> None:
    finding = Finding(rule, "ProofMissing", status, "")
    assert stopping([finding], strict) == ((finding,) if stops else ())


def test_unread_quotas_go_on_with_a_word_and_stop_under_strict() -> None:
    findings = review_cloud(a_spec(), a_cloud(usages=NO_ANSWER))
    assert of(findings, "quota").status is Status.UNKNOWN
    assert stopping(findings) == ()
    assert [finding.id for finding in stopping(findings, strict=True)] == ["quota"]


@pytest.mark.parametrize(
    ("changed", "ids"),
    [
        ({"tags"}, {"required-tags"}),
        ({"labels"}, {"contract-labels", "mig-profile"}),
        ({"min_count"}, {"autoscale-bounds"}),
        (set(), set()),
        ({"max_pods"}, set()),
    ],
    ids=["tags", "labels", "bounds", "nothing", "a field that no rule reads"],
)
def test_an_update_judges_what_it_changes(changed: set[str], ids: set[str]) -> None:
    assert {finding.id for finding in review_spec(a_spec(), frozenset(changed))} == ids


def test_an_update_of_the_bounds_looks_at_quota_and_cost_and_not_at_the_name() -> None:
    ids = {finding.id for finding in review_cloud(a_spec(), a_cloud(), frozenset({"max_count"}))}
    assert {"cluster-ready", "autoscaler-allowed", "quota", "hourly-cost"} <= ids
    assert not {"name-free", "sku-available", "sku-offered"} & ids


def test_every_write_looks_at_the_cluster() -> None:
    assert [one.id for one in review_cloud(a_spec(), a_cloud(), frozenset({"max_pods"}))] == ["cluster-ready"]


def test_ids_are_those_of_the_lists() -> None:
    spec, cloud = tuple(rule.ID for rule in SPEC_RULES), tuple(rule.ID for rule in CLOUD_RULES)
    assert review.rule_ids() == spec + cloud
    assert set(review.waivable_ids()) <= set(review.rule_ids())


def test_a_review_changes_nothing() -> None:
    spec, cloud = a_spec(), a_cloud()
    assert review_spec(spec) == review_spec(spec)
    assert review_cloud(spec, cloud) == review_cloud(spec, cloud)
    assert spec == a_spec(node_vm_size=A100)
