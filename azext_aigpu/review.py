"""Runs the rules and decides what may go on: waivers, and what UNKNOWN means. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar

from aigpu_contract.finding import Finding, Status
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.rules import CLOUD_RULES, SPEC_RULES
from azext_aigpu.rules.rule import CloudRule, SpecRule
from azext_aigpu.spec import PoolSpec

Rule = SpecRule | CloudRule
R = TypeVar("R", SpecRule, CloudRule)


def review_spec(spec: PoolSpec, changed: frozenset[str] | None = None) -> tuple[Finding, ...]:
    """Return the findings of the spec rules, a PASS for each rule that had nothing to say.

    `changed` names fields of `PoolSpec`: then only rules that read one of them run (an update judges what it changes).
    """
    return _review(spec, _reading(SPEC_RULES, changed), lambda rule: rule.review(spec))


def review_cloud(
    spec: PoolSpec, cloud: CloudFacts, changed: frozenset[str] | None = None, only: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """Return the findings of the cloud rules, a PASS for each rule that had nothing to say.

    `only` names the rules to run: those that a pool which nobody sends to a cluster can be held to.
    """
    rules = [rule for rule in _reading(CLOUD_RULES, changed) if only is None or rule.ID in only]
    return _review(spec, rules, lambda rule: rule.review(spec, cloud))


def review_change(spec: PoolSpec, cloud: CloudFacts, changed: frozenset[str]) -> tuple[Finding, ...]:
    """Return the findings of every rule that reads one of the `changed` fields of a pool that exists."""
    # Under the autoscaler the number of nodes is its doing, not a wish to be held against the new bounds.
    judged = dataclasses.replace(spec, node_count=None) if spec.enable_cluster_autoscaler else spec
    return review_spec(judged, changed) + review_cloud(judged, cloud, changed)


def stopping(findings: Iterable[Finding], strict: bool = False) -> tuple[Finding, ...]:
    """Return the findings that stop a write: every FAIL, and UNKNOWN where we are the only guard.

    Where Azure itself enforces the same on the PUT, UNKNOWN goes on unless `strict`.
    """
    enforced = {rule.ID for rule in CLOUD_RULES if rule.ARM_ENFORCES}
    return tuple(
        finding
        for finding in findings
        if finding.status is Status.FAIL
        or (finding.status is Status.UNKNOWN and (strict or finding.id not in enforced))
    )


def rule_ids() -> tuple[str, ...]:
    """Return the id of every rule, spec rules first."""
    return tuple(rule.ID for rule in SPEC_RULES) + tuple(rule.ID for rule in CLOUD_RULES)


def waivable_ids() -> tuple[str, ...]:
    """Return the ids that `--waive` takes."""
    spec = tuple(rule.ID for rule in SPEC_RULES if rule.WAIVABLE)
    return spec + tuple(rule.ID for rule in CLOUD_RULES if rule.WAIVABLE)


def _reading(rules: Sequence[R], changed: frozenset[str] | None) -> list[R]:
    return [rule for rule in rules if changed is None or changed & frozenset(rule.READS)]


def _review(spec: PoolSpec, rules: Iterable[R], review: Callable[[R], Iterable[Finding]]) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    for rule in rules:
        said = [_waived(finding, rule, spec) for finding in review(rule)]
        findings.extend(said or [Finding(rule.ID, "Passed", Status.PASS, "")])
    return tuple(findings)


def _waived(finding: Finding, rule: Rule, spec: PoolSpec) -> Finding:
    reason = spec.waivers.get(rule.ID)
    if reason is None or not rule.WAIVABLE or finding.status < Status.UNKNOWN:
        return finding
    evidence = (*finding.evidence, ("waived", reason))
    return dataclasses.replace(finding, status=Status.WARN, evidence=evidence)
