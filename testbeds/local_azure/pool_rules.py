"""What AKS checks before it accepts a pool, in AKS's order of harshness; each rule raises ArmError.

A CPU size passes, whatever labels it carries: the service does not know what the pool is for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from testbeds.local_azure.exchange import ArmError, aks_error
from testbeds.local_azure.pool_body import DEFAULT_SIZE
from testbeds.local_azure.regions import REGIONS
from testbeds.local_azure.sizes import Size, find_size
from testbeds.local_azure.world import Cluster, Pool, Subscription, reservation_group

_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_ALLOWED_LABEL_DOMAINS = ("kubelet.kubernetes.io", "node.kubernetes.io")
_IMMUTABLE = (
    "vmSize", "osDiskSizeGB", "osDiskType", "maxPods", "type", "osType", "scaleSetPriority", "spotMaxPrice",
    "scaleSetEvictionPolicy", "gpuInstanceProfile", "availabilityZones", "vnetSubnetID", "podSubnetID", "kubeletConfig",
    "linuxOSConfig", "capacityReservationGroupID", "proximityPlacementGroupID", "hostGroupID", "enableNodePublicIP",
    "enableEncryptionAtHost", "enableUltraSSD", "kubeletDiskType",
)  # fmt: skip


@dataclass(frozen=True)
class PoolChange:
    """A PUT: what is asked of the pool `name`, and what is there already."""

    subscription: Subscription
    cluster: Cluster
    name: str
    asked: Mapping[str, Any]
    existing: Pool | None

    def value(self, key: str, default: Any = None) -> Any:
        """The value that will hold: asked, else there already, else `default`."""
        if self.asked.get(key) is not None:
            return self.asked[key]
        return self.existing.properties.get(key, default) if self.existing else default

    @property
    def size(self) -> Size | None:
        """The size that will hold."""
        return find_size(str(self.value("vmSize") or DEFAULT_SIZE))


def check_pool(change: PoolChange) -> None:
    """Raise ArmError for the first rule that the change breaks."""
    for rule in RULES:
        rule(change)


def _invalid(parameter: str, text: str) -> ArmError:
    return aks_error(400, "InvalidParameter", f"The value of parameter {parameter} is invalid. Error details: {text}")


def _check_name(change: PoolChange) -> None:
    if not _NAME.fullmatch(change.name):
        raise _invalid("agentPool.name", f"'{change.name}' does not match ^[a-z][a-z0-9]{{0,11}}$.")


def _check_immutable(change: PoolChange) -> None:
    if change.existing is None:
        return
    for key in _IMMUTABLE:
        asked, there = change.asked.get(key), change.existing.properties.get(key)
        if asked is not None and _plain(asked) != _plain(there):
            raise aks_error(400, "PropertyChangeNotAllowed", f"Changing property 'properties.{key}' is not allowed.")


def _plain(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value or None


def _check_size(change: PoolChange) -> None:
    region, size = change.cluster.location, change.size
    if size is None or region not in size.regions:
        raise aks_error(
            400,
            "VMSizeNotSupported",
            f"Virtual Machine size: '{change.value('vmSize')}' is not supported for subscription "
            f"{change.subscription.id} in location '{region}'. Please refer to aka.ms/aks/vm-size-selector for "
            "supported sizes.",
        )
    if change.existing is None:
        _check_restrictions(change, size)


def _check_restrictions(change: PoolChange, size: Size) -> None:
    region = REGIONS[change.cluster.location]
    asked = set(change.asked.get("availabilityZones") or ())
    closed: set[str] = set()
    for restriction in change.subscription.restrictions.get((region.name, size.name.lower()), []):
        if not restriction.zones:
            raise ArmError(
                409,
                "SkuNotAvailable",
                f"The requested VM size '{size.name}' is currently not available in location '{region.name}'. "
                "Please try another size or region. aka.ms/azureskunotavailable",
            )
        closed.update(restriction.zones)
    if not asked <= set(size.zones(region)) - closed:
        zones = ",".join(sorted(asked))
        raise aks_error(
            400,
            "AvailabilityZoneNotSupported",
            f"The zone(s) '{zones}' for resource '{change.name}' is not supported for VM size '{size.name}' in "
            f"location '{region.name}'.",
        )


def _check_taints(change: PoolChange) -> None:
    seen: Counter[str] = Counter()
    for taint in change.asked.get("nodeTaints") or []:
        head, separator, effect = str(taint).rpartition(":")
        if not separator or effect not in _EFFECTS:
            raise _invalid(
                "nodeTaints", f"'{taint}' is not KEY=VALUE:EFFECT with one of the effects {', '.join(_EFFECTS)}."
            )
        seen[head.split("=")[0]] += 1
    twice = [key for key, count in seen.items() if count > 1]
    if twice:
        raise _invalid("nodeTaints", f"duplicate taint key '{twice[0]}'.")


def _check_labels(change: PoolChange) -> None:
    for label in change.asked.get("nodeLabels") or {}:
        domain, slash, _ = str(label).partition("/")
        reserved = domain.endswith(("kubernetes.io", "k8s.io")) and not domain.endswith(_ALLOWED_LABEL_DOMAINS)
        if slash and (reserved or domain == "kubernetes.azure.com") and label not in _kept_labels(change):
            raise _invalid(
                "nodeLabels",
                f"'{label}': node label keys in the 'kubernetes.io' or 'k8s.io' namespace must begin with an allowed "
                "prefix (kubelet.kubernetes.io, node.kubernetes.io).",
            )


def _kept_labels(change: PoolChange) -> Mapping[str, Any]:
    # What the service itself wrote comes back in every PUT that follows a GET.
    return (change.existing.properties.get("nodeLabels") or {}) if change.existing else {}


def _check_mode(change: PoolChange) -> None:
    hard = [taint for taint in change.asked.get("nodeTaints") or [] if not str(taint).endswith(":PreferNoSchedule")]
    if change.value("mode") == "System" and any(not str(taint).startswith("CriticalAddonsOnly=") for taint in hard):
        raise aks_error(
            400, "CanNotTaintAllAgentPools", "Can not taint all agent pools: a system pool must stay schedulable."
        )


def _check_scaling(change: PoolChange) -> None:
    if not change.value("enableAutoScaling"):
        return
    if change.cluster.auto_provisioning:
        raise aks_error(
            400,
            "OperationNotAllowed",
            ".properties.nodeProvisioningProfile.mode cannot be Auto while any AgentPools have "
            ".properties.enableAutoScaling enabled",
        )
    low, high = change.value("minCount"), change.value("maxCount")
    if low is None or high is None:
        raise _invalid("agentPool.minCount", "minCount and maxCount must be set when enableAutoScaling is true.")
    count = change.value("count", low)
    if not 0 <= low <= count <= high <= 1000:
        raise _invalid(
            "agentPool.minCount", f"minCount {low} <= count {count} <= maxCount {high} <= 1000 does not hold."
        )


def _check_quota(change: PoolChange) -> None:
    if reservation_group({"capacityReservationGroupID": change.value("capacityReservationGroupID")}):
        return  # Reserved machines were charged when they were reserved.
    size, region = change.size, change.cluster.location
    before = int(change.existing.properties.get("count") or 0) if change.existing else 0
    count = int(change.value("count", change.value("minCount", 1)) or 0)
    needed = max(0, count - before) * (size.vcpus if size else 0)
    for family in _charged_quotas(change, size):
        left = change.subscription.quota(region, family).left
        if needed > left:
            raise aks_error(
                400,
                "ErrCode_InsufficientVCPUQuota",
                f"Insufficient vcpu quota requested {needed}, remaining {left} for family {family} for region "
                f"{region}. Surge nodes would also consume vcpu quota.",
            )


def _charged_quotas(change: PoolChange, size: Size | None) -> tuple[str, ...]:
    if change.value("scaleSetPriority") == "Spot":
        return ("lowPriorityCores",)
    return (size.family, "cores") if size else ()


RULES: tuple[Callable[[PoolChange], None], ...] = (
    _check_name,
    _check_immutable,
    _check_size,
    _check_taints,
    _check_labels,
    _check_mode,
    _check_scaling,
    _check_quota,
)
