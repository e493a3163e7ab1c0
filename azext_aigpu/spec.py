"""`PoolSpec`: what somebody asked for, parsed once, frozen, defaults filled.

The fields that go into the request body carry their place in it (`wire`), so one table serves parsing, building,
reading back and the tests that no option is lost. Their names are the option names of `az aks nodepool add`.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aigpu_contract import skus
from aigpu_contract.labels import DEFAULT_TAINT, Taint

WIRE = "wire"
"""Key of a field's metadata: its path in the agent pool's `properties`, dots between the parts."""

DEFAULT_OS_DISK_GB = 256
DEFAULT_MIN_COUNT = 0
DEFAULT_MAX_COUNT = 5


def _wire(path: str, default: Any = None) -> Any:
    return field(default=default, metadata={WIRE: path})


def _wire_map(path: str) -> Any:
    return field(default_factory=dict, metadata={WIRE: path})


@dataclass(frozen=True)
class Limits:
    """What the user's own settings and the day hold a pool to; not part of the pool itself.

    `required_tags` is None where nothing is configured, which is not the same as an empty list.
    """

    today: datetime.date
    required_tags: tuple[str, ...] | None = None
    allowed_models: tuple[str, ...] | None = None
    max_hourly_cost: Decimal | None = None
    min_driver: str | None = None
    taint: Taint = DEFAULT_TAINT


@dataclass(frozen=True)
class PoolSpec:
    """One GPU node pool as it was asked for. Durations in minutes, disks in GB as Azure counts them.

    None means "not asked for": such a field is never sent. `gpu_model` and `gpu_count` are the user's own words
    (`--gpu-model`, `--gpu-count`), not what the catalogue says about the size.
    """

    subscription: str | None
    resource_group: str
    cluster_name: str
    name: str
    limits: Limits

    gpu_model: str | None = None
    gpu_count: int | None = None
    waivers: Mapping[str, str] = field(default_factory=dict)

    node_vm_size: str | None = _wire("vmSize")
    vm_set_type: str | None = _wire("type", "VirtualMachineScaleSets")
    mode: str | None = _wire("mode", "User")
    os_type: str | None = _wire("osType", "Linux")
    os_sku: str | None = _wire("osSKU")
    kubernetes_version: str | None = _wire("orchestratorVersion")
    node_count: int | None = _wire("count")
    enable_cluster_autoscaler: bool | None = _wire("enableAutoScaling")
    min_count: int | None = _wire("minCount")
    max_count: int | None = _wire("maxCount")
    scale_down_mode: str | None = _wire("scaleDownMode")
    priority: str | None = _wire("scaleSetPriority")
    eviction_policy: str | None = _wire("scaleSetEvictionPolicy")
    spot_max_price: float | None = _wire("spotMaxPrice")
    labels: Mapping[str, str] = _wire_map("nodeLabels")
    node_taints: tuple[Taint, ...] = _wire("nodeTaints", ())
    tags: Mapping[str, str] = _wire_map("tags")
    node_osdisk_size: int | None = _wire("osDiskSizeGB")
    node_osdisk_type: str | None = _wire("osDiskType")
    max_pods: int | None = _wire("maxPods")
    zones: tuple[str, ...] | None = _wire("availabilityZones")
    gpu_driver: str | None = _wire("gpuProfile.driver")
    gpu_instance_profile: str | None = _wire("gpuInstanceProfile")
    crg_id: str | None = _wire("capacityReservationGroupID")
    ppg: str | None = _wire("proximityPlacementGroupID")
    host_group_id: str | None = _wire("hostGroupID")
    snapshot_id: str | None = _wire("creationData.sourceResourceId")
    vnet_subnet_id: str | None = _wire("vnetSubnetID")
    pod_subnet_id: str | None = _wire("podSubnetID")
    pod_ip_allocation_mode: str | None = _wire("podIPAllocationMode")
    enable_node_public_ip: bool | None = _wire("enableNodePublicIP")
    node_public_ip_prefix_id: str | None = _wire("nodePublicIPPrefixID")
    node_public_ip_tags: tuple[Mapping[str, str], ...] | None = _wire("networkProfile.nodePublicIPTags")
    allowed_host_ports: tuple[Mapping[str, Any], ...] | None = _wire("networkProfile.allowedHostPorts")
    asg_ids: tuple[str, ...] | None = _wire("networkProfile.applicationSecurityGroups")
    managed_dranet: str | None = _wire("networkProfile.dranet.mode")
    max_surge: str | None = _wire("upgradeSettings.maxSurge")
    max_unavailable: str | None = _wire("upgradeSettings.maxUnavailable")
    drain_timeout: int | None = _wire("upgradeSettings.drainTimeoutInMinutes")
    node_soak_duration: int | None = _wire("upgradeSettings.nodeSoakDurationInMinutes")
    undrainable_node_behavior: str | None = _wire("upgradeSettings.undrainableNodeBehavior")
    enable_encryption_at_host: bool | None = _wire("enableEncryptionAtHost")
    enable_ultra_ssd: bool | None = _wire("enableUltraSSD")
    enable_fips_image: bool | None = _wire("enableFIPS")
    enable_vtpm: bool | None = _wire("securityProfile.enableVTPM")
    enable_secure_boot: bool | None = _wire("securityProfile.enableSecureBoot")
    enable_artifact_streaming: bool | None = _wire("artifactStreamingProfile.enabled")
    kubelet_config: Mapping[str, Any] | None = _wire("kubeletConfig")
    linux_os_config: Mapping[str, Any] | None = _wire("linuxOSConfig")
    localdns_config: Mapping[str, Any] | None = _wire("localDNSProfile")
    message_of_the_day: str | None = _wire("messageOfTheDay")
    workload_runtime: str | None = _wire("workloadRuntime")

    @property
    def sku(self) -> skus.Sku | None:
        """Return the catalogue's row of the size, or None where the catalogue does not know it."""
        return skus.lookup(self.node_vm_size) if self.node_vm_size else None

    @property
    def wanted_gpus(self) -> int | None:
        """Return the GPU devices wanted on a node: as asked for, else as the size has them by the catalogue."""
        if self.gpu_count is not None:
            return self.gpu_count
        return self.sku.gpu_count if self.sku else None

    @property
    def is_spot(self) -> bool:
        """Return whether the pool runs on spot capacity."""
        return self.priority == "Spot"

    @property
    def first_nodes(self) -> int:
        """Return how many nodes must fit for the pool to be of any use: max(1, minimum, count)."""
        return max(1, self.min_count or 0, self.node_count or 0)

    @property
    def most_nodes(self) -> int | None:
        """Return the most nodes that the pool may grow to by itself, None where nobody says."""
        return self.max_count if self.enable_cluster_autoscaler else self.node_count

    @property
    def all_taints(self) -> tuple[Taint, ...]:
        """Return the taints the pool will have: the contract's first, then the user's own."""
        contract = self.limits.taint
        return (contract, *(taint for taint in self.node_taints if taint != contract))


def wire_fields() -> tuple[tuple[str, str], ...]:
    """Return (field name, wire path) of each field that goes into the request body."""
    return tuple((item.name, item.metadata[WIRE]) for item in dataclasses.fields(PoolSpec) if WIRE in item.metadata)


def fill_defaults(spec: PoolSpec) -> PoolSpec:
    """Return `spec` with the defaults of a new pool: 0 to 5 nodes when no count was named, and a 256 GB OS disk.

    Any of `-e`, `--min-count` and `--max-count` means the autoscaler; `--node-count` alone means a fixed size.
    """
    filled = dataclasses.replace(spec, node_osdisk_size=spec.node_osdisk_size or DEFAULT_OS_DISK_GB)
    bounded = spec.min_count is not None or spec.max_count is not None
    if not (spec.enable_cluster_autoscaler or bounded or spec.node_count is None):
        return filled
    least = DEFAULT_MIN_COUNT if spec.min_count is None else spec.min_count
    most = DEFAULT_MAX_COUNT if spec.max_count is None else spec.max_count
    count = least if spec.node_count is None else spec.node_count
    return dataclasses.replace(
        filled, enable_cluster_autoscaler=True, min_count=least, max_count=most, node_count=count
    )
