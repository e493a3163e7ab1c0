"""`az aigpu nodepool` list, show, delete and wait. `add` and `update` have modules of their own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aigpu_contract.rendering import count
from azext_aigpu import inventory
from azext_aigpu._errors import refuse
from azext_aigpu.cloud.apply import delete_pool
from azext_aigpu.cloud.clusters import read_cluster
from azext_aigpu.cloud.errors import NotFound
from azext_aigpu.cloud.facts import NodeKind, Pool
from azext_aigpu.cloud.outcomes import Failed, Target
from azext_aigpu.cloud.parallel import Started
from azext_aigpu.cloud.pools import read_pool, read_pools
from azext_aigpu.cloud.prices import read_node_prices
from azext_aigpu.handlers import writing
from azext_aigpu.handlers.interrupts import heard, refuse_stopped
from azext_aigpu.handlers.session import Session, known, open_session
from azext_aigpu.usage import UsageError

if TYPE_CHECKING:
    from azext_aigpu.cloud.arm import Arm


def list_nodepools(cmd: Any, resource_group_name: str, cluster_name: str) -> list[dict[str, Any]]:
    """Return a row for every pool with GPU intent or an accelerator size."""
    session = open_session(cmd)
    arm = session.connect()
    reading = Started(lambda: read_pools(arm, resource_group_name, cluster_name))
    cluster = known(read_cluster(arm, resource_group_name, cluster_name))
    every = known(reading.result())
    taint_key = session.limits.taint.key
    pools = [pool for pool in every if inventory.is_gpu_pool(pool, taint_key)]
    if not pools:
        there = count(len(every), "node pool")
        session.say(f"Cluster '{cluster_name}' has {there}, none of them with GPU intent or a GPU size.")
    return _rows(session, pools, cluster.location, resource_group_name, cluster_name)


def show_nodepool(cmd: Any, resource_group_name: str, cluster_name: str, nodepool_name: str) -> dict[str, Any]:
    """Return one pool, whoever made it, with what the rules say about it."""
    session = open_session(cmd)
    arm = session.connect()
    cluster = known(read_cluster(arm, resource_group_name, cluster_name))
    pool = known(read_pool(arm, resource_group_name, cluster_name, nodepool_name))
    (row,) = _rows(session, [pool], cluster.location, resource_group_name, cluster_name)
    return inventory.flatten(pool, resource_group_name, row)


def delete_nodepool(
    cmd: Any,
    resource_group_name: str,
    cluster_name: str,
    nodepool_name: str,
    no_wait: bool = False,
    ignore_pdb: bool = False,
    if_match: str | None = None,
) -> None:
    """Delete one GPU pool; a pool that is no GPU pool is left to `az aks nodepool delete`."""
    session = open_session(cmd)
    arm = session.connect()
    pool = known(read_pool(arm, resource_group_name, cluster_name, nodepool_name))
    if not inventory.is_gpu_pool(pool, session.limits.taint.key):
        refuse(
            f"Node pool '{nodepool_name}' ({inventory.size_of(pool)}) is no GPU pool; nothing was deleted.\n"
            f"If it is meant: az aks nodepool delete -g {resource_group_name} --cluster-name {cluster_name} "
            f"-n {nodepool_name}"
        )
    target = Target(resource_group_name, cluster_name, nodepool_name)
    outcomes = delete_pool(target, arm, if_match, no_wait, ignore_pdb=ignore_pdb)
    outcome = writing.watch(session, outcomes, target, writing.DELETE)
    if isinstance(outcome, Failed):
        refuse(f"Node pool '{nodepool_name}' was not deleted: {writing.told(outcome.problem, target)}")


def wait_nodepool(
    cmd: Any,
    resource_group_name: str,
    cluster_name: str,
    nodepool_name: str,
    created: bool = False,
    updated: bool = False,
    deleted: bool = False,
    exists: bool = False,
    interval: int = 30,
    timeout: int = 3600,
) -> None:
    """Wait for a pool. Unlike the CLI's own wait, a wait that runs out is an error: time gone by proves nothing."""
    if not (created or updated or deleted or exists):
        raise UsageError("No condition to wait for was given.", "Add one of --created, --updated, --deleted, --exists.")
    arm = open_session(cmd).connect()
    target = Target(resource_group_name, cluster_name, nodepool_name)
    # A misspelt cluster has no pool of that name either, and must not pass for one whose pool is deleted.
    known(read_cluster(arm, resource_group_name, cluster_name))
    ends = time.monotonic() + timeout
    state = "not looked at"
    try:
        with heard() as check:
            while time.monotonic() < ends:
                check()
                pool = _find(arm, target)
                state = pool.provisioning_state if pool else "absent"
                if _is_reached(pool, created or updated, deleted, exists):
                    return
                if pool is not None and state == "Failed" and not deleted:
                    refuse(_failed(pool, target))
                time.sleep(min(interval, max(0.0, ends - time.monotonic())))
    except KeyboardInterrupt:
        refuse_stopped(_unfinished(target, state, "when the wait was stopped; nothing was cancelled"))
    refuse(_unfinished(target, state, f"after {timeout} seconds of waiting"))


def _is_reached(pool: Pool | None, succeeded: bool, deleted: bool, exists: bool) -> bool:
    if pool is None:
        return deleted
    return exists or (succeeded and pool.provisioning_state == "Succeeded")


def _failed(pool: Pool, target: Target) -> str:
    status = pool.properties.get("status")
    error = status.get("provisioningError") if isinstance(status, dict) else None
    said = f": {error.get('message') or error.get('code')}" if isinstance(error, dict) else ""
    head = f"Node pool '{pool.name}' is Failed with {pool.count} nodes{said}"
    return f"{head}\nLook at it: {writing.command('show', target)}"


def _unfinished(target: Target, state: str, when: str) -> str:
    return (
        f"Node pool '{target.pool}' is '{state}' {when}.\n"
        f"Wait longer with --timeout SECONDS, or look at it: {writing.command('show', target)}"
    )


def _find(arm: Arm, target: Target) -> Pool | None:
    try:
        return known(read_pool(arm, target.group, target.cluster, target.pool))
    except NotFound:
        return None


def _rows(
    session: Session, pools: list[Pool], location: str, resource_group: str, cluster: str
) -> list[dict[str, Any]]:
    kinds = {pool.name: NodeKind(inventory.size_of(pool), location, inventory.is_spot(pool)) for pool in pools}
    prices = read_node_prices(session.price_feed, set(kinds.values()))
    return [
        inventory.build_row(pool, resource_group, cluster, prices[kinds[pool.name]], session.limits) for pool in pools
    ]
