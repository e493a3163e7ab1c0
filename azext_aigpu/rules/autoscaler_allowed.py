"""The autoscaler is refused beside node auto-provisioning, and on pools with AKS-managed GPU software."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Unknown
from azext_aigpu import body
from azext_aigpu.cloud.facts import CloudFacts, Cluster
from azext_aigpu.spec import PoolSpec

ID = "autoscaler-allowed"
READS: tuple[str, ...] = ("enable_cluster_autoscaler", "min_count", "max_count")
WAIVABLE = False
ARM_ENFORCES = False


def review(spec: PoolSpec, cloud: CloudFacts) -> Iterator[Finding]:
    """Look only where the autoscaler was asked for."""
    if not spec.enable_cluster_autoscaler:
        return
    if isinstance(cloud.cluster, Unknown):
        yield _unknown(f"cluster {spec.cluster_name}", cloud.cluster.reason)
    elif (cloud.cluster.value.node_provisioning_mode or "Manual").lower() == "auto":
        # A service that does not name the mode is one without auto-provisioning: its default is Manual.
        yield _auto_provisioning(spec, cloud.cluster.value)
    if isinstance(cloud.pools, Unknown):
        yield _unknown(f"the pools of cluster {spec.cluster_name}", cloud.pools.reason)
    elif is_managed(spec, cloud):
        yield _managed(spec)


def is_managed(spec: PoolSpec, cloud: CloudFacts) -> bool:
    """Return whether the pool exists and AKS manages its GPU software (device plugin, metrics)."""
    pools = () if isinstance(cloud.pools, Unknown) else cloud.pools.value
    mode = next(
        (
            body.get(pool.properties, "gpuProfile.nvidia.managementMode")
            for pool in pools
            if pool.name.lower() == spec.name.lower()
        ),
        None,
    )
    return str(mode).lower() == "managed"


def _fixed(spec: PoolSpec) -> str:
    nodes = max(spec.first_nodes, 1)
    return f"--node-count {nodes} without --enable-cluster-autoscaler, --min-count and --max-count"


def _auto_provisioning(spec: PoolSpec, cluster: Cluster) -> Finding:
    return Finding(
        ID,
        "NodeAutoProvisioning",
        Status.FAIL,
        f"cluster {cluster.name} provisions nodes by itself (mode Auto); AKS then refuses pools with the autoscaler",
        seen=f"autoscaler {spec.min_count} to {spec.max_count}; node provisioning {cluster.node_provisioning_mode}",
        wanted="a pool with a fixed number of nodes",
        next_step=_fixed(spec),
    )


def _managed(spec: PoolSpec) -> Finding:
    return Finding(
        ID,
        "ManagedGpuPool",
        Status.FAIL,
        f"AKS manages the GPU software of pool '{spec.name}'; such a pool takes no autoscaler (a limit of its preview)",
        seen="gpuProfile.nvidia.managementMode Managed",
        wanted="a pool with a fixed number of nodes",
        next_step=_fixed(spec),
    )


def _unknown(what: str, reason: str) -> Finding:
    return Finding(
        ID,
        "AutoscalerUnknown",
        Status.UNKNOWN,
        f"it is not known whether the autoscaler is allowed: {what} could not be read",
        seen=reason,
        wanted="node provisioning mode Manual, and no managed GPU software on the pool",
        next_step="get read access to the cluster and its pools, or take a fixed --node-count",
    )
