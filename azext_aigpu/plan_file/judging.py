"""A step out of a plan file against the cloud of now: what has moved, what the rules say, what is sent. Pure.

A plan file comes from outside. What it asks for is checked like a spec before any rule looks at it, and judged again by
every rule: the digest says who may decide, not what is right.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Reading, Unknown
from azext_aigpu import body, inventory, review
from azext_aigpu.claims import Claims
from azext_aigpu.cloud.facts import CloudFacts, Pool
from azext_aigpu.cost import build_cost
from azext_aigpu.plan import CREATE, Change, Plan
from azext_aigpu.plan_file.approval import find_moved
from azext_aigpu.plan_file.document import PlannedStep, PlanRefused
from azext_aigpu.pool_changes import CHANGEABLE
from azext_aigpu.proposal import BROKEN, DELETING, Inquiry, judge_update
from azext_aigpu.spec import Limits, PoolSpec, wire_fields
from azext_aigpu.specs.conformity import Problem, check_conformity
from azext_aigpu.specs.fields import spec_fields
from azext_aigpu.specs.located import Place, wrap


@dataclass(frozen=True)
class Planned:
    """A step and the spec that it amounts to."""

    step: PlannedStep
    spec: PoolSpec

    @property
    def inquiry(self) -> Inquiry:
        """Return what has to be asked again before the step is done."""
        return Inquiry(self.step.cluster, self.spec.is_spot, self.spec.crg_id)


@dataclass(frozen=True)
class Judged:
    """A step as it stands now: it may be sent when nothing has moved and nothing stops it."""

    planned: Planned
    plan: Plan | None = None
    moved: tuple[Change, ...] = ()
    stops: tuple[Finding, ...] = ()
    unread: str = ""
    leftover: Pool | None = None
    nodes: int | None = 0

    @property
    def may_go(self) -> bool:
        """Return whether the step may be sent."""
        return self.plan is not None and not (self.moved or self.stops or self.unread)


def read_planned(step: PlannedStep, limits: Limits) -> Planned:
    """Return `step` with its spec. Raises PlanRefused where it holds what no plan of this tool holds."""
    problem = next(_find_problems(step), None)
    if problem is not None:
        raise PlanRefused(f"The plan's step {step.title} cannot be read: {problem}.\nMake a new plan.")
    cluster = step.cluster
    try:
        spec = body.read_spec(step.properties, cluster.resource_group, cluster.name, step.name, limits)
    except ValueError as error:
        raise PlanRefused(f"The plan's step {step.title} cannot be read: {error}.\nMake a new plan.") from error
    spec = dataclasses.replace(spec, subscription=cluster.subscription)
    if step.action == CREATE and body.build_given(spec) != step.properties:
        raise PlanRefused(f"The plan's step {step.title} asks for what no spec can ask for.\nMake a new plan.")
    return Planned(step, spec)


def _find_problems(step: PlannedStep) -> Iterator[str]:
    schemas = {item.name: item.schema for item in spec_fields()}
    by_path = {path: schemas[name] for name, path in wire_fields()}
    place = Place(step.title, 0, 0)
    for path, schema in by_path.items():
        value = body.get(step.properties, path)
        # What AKS wrote into a pool that exists may be more than a spec can ask for: its form alone is checked.
        held = schema if step.action == CREATE else {key: schema[key] for key in _FORM if key in schema}
        if value is not None:
            yield from (_tell(found) for found in check_conformity(wrap(value, place), held, path))
    for change in step.changes:
        if change.path not in CHANGEABLE:
            yield f"{change.path[:80]!r} is not a property that a plan can change"
        elif change.after is not None:
            yield from (
                _tell(found) for found in check_conformity(wrap(change.after, place), by_path[change.path], change.path)
            )


_FORM = ("type", "items", "additionalProperties")


def _tell(problem: Problem) -> str:
    return f"{problem.text}; {problem.wanted}"


def find_stale(step: PlannedStep, pools: Reading[tuple[Pool, ...]]) -> str | tuple[Change, ...]:
    """Return how a pool that the plan left as it is differs from what the plan read; why nobody can tell, as a text."""
    if isinstance(pools, Unknown):
        return pools.reason
    pool = next((pool for pool in pools.value if pool.name == step.name), None)
    moved = find_moved(step, pool)
    if pool is not None and pool.provisioning_state in (*BROKEN, DELETING):
        moved += (Change("provisioningState", "Succeeded", pool.provisioning_state),)
    return moved


def judge_together(
    planned: Sequence[Planned], clouds: Mapping[Inquiry, CloudFacts], strict: bool
) -> tuple[Judged, ...]:
    """Return how each of the steps stands once those before it are done: quota and reservations are used once."""
    claims = Claims()
    judged = []
    for one in planned:
        subscription = one.step.cluster.subscription
        cloud = claims.leave(clouds[one.inquiry], one.spec, subscription)
        judged.append(judge_planned(one, cloud, strict))
        claims = claims.add(one.spec, cloud, subscription)
    return tuple(judged)


def judge_planned(planned: Planned, cloud: CloudFacts, strict: bool) -> Judged:
    """Return how `planned` stands against `cloud`."""
    if isinstance(cloud.pools, Unknown):
        return Judged(planned, unread=cloud.pools.reason)
    step = planned.step
    pool = next((pool for pool in cloud.pools.value if pool.name == step.name), None)
    moved = find_moved(step, pool)
    if moved:
        return Judged(planned, moved=moved)
    if pool is None or step.action == CREATE:
        return _judge_create(planned, pool, cloud, strict)
    return _judge_update(planned, pool, cloud, strict)


def _judge_create(planned: Planned, leftover: Pool | None, cloud: CloudFacts, strict: bool) -> Judged:
    spec = planned.spec
    if leftover is not None and not inventory.is_failed_leftover(leftover):
        return Judged(planned, moved=(Change("(the Failed pool)", "Failed", leftover.provisioning_state),))
    findings = review.review_spec(spec) + review.review_cloud(spec, inventory.without(cloud, leftover))
    told = tuple(finding for finding in findings if finding.status is not Status.PASS)
    cost = build_cost(spec, cloud.price_of(spec.node_vm_size))
    plan = Plan(CREATE, spec, planned.step.properties, cost, told)
    return Judged(planned, plan, stops=review.stopping(findings, strict), leftover=leftover)


def _judge_update(planned: Planned, pool: Pool, cloud: CloudFacts, strict: bool) -> Judged:
    step = planned.step
    changes: dict[str, Any] = {change.path: change.after for change in step.changes}
    if changes.get("enableAutoScaling") is False:
        # The number of nodes is what was approved, not where the autoscaler happens to leave it.
        changes["count"] = step.properties.get("count")
    now = judge_update(step.cluster, pool, changes, cloud, planned.spec, strict)
    spec_stops = review.stopping(review.review_spec(_without_count(now.plan.spec)), strict)
    if now.plan.action != step.action or not _is_same(now.plan, step):
        return Judged(planned, unread="its changes and its request do not belong together")
    return Judged(planned, now.plan, stops=now.stops or spec_stops, nodes=pool.nodes)


def _without_count(spec: PoolSpec) -> PoolSpec:
    return dataclasses.replace(spec, node_count=None) if spec.enable_cluster_autoscaler else spec


def _is_same(plan: Plan, step: PlannedStep) -> bool:
    """Return whether what would be sent is what was approved, fields apart that no rule and no change looks at."""
    return all(body.get(plan.properties, path) == body.get(step.properties, path) for _, path in wire_fields())


def takes_nodes(judged: Judged) -> bool:
    """Return whether the step may take nodes away that run, or deletes a pool."""
    if judged.leftover is not None:
        return True
    most = judged.planned.spec.most_nodes
    changed = {change.path for change in judged.planned.step.changes}
    if not changed & {"count", "maxCount", "enableAutoScaling"}:
        return False
    return most is None or judged.nodes is None or most < judged.nodes
