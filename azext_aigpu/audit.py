"""Judges pools and machines that other tools describe, by the rules that `add` holds its own to. Pure.

What a pool is meant to be is told by its labels, its taint, or whoever runs the check (`--gpu-pools`). A GPU size by
itself declares nothing: it is judged, and stays UNKNOWN until somebody says what it is meant to be. A pool with neither
is not reviewed, which is not a pass. A value that cannot be seen makes every rule that reads it UNKNOWN.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aigpu_contract import labels, skus
from aigpu_contract.cpu_sizes import parse_cpu_size
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.verdict import judge as worst_of
from azext_aigpu import body, review
from azext_aigpu.cloud.facts import CloudFacts, Price
from azext_aigpu.cost import Cost, build_cost
from azext_aigpu.foreign.resources import (
    CREATE,
    EXISTS,
    ForeignMachine,
    ForeignPlan,
    ForeignPool,
    Gap,
    Item,
    Place,
    Unread,
)
from azext_aigpu.prices import STAND_IN, dated_price
from azext_aigpu.rules import CLOUD_RULES, SPEC_RULES
from azext_aigpu.rules.rule import CloudRule, SpecRule
from azext_aigpu.spec import Limits, PoolSpec, wire_fields

MACHINE_RULES = (
    "sku-known",
    "sku-is-cuda-gpu",
    "sku-not-retired",
    "fractional-gpu",
    "allowed-models",
    "required-tags",
)
"""Rules for machines outside of AKS: no labels, no driver by AKS, nothing that a node agent would compare."""

REGION_RULES = ("sku-offered", "sku-available", "quota", "hourly-cost")
"""Cloud rules that need a region and no cluster."""

OFFLINE_RULES = ("hourly-cost",)

DEFAULT_COUNT = 1
"""The nodes of a pool that names no count (the API's docstring of `count`)."""

PLACEHOLDER = "(not known yet)"
_TOLERATED = "nvidia.com/gpu"
_INTENT_LABELS = (*labels.FIXED_LABELS, *labels.CONTRACT_LABELS)


@dataclass(frozen=True)
class Policy:
    """What things are held to. `gpu_pools` are names of pools that are meant to have GPUs; `waivers` rule to reason.

    `clouds` are the regions that Azure was asked about, by name; without an answer the built-in prices stand in.
    `location` is the region of whatever does not tell its own. `spec_pools` are lower-case addresses of pools that a
    spec asks for, which says that they are meant to have GPUs.
    """

    limits: Limits
    gpu_pools: tuple[str, ...] = ()
    waivers: Mapping[str, str] = field(default_factory=dict)
    location: str | None = None
    clouds: Mapping[str, CloudFacts] = field(default_factory=dict)
    online: bool = False
    spec_pools: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Judged:
    """One thing with what is said about it. Without findings and cost it was not reviewed, and `why_not` says why."""

    item: Item
    size: str
    intent: str | None = None
    spec: PoolSpec | None = None
    findings: tuple[Finding, ...] = ()
    cost: Cost | None = None
    why_not: str = ""

    @property
    def reviewed(self) -> bool:
        """Return whether the thing was judged at all."""
        return not self.why_not

    @property
    def status(self) -> Status | None:
        """Return the worst status, None where it was not reviewed."""
        return worst_of(self.findings).status if self.reviewed else None


def judge_item(item: Item, policy: Policy) -> Judged:
    """Return one thing, judged."""
    if isinstance(item, ForeignPool):
        return _judge_pool(item, policy)
    if isinstance(item, ForeignMachine):
        return _judge_machine(item, policy)
    problem = "this part could not be looked into, and pools may be in it"
    return Judged(item, "", findings=(_unknown("part-readable", "PartUnreadable", problem, item.reason, _SHOW_IT),))


_SHOW_IT = "put it into the file that is checked, or check it by itself"


def missing_names(items: Iterable[Item], names: Collection[str]) -> tuple[str, ...]:
    """Return the `names` that nothing among `items` has."""
    listed = list(items)
    return tuple(name for name in names if not any(item.place.is_called(name) for item in listed))


def region_of(place: Place, policy: Policy) -> str | None:
    """Return the region of a thing: its own, or the one that the policy names."""
    return place.location or policy.location


SIZE_RULES = ("sku-known", "sku-is-cuda-gpu")


def _size_of(pool: ForeignPool) -> Reading[Any]:
    """Return the size of a pool. One that runs has a size: an answer without it was not read, and is no choice."""
    size = pool.read("vmSize")
    if pool.place.action == EXISTS and isinstance(size, Known) and not size.value:
        return Unknown("Azure's answer names no size for a pool that is there")
    return size


def _judge_pool(pool: ForeignPool, policy: Policy) -> Judged:
    size = _size_of(pool)
    intent = _intent(pool, policy)
    if isinstance(size, Unknown) and isinstance(pool.read("vmSize"), Known):
        gap = _gap_finding(Gap("vmSize", size.reason), SIZE_RULES, waived=False)
        return Judged(pool, "not known", intent, findings=(gap,))
    shown = size.value or "chosen by Azure" if isinstance(size, Known) else "not known"
    if intent is None and isinstance(size, Known) and not _may_be_gpu(size.value):
        hidden = [gap for gap in pool.gaps if _affected(gap, policy) & {"labels", "node_taints"}]
        if not hidden:
            return Judged(pool, shown, why_not="no label, taint or name says GPU, and the size has none")
        return Judged(pool, shown, findings=tuple(_intent_hidden(gap) for gap in hidden))
    if intent is None and isinstance(size, Known) and skus.lookup(size.value) is None:
        return Judged(pool, shown, findings=(_intent_missing("and its size is in no list", str(size.value)),))
    spec = _build_spec(pool, policy)
    findings = _review_pool(pool, spec, policy)
    if intent is None and isinstance(size, Known):
        findings += (_intent_missing("and a GPU size by itself declares nothing", size.value),)
    cost = _cost_pool(pool, spec, policy) if isinstance(size, Known) and size.value else None
    return Judged(pool, shown, intent, spec, findings or (_passed(),), cost)


def _cost_pool(pool: ForeignPool, spec: PoolSpec, policy: Policy) -> Cost:
    """Return what a pool costs; a number of nodes that cannot be seen is none, whatever the spec took in its place."""
    cost = build_cost(spec, _price(spec, pool.place, policy), body.is_stopped(pool.properties))
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


def _intent(pool: ForeignPool, policy: Policy) -> str | None:
    named = next((name for name in policy.gpu_pools if pool.place.is_called(name)), None)
    taints = [str(taint).partition("=")[0] for taint in pool.properties.get("nodeTaints") or ()]
    declared = labels.has_gpu_intent(pool.properties.get("nodeLabels") or {}, tuple(taints), policy.limits.taint.key)
    by_spec = "spec" if pool.place.address.lower() in policy.spec_pools else None
    return declared or (f"--gpu-pools {named}" if named else by_spec)


def _may_be_gpu(size: Any) -> bool:
    """Return whether a size without intent is looked at: an accelerator, or a name that is in no list."""
    if not size:
        return False
    return skus.lookup(str(size)) is not None or parse_cpu_size(str(size)) is None


def _build_spec(pool: ForeignPool, policy: Policy) -> PoolSpec:
    hidden = {gap.path.partition(".")[2]: PLACEHOLDER for gap in pool.gaps if gap.path.startswith("tags.")}
    properties = {**pool.properties, "tags": {**hidden, **(pool.properties.get("tags") or {})}}
    if not properties.get("enableAutoScaling"):
        properties.setdefault("count", DEFAULT_COUNT)
    spec = body.read_spec(properties, "", "", pool.place.name or "", policy.limits)
    return dataclasses.replace(spec, waivers={**spec.waivers, **policy.waivers})


def _review_pool(pool: ForeignPool, spec: PoolSpec, policy: Policy) -> tuple[Finding, ...]:
    rules: list[SpecRule | CloudRule] = [*SPEC_RULES, *CLOUD_RULES]
    active = {rule.ID: frozenset(rule.READS) for rule in rules if _is_active(rule.ID, policy)}
    gaps = [(gap, _rules_of(gap, active, policy)) for gap in pool.gaps]
    blind = {rule for _, ids in gaps for rule in ids}
    said = review.review_spec(spec) + _review_region(spec, pool.place, policy)
    findings = [item for item in said if item.status is not Status.PASS and item.id not in blind]
    findings += [_gap_finding(gap, ids, _all_waived(ids, spec)) for gap, ids in gaps if ids]
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
    affected = _affected(gap, policy)
    return tuple(rule for rule, reads in active.items() if reads & affected)


def _affected(gap: Gap, policy: Policy) -> frozenset[str]:
    """Return the fields of `PoolSpec` that a gap leaves open; a label or tag that no rule looks for leaves none."""
    first, _, key = gap.path.partition(".")
    if first == "nodeLabels" and key:
        own = {labels.GPU_COUNT: "gpu_count", labels.GPU_MODEL: "gpu_model"}
        named = {"labels", own[key]} if key in own else {"labels"}
        return frozenset(named) if key in _INTENT_LABELS else frozenset()
    if first == "nodeLabels":
        return frozenset({"labels", "gpu_count", "gpu_model"})
    if first == "tags" and key:
        required = {name.lower() for name in policy.limits.required_tags or ()}
        return frozenset({"tags"}) if key.lower() in required else frozenset()
    return frozenset(name for name, path in wire_fields() if f"{path}.".startswith(f"{gap.path}."))


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


def _judge_machine(machine: ForeignMachine, policy: Policy) -> Judged:
    named = next((name for name in policy.gpu_pools if machine.place.is_called(name)), None)
    declared = labels.has_gpu_intent(machine.tags, (), policy.limits.taint.key)
    intent = declared.replace("label", "tag") if declared else f"--gpu-pools {named}" if named else None
    shown = ", ".join(size.value if isinstance(size, Known) else "not known" for size in machine.sizes)
    known = [size.value for size in machine.sizes if isinstance(size, Known)]
    gaps = [size for size in machine.sizes if isinstance(size, Unknown)]
    if intent is None and not gaps and not any(_may_be_gpu(size) for size in known):
        return Judged(machine, shown, why_not="no tag or name says GPU, and the size has none")
    findings: list[Finding] = [_gap_finding(Gap("the size", gap.reason), MACHINE_RULES, False) for gap in gaps]
    if policy.online and isinstance(machine.count, Unknown):
        findings.append(_gap_finding(Gap("the count", machine.count.reason), ("quota",), False))
    spec = None
    for size in known:
        spec = _machine_spec(machine, size, policy)
        if intent is None and skus.lookup(size) is None and parse_cpu_size(size) is None:
            findings.append(_intent_missing("and its size is in no list", size))
            continue
        said = review.review_spec(spec)
        findings += [item for item in said if item.id in MACHINE_RULES and item.status is not Status.PASS]
        findings += [item for item in _review_region(spec, machine.place, policy) if item.status is not Status.PASS]
    cost = build_cost(spec, _machine_price(machine, spec, policy)) if spec and not gaps else None
    return Judged(machine, shown, intent, spec, tuple(dict.fromkeys(findings)) or (_passed(),), cost)


def _machine_spec(machine: ForeignMachine, size: str, policy: Policy) -> PoolSpec:
    return PoolSpec(
        subscription=None,
        resource_group="",
        cluster_name="",
        name=machine.place.name or "",
        limits=policy.limits,
        waivers={**labels.waivers_of_tags(machine.tags), **policy.waivers},
        node_vm_size=size,
        node_count=machine.count.value if isinstance(machine.count, Known) else None,
        max_surge="0",  # machines have no upgrade that makes further ones for a while
        priority="Spot" if machine.spot else None,
        tags=machine.tags,
    )


def _machine_price(machine: ForeignMachine, spec: PoolSpec, policy: Policy) -> Reading[Price]:
    if isinstance(machine.count, Unknown):
        return Unknown(f"the number of machines is not known: {machine.count.reason}")
    if len(machine.sizes) > 1:
        return Unknown("Azure chooses among several sizes")
    return _price(spec, machine.place, policy)


def _review_region(spec: PoolSpec, place: Place, policy: Policy) -> tuple[Finding, ...]:
    """Return what the rules over a region say: by Azure's answer, or offline by the built-in price alone."""
    region = region_of(place, policy)
    cloud = policy.clouds.get(region or "")
    if policy.online and cloud is None:
        cloud = _without_region(region)
    if cloud is not None:
        if place.action == CREATE:
            cloud = dataclasses.replace(cloud, pools=Known(()))
        return review.review_cloud(spec, cloud, only=REGION_RULES)
    prices = {(spec.node_vm_size or "").lower(): _price(spec, place, policy)}
    return review.review_cloud(spec, CloudFacts(prices=prices), only=OFFLINE_RULES)


def _without_region(region: str | None) -> CloudFacts:
    why = Unknown("no region is known: give --location" if region is None else f"{region} was not asked about")
    return CloudFacts(skus=why, usages=why)


def _price(spec: PoolSpec, place: Place, policy: Policy) -> Reading[Price]:
    """Return the price of a node: Azure's where it was asked, else the dated figure that is built in."""
    region = region_of(place, policy)
    cloud = policy.clouds.get(region or "")
    if cloud is not None:
        return _on_demand(cloud.price_of(spec.node_vm_size), spec)
    return dated_price(spec.node_vm_size or "", region, spec.is_spot)


def _on_demand(price: Reading[Price], spec: PoolSpec) -> Reading[Price]:
    """Return the price with a word on it where a region was asked for its prices on demand, and the nodes are spot."""
    if isinstance(price, Unknown) or not spec.is_spot or price.value.spot:
        return price
    note = "; ".join(part for part in (price.value.note, STAND_IN) if part)
    return Known(dataclasses.replace(price.value, note=note))


def _gap_finding(gap: Gap, rules: Collection[str], waived: bool) -> Finding:
    finding = _unknown(
        "value-known",
        "ValueUnknown",
        f"{gap.path} cannot be seen, so nothing is said by {', '.join(rules)}",
        gap.reason,
        "give a value that is known before it is applied, or read the outcome with az aigpu nodepool check",
    )
    return dataclasses.replace(finding, status=Status.WARN) if waived else finding


def _intent_hidden(gap: Gap) -> Finding:
    problem = f"{gap.path} cannot be seen, so nobody can tell whether this is meant to have GPUs"
    step = "give labels that are known before they are applied, or name it with --gpu-pools"
    return _unknown("value-known", "ValueUnknown", problem, gap.reason, step)


def _intent_missing(why: str, size: str) -> Finding:
    return _unknown(
        "intent",
        "IntentMissing",
        f"no label, taint or name says what this is meant to be, {why}",
        size,
        f"declare it with the labels {labels.SKU} and {labels.GPU_COUNT}, or name it with --gpu-pools",
    )


def _unknown(rule: str, reason: str, problem: str, seen: str, step: str) -> Finding:
    return Finding(rule, reason, Status.UNKNOWN, problem, seen=seen, next_step=step)


def judge_missing(plans: Sequence[ForeignPlan], name: str) -> Judged:
    """Return what is said about a name of `--gpu-pools` that nothing has: what it stands for was not looked at."""
    gone = any(name.lower() == one.lower() for plan in plans for one in plan.deleted)
    problem = f"--gpu-pools names {name!r}, and " + ("it is deleted" if gone else "nothing of that name is there")
    seen = f"{sum(len(plan.items) for plan in plans)} pools, machines and parts"
    finding = _unknown("intent", "NamedPoolMissing", problem, seen, "correct the name, or leave it out")
    file = plans[0].file if len(plans) == 1 else ""
    return Judged(Unread(Place(file, f"--gpu-pools {name}", "", name), problem), "", findings=(finding,))


def gpu_sizes(item: ForeignPool | ForeignMachine) -> tuple[str, ...]:
    """Return the sizes of a thing that are worth asking Azure about: those that may have GPUs."""
    readings = item.sizes if isinstance(item, ForeignMachine) else (item.read("vmSize"),)
    return tuple(size.value for size in readings if isinstance(size, Known) and _may_be_gpu(size.value))


def _passed() -> Finding:
    return Finding("intent", "Passed", Status.PASS, "")
