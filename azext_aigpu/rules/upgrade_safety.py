"""What the next upgrade will do to running jobs. Never worse than WARN: nothing of it is wrong today."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Unknown
from azext_aigpu.cloud.facts import CloudFacts, Cluster
from azext_aigpu.rules.capacity import read_room, surge_nodes
from azext_aigpu.rules.quota import describe_usages
from azext_aigpu.spec import PoolSpec

ID = "upgrade-safety"
READS: tuple[str, ...] = (
    "node_vm_size",
    "node_count",
    "max_count",
    "enable_cluster_autoscaler",
    "max_surge",
    "drain_timeout",
)
WAIVABLE = False
ARM_ENFORCES = False

SHORT_DRAIN_MINUTES = 30
"""AKS's own default: an operation is called short when somebody went below it."""

_AUTOMATIC_IMAGES = ("nodeimage", "securitypatch")
_AUTOMATIC_VERSIONS = ("node-image", "patch", "stable", "rapid")


def review(spec: PoolSpec, cloud: CloudFacts) -> Iterator[Finding]:
    """Look at the surge, the drain timeout and the cluster's automatic upgrades."""
    yield from _review_surge(spec, cloud)
    if spec.drain_timeout is not None and spec.drain_timeout < SHORT_DRAIN_MINUTES:
        yield _short_drain(spec.drain_timeout)
    if isinstance(cloud.cluster, Unknown):
        yield _unknown("the cluster's upgrade channels could not be read", cloud.cluster.reason)
    else:
        yield from _review_channels(cloud.cluster.value)


def _review_surge(spec: PoolSpec, cloud: CloudFacts) -> Iterator[Finding]:
    room, most = read_room(spec, cloud), spec.most_nodes
    surge = surge_nodes(spec, most or 0)
    if most is None:
        yield _unknown("how many surge nodes an upgrade needs is not known", "no number of nodes that there may be")
    elif isinstance(room, Unknown):
        yield _unknown("the quota for surge nodes could not be compared", room.reason)
    elif surge is None:
        yield _unknown("the number of surge nodes is not readable", f"--max-surge {spec.max_surge}")
    elif not room.value.too_small(most) and room.value.too_small(most + surge):
        yield Finding(
            ID,
            "SurgeBeyondQuota",
            Status.WARN,
            f"at {most} nodes an upgrade needs {surge} more for a while, and the vCPU quota has no room",
            seen=describe_usages(room.value.too_small(most + surge)),
            wanted=f"{room.value.needed(most + surge)} vCPUs free",
            next_step="--max-surge 0 --max-unavailable 1, or more quota",
        )


def _short_drain(minutes: int) -> Finding:
    return Finding(
        ID,
        "DrainTooShort",
        Status.WARN,
        "an upgrade gives running jobs little time to write a checkpoint before their node goes",
        seen=f"--drain-timeout {minutes} (minutes)",
        wanted=f"{SHORT_DRAIN_MINUTES} minutes or more",
        next_step=f"--drain-timeout {SHORT_DRAIN_MINUTES}, or as long as your jobs need to write a checkpoint",
    )


def _review_channels(cluster: Cluster) -> Iterator[Finding]:
    window = f"az aks maintenanceconfiguration add -g {cluster.resource_group} --cluster-name {cluster.name}"
    schedule = "--schedule-type Weekly --interval-weeks 1 --day-of-week Sunday --start-time 02:00 --duration 4"
    if (cluster.node_os_upgrade_channel or "").lower() in _AUTOMATIC_IMAGES:
        seen = f"node OS upgrade channel {cluster.node_os_upgrade_channel}"
        yield _automatic(seen, f"{window} -n aksManagedNodeOSUpgradeSchedule {schedule}")
    if (cluster.upgrade_channel or "").lower() in _AUTOMATIC_VERSIONS:
        seen = f"upgrade channel {cluster.upgrade_channel}"
        yield _automatic(seen, f"{window} -n aksManagedAutoUpgradeSchedule {schedule}")


def _automatic(seen: str, window: str) -> Finding:
    return Finding(
        ID,
        "AutomaticUpgrades",
        Status.WARN,
        "AKS upgrades GPU nodes by itself and drains them for it; maintenance windows are not looked at here",
        seen=seen,
        wanted="a maintenance window in which no long job runs",
        next_step=f"unless there is a window: {window}",
    )


def _unknown(problem: str, reason: str) -> Finding:
    return Finding(
        ID,
        "UpgradeUnknown",
        Status.WARN,
        problem,
        seen=reason,
        wanted="what the next upgrade will do to running jobs",
        next_step="look at the cluster's upgrade settings before long jobs run here",
    )
