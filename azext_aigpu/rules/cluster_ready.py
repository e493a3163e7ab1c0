"""The cluster must be one that takes a node pool now."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Unknown
from azext_aigpu.cloud.facts import CloudFacts, Cluster
from azext_aigpu.spec import PoolSpec, wire_fields

ID = "cluster-ready"
READS: tuple[str, ...] = tuple(name for name, _ in wire_fields())
"""Every write needs a cluster that is ready, whatever it changes."""
WAIVABLE = False
ARM_ENFORCES = False

_BROKEN = ("failed", "canceled")


def review(spec: PoolSpec, cloud: CloudFacts) -> Iterator[Finding]:
    """Judge the cluster by its power state and its provisioning state."""
    if isinstance(cloud.cluster, Unknown):
        yield _unknown(spec, cloud.cluster.reason)
    else:
        yield from _review_cluster(cloud.cluster.value)


def _review_cluster(cluster: Cluster) -> Iterator[Finding]:
    power, state = cluster.power_state.lower(), cluster.provisioning_state.lower()
    if power in ("stopped", "stopping"):
        yield _stopped(cluster)
    elif power not in ("running", "starting"):
        yield _no_state(cluster, f"power state {cluster.power_state!r}")
    if state == "deleting":
        yield _deleting(cluster)
    elif state in _BROKEN:
        yield _broken(cluster)
    elif not state:
        yield _no_state(cluster, "no provisioning state")
    elif state != "succeeded":
        yield _busy(cluster)


def _where(cluster: Cluster) -> str:
    return f"-g {cluster.resource_group} -n {cluster.name}"


def _stopped(cluster: Cluster) -> Finding:
    return Finding(
        ID,
        "ClusterStopped",
        Status.FAIL,
        f"cluster {cluster.name} is stopped: it takes no node pool",
        seen=f"power state {cluster.power_state}",
        wanted="a running cluster",
        next_step=f"az aks start {_where(cluster)}",
    )


def _deleting(cluster: Cluster) -> Finding:
    return Finding(
        ID,
        "ClusterDeleting",
        Status.FAIL,
        f"cluster {cluster.name} is being deleted",
        seen=f"provisioning state {cluster.provisioning_state}",
        wanted="a cluster that stays",
        next_step="name another cluster with --cluster-name",
    )


def _broken(cluster: Cluster) -> Finding:
    return Finding(
        ID,
        "ClusterFailed",
        Status.WARN,
        f"the last operation on cluster {cluster.name} ended as {cluster.provisioning_state}; AKS may refuse the next",
        seen=f"provisioning state {cluster.provisioning_state}",
        wanted="Succeeded",
        next_step=f"if it is refused: az aks update {_where(cluster)}, which repeats the last good state",
    )


def _busy(cluster: Cluster) -> Finding:
    return Finding(
        ID,
        "ClusterBusy",
        Status.WARN,
        f"an operation is running on cluster {cluster.name}; AKS answers 409 until it ends, and this command waits",
        seen=f"provisioning state {cluster.provisioning_state}",
        wanted="Succeeded",
        next_step=f"az aks show {_where(cluster)} --query provisioningState shows when it is done",
    )


def _no_state(cluster: Cluster, seen: str) -> Finding:
    return Finding(
        ID,
        "ClusterUnknown",
        Status.UNKNOWN,
        f"Azure does not say in which state cluster {cluster.name} is",
        seen=seen,
        wanted="a running cluster in state Succeeded",
        next_step=f"az aks show {_where(cluster)}",
    )


def _unknown(spec: PoolSpec, reason: str) -> Finding:
    return Finding(
        ID,
        "ClusterUnknown",
        Status.UNKNOWN,
        f"cluster {spec.cluster_name} could not be read",
        seen=reason,
        wanted="a running cluster in state Succeeded",
        next_step=f"az aks show -g {spec.resource_group} -n {spec.cluster_name}",
    )
