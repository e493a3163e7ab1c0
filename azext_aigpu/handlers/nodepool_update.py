"""`az aigpu nodepool update`: GET, change the given fields, PUT whole; judges only what it changes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Reading, Unknown
from azext_aigpu import body, inventory, options, render, review
from azext_aigpu._errors import refuse
from azext_aigpu.cloud.facts import CloudFacts, NodeKind, Pool, Price
from azext_aigpu.cloud.pools import read_pool
from azext_aigpu.cost import build_cost
from azext_aigpu.handlers import writing
from azext_aigpu.handlers.session import Session, known, open_session
from azext_aigpu.plan import RECONCILE, Plan, changed_fields, propose_update
from azext_aigpu.rules import CLOUD_RULES
from azext_aigpu.spec import PoolSpec

if TYPE_CHECKING:
    from azext_aigpu.cloud.arm import Arm


def update_nodepool(
    cmd: Any, resource_group_name: str, cluster_name: str, nodepool_name: str, no_wait: bool = False, **kwargs: Any
) -> dict[str, Any] | None:
    """Change one pool; everything that was not named stays, unknown keys and the contract included."""
    session = open_session(cmd, kwargs.get("max_hourly_cost"))
    arm = session.connect()
    pool = known(read_pool(arm, resource_group_name, cluster_name, nodepool_name))
    if not inventory.is_gpu_pool(pool, session.limits.taint.key):
        refuse(
            f"Node pool '{nodepool_name}' ({inventory.size_of(pool)}) is no GPU pool; nothing was changed.\n"
            f"If it is meant: az aks nodepool update -g {resource_group_name} --cluster-name {cluster_name} "
            f"-n {nodepool_name}"
        )
    wanted = options.build_changes(kwargs, pool, session.limits)
    spec = _spec_after(session, pool, wanted, resource_group_name, cluster_name, kwargs)
    plan, stops = _judge(session, arm, pool, spec, wanted, bool(kwargs.get("strict")))
    plan = dataclasses.replace(
        plan, if_match=kwargs.get("if_match") or plan.if_match, headers=kwargs.get("aks_custom_headers") or {}
    )
    if stops:
        refuse(render.render_refusal(spec, stops, "nothing was changed"))
    if kwargs.get("dry_run"):
        session.say(render.render_plan(plan) + "\nDry run: nothing was changed.")
        return plan.to_json()
    if not plan.writes:
        session.say(f"Nothing to change: node pool '{nodepool_name}' is already so. Nothing was sent.")
        session.say(plan.cost.line())
        return writing.describe_made(session, spec, plan, pool)
    session.say(render.render_plan(plan))
    written = writing.write(session, arm, plan, no_wait)
    return None if isinstance(written, writing.NoCapacity) else written


def _spec_after(
    session: Session, pool: Pool, wanted: dict[str, Any], resource_group: str, cluster: str, given: dict[str, Any]
) -> PoolSpec:
    """Return what the pool will amount to. Exits 1 when what is there is not in the API's form."""
    properties = dict(propose_update(pool, _empty(session, pool), wanted, CloudFacts()).properties)
    properties.setdefault("count", pool.count)
    try:
        spec = body.read_spec(properties, resource_group, cluster, pool.name, session.limits)
    except ValueError as error:
        refuse(f"Node pool '{pool.name}' could not be read: {error}")
    waivers = {**spec.waivers, **(given.get("waive") or {})}
    return dataclasses.replace(spec, waivers=waivers)


def _empty(session: Session, pool: Pool) -> PoolSpec:
    return PoolSpec(None, "", "", pool.name, session.limits)


def _judge(
    session: Session, arm: Arm, pool: Pool, spec: PoolSpec, wanted: dict[str, Any], strict: bool
) -> tuple[Plan, tuple[Finding, ...]]:
    """Return the plan and what stops it. The cloud is asked only when a rule that reads a changed field needs it."""
    plan = propose_update(pool, spec, wanted, CloudFacts())
    changed = changed_fields(plan)
    if plan.action == RECONCILE or not changed:
        return dataclasses.replace(plan, cost=build_cost(spec, _price(session, arm, pool, spec))), ()
    cloud = CloudFacts()
    if any(changed & frozenset(rule.READS) for rule in CLOUD_RULES):
        cloud = _read(session, arm, spec)
        plan = propose_update(pool, spec, wanted, cloud)
    findings = review.review_change(spec, cloud, changed)
    told = tuple(finding for finding in findings if finding.status is not Status.PASS)
    return dataclasses.replace(plan, findings=told), review.stopping(findings, strict)


def _price(session: Session, arm: Arm, pool: Pool, spec: PoolSpec) -> Reading[Price]:
    """Return the price of a node of a pool that stays as it is."""
    from azext_aigpu.cloud.clusters import read_cluster
    from azext_aigpu.cloud.prices import read_node_prices

    cluster = read_cluster(arm, spec.resource_group, spec.cluster_name)
    if isinstance(cluster, Unknown):
        return cluster
    kind = NodeKind(inventory.size_of(pool), cluster.value.location, inventory.is_spot(pool))
    return read_node_prices(session.price_feed, {kind})[kind]


def _read(session: Session, arm: Arm, spec: PoolSpec) -> CloudFacts:
    from azext_aigpu.cloud.read import read_cloud

    return read_cloud(arm, session.price_feed, spec, (spec.node_vm_size or "",))
