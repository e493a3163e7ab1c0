"""Judges node pools."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract import skus
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu import body, review
from azext_aigpu.audit.intent import intent_of_pool, may_be_gpu
from azext_aigpu.audit.judged import Judged
from azext_aigpu.audit.policy import Policy
from azext_aigpu.audit.pricing import price_node
from azext_aigpu.audit.regions import REGION_RULES, review_region
from azext_aigpu.audit.unseen import affected_fields, intent_hidden, intent_missing, passed, value_unknown
from azext_aigpu.claims import Claims
from azext_aigpu.cost import Cost, build_cost
from azext_aigpu.foreign.resources import EXISTS, ForeignPool, Gap
from azext_aigpu.rules import CLOUD_RULES, SPEC_RULES
from azext_aigpu.rules.rule import CloudRule, SpecRule
from azext_aigpu.spec import PoolSpec

SIZE_RULES = ("sku-known", "sku-is-cuda-gpu")

DEFAULT_COUNT = 1
"""The nodes of a pool that names no count (the API's docstring of `count`)."""

PLACEHOLDER = "(not known yet)"
_TOLERATED = "nvidia.com/gpu"


def judge_pool(pool: ForeignPool, policy: Policy, claims: Claims) -> Judged:
    """Return a pool, judged; not reviewed where neither its size nor anything else says GPU."""
    size = _size_of(pool)
    intent = intent_of_pool(pool, policy)
    if isinstance(size, Unknown) and isinstance(pool.read("vmSize"), Known):
        return Judged(pool, "not known", intent, findings=(value_unknown(Gap("vmSize", size.reason), SIZE_RULES),))
    shown = size.value or "chosen by Azure" if isinstance(size, Known) else "not known"
    if intent is None and isinstance(size, Known) and not may_be_gpu(size.value):
        hidden = [gap for gap in pool.gaps if affected_fields(gap, policy) & {"labels", "node_taints"}]
        if not hidden:
            return Judged(pool, shown, why_not="no label, taint or name says GPU, and the size has none")
        return Judged(pool, shown, findings=tuple(intent_hidden(gap) for gap in hidden))
    if intent is None and isinstance(size, Known) and skus.lookup(size.value) is None:
        return Judged(pool, shown, findings=(intent_missing("and its size is in no list", str(size.value)),))
    spec = build_spec(pool, policy)
    findings = _review(pool, spec, policy, claims)
    if intent is None and isinstance(size, Known):
        findings += (intent_missing("and a GPU size by itself declares nothing", size.value),)
    cost = _cost(pool, spec, policy) if isinstance(size, Known) and size.value else None
    return Judged(pool, shown, intent, spec, findings or (passed(),), cost)


def _size_of(pool: ForeignPool) -> Reading[Any]:
    """Return the size of a pool. One that runs has a size: an answer without it was not read, and is no choice."""
    size = pool.read("vmSize")
    if pool.place.action == EXISTS and isinstance(size, Known) and not size.value:
        return Unknown("Azure's answer names no size for a pool that is there")
    return size


def build_spec(pool: ForeignPool, policy: Policy) -> PoolSpec:
    """Return the spec that a pool amounts to, as far as its values are known."""
    hidden = {gap.path.partition(".")[2]: PLACEHOLDER for gap in pool.gaps if gap.path.startswith("tags.")}
    properties = {**pool.properties, "tags": {**hidden, **(pool.properties.get("tags") or {})}}
    if not properties.get("enableAutoScaling"):
        properties.setdefault("count", DEFAULT_COUNT)
    spec = body.read_spec(properties, "", "", pool.place.name or "", policy.limits)
    return dataclasses.replace(spec, waivers={**spec.waivers, **policy.waivers})


def _cost(pool: ForeignPool, spec: PoolSpec, policy: Policy) -> Cost:
    """Return what a pool costs; a number of nodes that cannot be seen is none, whatever the spec took in its place."""
    cost = build_cost(spec, price_node(spec, pool.place, policy), body.is_stopped(pool.properties))
    scaled = spec.enable_cluster_autoscaler
    counts = ("count", "minCount", "maxCount", "enableAutoScaling")
    hidden = {name for name in counts if isinstance(pool.read(name), Unknown)}
    if hidden & {"enableAutoScaling", "maxCount" if scaled else "count"}:
        cost = dataclasses.replace(cost, nodes_most=None)
    if "count" in hidden:
        return dataclasses.replace(cost, nodes_now=None)
    if cost.nodes_now is None and not hidden & {"minCount", "maxCount"}:
        first = max(DEFAULT_COUNT, spec.min_count or 0)
        return dataclasses.replace(cost, nodes_now=first if spec.max_count is None else min(first, spec.max_count))
    return cost


def _review(pool: ForeignPool, spec: PoolSpec, policy: Policy, claims: Claims) -> tuple[Finding, ...]:
    rules: list[SpecRule | CloudRule] = [*SPEC_RULES, *CLOUD_RULES]
    active = {rule.ID: frozenset(rule.READS) for rule in rules if _is_active(rule.ID, policy)}
    gaps = [(gap, _rules_of(gap, active, policy)) for gap in pool.gaps]
    blind = {rule for _, ids in gaps for rule in ids}
    said = review.review_spec(spec)
    said += review_region(spec, pool.place, policy, claims, price_node(spec, pool.place, policy))
    findings = [item for item in said if item.status is not Status.PASS and item.id not in blind]
    findings += [value_unknown(gap, ids, _all_waived(ids, spec)) for gap, ids in gaps if ids]
    if not any(gap.path.partition(".")[0] == "nodeTaints" for gap in pool.gaps):
        findings += _review_taint(spec)
    return tuple(findings)


def _is_active(rule: str, policy: Policy) -> bool:
    if rule == "hourly-cost":
        return policy.limits.max_hourly_cost is not None
    if rule in {one.ID for one in CLOUD_RULES}:
        return policy.online and rule in REGION_RULES
    return True


def _rules_of(gap: Gap, active: Mapping[str, frozenset[str]], policy: Policy) -> tuple[str, ...]:
    affected = affected_fields(gap, policy)
    return tuple(rule for rule, reads in active.items() if reads & affected)


def _all_waived(rules: Iterable[str], spec: PoolSpec) -> bool:
    return all(rule in spec.waivers and rule in review.waivable_ids() for rule in rules)


def _review_taint(spec: PoolSpec) -> list[Finding]:
    """Point out GPUs that any pod may land beside; a pool that asks for nothing keeps others off by its taint."""
    keys = {taint.key for taint in spec.node_taints}
    if (spec.mode or "User").lower() != "user" or keys & {spec.limits.taint.key, _TOLERATED}:
        return []
    return [
        Finding(
            "contract-taint",
            "TaintMissing",
            Status.WARN,
            "no taint keeps pods that need no GPU off these nodes",
            seen=f"taints: {', '.join(map(str, spec.node_taints)) or 'none'}",
            wanted=str(spec.limits.taint),
            next_step=f"--node-taints {spec.limits.taint}",
        )
    ]
