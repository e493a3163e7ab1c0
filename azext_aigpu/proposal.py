"""From specs and what the cloud says to a proposal: what would be made, changed, left alone, at what cost. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Unknown
from azext_aigpu import body, cost, inventory, review
from azext_aigpu.attempts import judge_attempt
from azext_aigpu.claims import Claims
from azext_aigpu.cloud.facts import CloudFacts, Pool
from azext_aigpu.cluster_id import ClusterId
from azext_aigpu.plan import RECONCILE, REPLACE, UNCHANGED, Plan, changed_fields, propose_update
from azext_aigpu.pool_changes import CHANGEABLE, build_changes, fill_for
from azext_aigpu.spec import PoolSpec, fill_defaults
from azext_aigpu.specs.parse import Wanted

DELETING = "Deleting"
BROKEN = ("Failed", "Canceled")


@dataclass(frozen=True)
class Inquiry:
    """What the cloud is asked about at once: prices differ for spot, reservations by their group."""

    cluster: ClusterId
    spot: bool
    crg_id: str | None


@dataclass(frozen=True)
class StepCost:
    """USD an hour of one pool; None where the price is not known. `now` is what runs, `most` what it may grow to."""

    now: Decimal | None
    after: Decimal | None
    most: Decimal | None


@dataclass(frozen=True)
class Step:
    """What is to be done about one pool. `before` is the pool as it was read; a `leftover` is deleted first."""

    cluster: ClusterId
    plan: Plan
    cost: StepCost
    stops: tuple[Finding, ...] = ()
    before: Pool | None = None
    leftover: Pool | None = None

    @property
    def title(self) -> str:
        """Return the pool by its names: `aks-train/gpu`."""
        return f"{self.cluster.name}/{self.plan.spec.name}"


@dataclass(frozen=True)
class Untouched:
    """A pool of a named cluster that no spec names."""

    cluster: ClusterId
    pool: Pool


@dataclass(frozen=True)
class Proposal:
    """Everything that the specs come down to, in their order."""

    steps: tuple[Step, ...]
    untouched: tuple[Untouched, ...] = ()

    @property
    def changes(self) -> bool:
        """Return whether anything is not as the specs ask for."""
        return any(step.plan.action != UNCHANGED for step in self.steps)

    @property
    def stopped(self) -> tuple[Step, ...]:
        """Return the steps that a rule stops."""
        return tuple(step for step in self.steps if step.stops)


def inquiry_of(wanted: Wanted) -> Inquiry:
    """Return what has to be asked for the sake of `wanted`."""
    key = ClusterId(*(part.lower() for part in dataclasses.astuple(wanted.cluster)))
    return Inquiry(key, wanted.spec.is_spot, wanted.spec.crg_id)


def propose(
    wanted: Sequence[Wanted], clouds: Mapping[Inquiry, CloudFacts], strict: bool = False, replace_failed: bool = False
) -> Proposal:
    """Return what to do about every pool of `wanted`, judged by every rule that reads what is made or changed."""
    claims = Claims()
    steps = []
    for pool in wanted:
        cloud = claims.leave(clouds[inquiry_of(pool)], pool.spec, pool.cluster.subscription)
        step = _propose_step(pool, cloud, strict, replace_failed)
        steps.append(step)
        if step.plan.writes:
            claims = claims.add(step.plan.spec, cloud, pool.cluster.subscription)
    return Proposal(tuple(steps), _untouched(wanted, clouds))


def _propose_step(wanted: Wanted, cloud: CloudFacts, strict: bool, replace_failed: bool) -> Step:
    pool = _find(wanted.spec.name, cloud)
    if pool is None or pool.provisioning_state == DELETING:
        return _propose_create(wanted, None, cloud, strict)
    if inventory.is_failed_leftover(pool):
        return _propose_create(wanted, pool if replace_failed else None, cloud, strict)
    spec = fill_for(wanted.spec, pool)
    changes = build_changes(spec, pool)
    fixed = [path for path in changes if path not in CHANGEABLE]
    plan = propose_update(pool, spec, changes, cloud)
    if fixed:
        return _build_step(wanted, dataclasses.replace(plan, action=REPLACE, properties={}), pool)
    if not changes and pool.provisioning_state not in BROKEN:
        return _build_step(wanted, dataclasses.replace(plan, action=UNCHANGED), pool)
    return judge_update(wanted.cluster, pool, changes, cloud, spec, strict)


def _propose_create(wanted: Wanted, leftover: Pool | None, cloud: CloudFacts, strict: bool) -> Step:
    spec = fill_defaults(wanted.spec)
    attempt = judge_attempt(spec, inventory.without(cloud, leftover), strict)
    price = attempt.plan.cost
    costs = StepCost(Decimal(0), price.hourly_now, price.hourly_most)
    return Step(wanted.cluster, attempt.plan, costs, attempt.stops, None, leftover)


def judge_update(
    cluster: ClusterId, pool: Pool, changes: Mapping[str, object], cloud: CloudFacts, asked: PoolSpec, strict: bool
) -> Step:
    """Return the step that changes `pool` to `changes`, judged by the rules that read a changed field."""
    plan = propose_update(pool, asked, changes, cloud)
    properties = {**plan.properties, "count": plan.properties.get("count", pool.nodes)}
    after = inventory.spec_of(
        Pool(pool.id, pool.name, None, properties), cluster.resource_group, cluster.name, asked.limits
    )
    if isinstance(after, Unknown):
        unread = inventory.judge_pool(pool, after, asked.limits.taint.key)
        plan = dataclasses.replace(plan, findings=unread)
        return Step(cluster, plan, _cost_of(plan, pool), review.stopping(unread, strict), pool)
    spec = dataclasses.replace(
        after.value,
        subscription=cluster.subscription,
        gpu_model=asked.gpu_model or after.value.gpu_model,
        gpu_count=asked.gpu_count or after.value.gpu_count,
    )
    plan = propose_update(pool, spec, changes, cloud)
    findings = () if plan.action == RECONCILE else review.review_change(spec, cloud, changed_fields(plan))
    told = tuple(finding for finding in findings if finding.status is not Status.PASS)
    plan = dataclasses.replace(plan, findings=told)
    return Step(cluster, plan, _cost_of(plan, pool), review.stopping(findings, strict), pool)


def _build_step(wanted: Wanted, plan: Plan, pool: Pool) -> Step:
    return Step(wanted.cluster, plan, _cost_of(plan, pool), (), pool)


def _cost_of(plan: Plan, pool: Pool) -> StepCost:
    """Return what a pool that exists costs; what is not done changes no cost."""
    price = plan.cost.price
    same_size = str(pool.properties.get("vmSize", "")).lower() == (plan.spec.node_vm_size or "").lower()
    if isinstance(price, Unknown) or not same_size or inventory.is_spot(pool) != plan.spec.is_spot:
        return StepCost(None, None, None)
    each, spec = price.value.hourly, plan.spec
    stopped = body.is_stopped(pool.properties)  # and stays so: a plan starts no pool
    now = cost.multiply(each, 0 if stopped else pool.nodes)
    if not plan.writes:
        most = pool.properties.get("maxCount") if pool.properties.get("enableAutoScaling") else pool.nodes
        return StepCost(now, now, cost.multiply(each, most))
    nodes = pool.nodes
    if spec.enable_cluster_autoscaler and nodes is not None:
        nodes = min(max(nodes, spec.min_count or 0), spec.max_count or nodes)
    elif spec.node_count is not None:
        nodes = spec.node_count
    return StepCost(now, cost.multiply(each, 0 if stopped else nodes), cost.multiply(each, spec.most_nodes))


def _find(name: str, cloud: CloudFacts) -> Pool | None:
    pools = cloud.pools.value if isinstance(cloud.pools, Known) else ()
    return next((pool for pool in pools if pool.name == name), None)


def _untouched(wanted: Sequence[Wanted], clouds: Mapping[Inquiry, CloudFacts]) -> tuple[Untouched, ...]:
    named = {(pool.cluster.key, pool.spec.name) for pool in wanted}
    found: dict[tuple[str, str], Untouched] = {}
    for pool in wanted:
        cloud = clouds[inquiry_of(pool)]
        for other in cloud.pools.value if isinstance(cloud.pools, Known) else ():
            key = (pool.cluster.key, other.name)
            if key not in named:
                found.setdefault(key, Untouched(pool.cluster, other))
    return tuple(found.values())
