"""A new pool needs a name that no pool of the cluster has."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract import labels
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Unknown
from azext_aigpu.cloud.facts import CloudFacts, Pool
from azext_aigpu.spec import PoolSpec

ID = "name-free"
READS: tuple[str, ...] = ("name",)
WAIVABLE = False
ARM_ENFORCES = False


def review(spec: PoolSpec, cloud: CloudFacts) -> Iterator[Finding]:
    """Refuse a name that is taken; a failed and empty pool of ours is named as what it is."""
    if isinstance(cloud.pools, Unknown):
        yield _unknown(spec, cloud.pools.reason)
        return
    taken = next((pool for pool in cloud.pools.value if pool.name.lower() == spec.name.lower()), None)
    if taken is not None:
        yield _left_over(spec, taken) if _is_left_over(taken) else _taken(spec, taken)


def _is_left_over(pool: Pool) -> bool:
    failed = pool.provisioning_state.lower() == "failed"
    return failed and pool.nodes == 0 and labels.is_ours(pool.labels, pool.tags)


def _describe(pool: Pool) -> str:
    size = pool.properties.get("vmSize") or "unknown size"
    state = pool.provisioning_state or "unknown state"
    return f"{pool.name}: {pool.describe_nodes()} x {size}, {state}"


def _left_over(spec: PoolSpec, pool: Pool) -> Finding:
    return Finding(
        ID,
        "PoolLeftFailed",
        Status.FAIL,
        f"a failed pool '{pool.name}' with 0 nodes is left from an earlier try, most often for lack of capacity",
        seen=_describe(pool),
        wanted=f"no pool '{spec.name}'",
        next_step="--replace-failed deletes it and tries again; --try-zones and --try-sizes go on to other places",
    )


def _taken(spec: PoolSpec, pool: Pool) -> Finding:
    where = f"-g {spec.resource_group} --cluster-name {spec.cluster_name} -n {pool.name}"
    return Finding(
        ID,
        "PoolExists",
        Status.FAIL,
        f"cluster {spec.cluster_name} has a pool '{pool.name}' already",
        seen=_describe(pool),
        wanted="a name that is free",
        next_step=f"another --name, or az aigpu nodepool update {where} to change the pool that is there",
    )


def _unknown(spec: PoolSpec, reason: str) -> Finding:
    return Finding(
        ID,
        "PoolsUnknown",
        Status.UNKNOWN,
        f"it is not known whether '{spec.name}' is free: the pools of cluster {spec.cluster_name} could not be read",
        seen=reason,
        wanted="the list of pools",
        next_step=f"az aks nodepool list -g {spec.resource_group} --cluster-name {spec.cluster_name}",
    )
