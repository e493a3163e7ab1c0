"""Judges virtual machines and scale sets outside of AKS."""

from __future__ import annotations

from aigpu_contract import labels, skus
from aigpu_contract.cpu_sizes import parse_cpu_size
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu import review
from azext_aigpu.audit.intent import intent_of_machine, may_be_gpu
from azext_aigpu.audit.judged import Judged
from azext_aigpu.audit.policy import Policy
from azext_aigpu.audit.pricing import price_node
from azext_aigpu.audit.regions import review_region
from azext_aigpu.audit.unseen import intent_missing, passed, value_unknown
from azext_aigpu.claims import Claims
from azext_aigpu.cloud.facts import Price
from azext_aigpu.cost import build_cost
from azext_aigpu.foreign.resources import ForeignMachine, Gap
from azext_aigpu.spec import PoolSpec

MACHINE_RULES = (
    "sku-known",
    "sku-is-cuda-gpu",
    "sku-not-retired",
    "fractional-gpu",
    "allowed-models",
    "required-tags",
)
"""Rules for machines outside of AKS: no labels, no driver by AKS, nothing that a node agent would compare."""


def judge_machine(machine: ForeignMachine, policy: Policy, claims: Claims) -> Judged:
    """Return a machine, judged: of several sizes to choose from each must do."""
    intent = intent_of_machine(machine, policy)
    shown = ", ".join(size.value if isinstance(size, Known) else "not known" for size in machine.sizes)
    specs = machine_specs(machine, policy)
    gaps = [Gap("the size", size.reason) for size in machine.sizes if isinstance(size, Unknown)]
    if intent is None and not gaps and not any(may_be_gpu(spec.node_vm_size) for spec in specs):
        return Judged(machine, shown, why_not="no tag or name says GPU, and the size has none")
    findings = [value_unknown(gap, MACHINE_RULES) for gap in gaps]
    if policy.online and isinstance(machine.count, Unknown):
        findings.append(value_unknown(Gap("the count", machine.count.reason), ("quota",)))
    for spec in specs:
        findings += _review(spec, machine, intent, policy, claims)
    last = specs[-1] if specs else None
    cost = build_cost(last, _price(machine, last, policy)) if last and not gaps else None
    return Judged(machine, shown, intent, last, tuple(dict.fromkeys(findings)) or (passed(),), cost)


def _review(
    spec: PoolSpec, machine: ForeignMachine, intent: str | None, policy: Policy, claims: Claims
) -> list[Finding]:
    """Return what is said about one size; an unknown number of machines is told once, and not by the quota too."""
    size = spec.node_vm_size or ""
    if intent is None and skus.lookup(size) is None and parse_cpu_size(size) is None:
        return [intent_missing("and its size is in no list", size)]
    said = [item for item in review.review_spec(spec) if item.id in MACHINE_RULES]
    said += review_region(spec, machine.place, policy, claims, price_node(spec, machine.place, policy))
    hidden = {"quota"} if isinstance(machine.count, Unknown) else set()
    return [item for item in said if item.status is not Status.PASS and item.id not in hidden]


def machine_specs(machine: ForeignMachine, policy: Policy) -> tuple[PoolSpec, ...]:
    """Return what the rules judge a machine by: a pool without a cluster, one for each size that is known."""
    return tuple(
        PoolSpec(
            subscription=None,
            resource_group="",
            cluster_name="",
            name=machine.place.name or "",
            limits=policy.limits,
            waivers={**labels.waivers_of_tags(machine.tags), **policy.waivers},
            node_vm_size=size.value,
            node_count=machine.count.value if isinstance(machine.count, Known) else None,
            max_surge="0",  # machines have no upgrade that makes further ones for a while
            priority="Spot" if machine.spot else None,
            tags=machine.tags,
        )
        for size in machine.sizes
        if isinstance(size, Known)
    )


def _price(machine: ForeignMachine, spec: PoolSpec, policy: Policy) -> Reading[Price]:
    if isinstance(machine.count, Unknown):
        return Unknown(f"the number of machines is not known: {machine.count.reason}")
    if len(machine.sizes) > 1:
        return Unknown("Azure chooses among several sizes")
    return price_node(spec, machine.place, policy)
