"""The attributes of Terraform's azurerm provider under Azure's own names: majors 2, 3 and 4.

Names and which attributes the provider fills in by itself: the provider's schemas of `azurerm_kubernetes_cluster`
(`default_node_pool`) and `azurerm_kubernetes_cluster_node_pool`, and its pages about the virtual machines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CLUSTER = "azurerm_kubernetes_cluster"
POOL = "azurerm_kubernetes_cluster_node_pool"
DEFAULT_POOL = "default_node_pool"

POOL_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "vmSize": ("vm_size",),
    "type": ("type",),
    "mode": ("mode",),
    "osType": ("os_type",),
    "osSKU": ("os_sku",),
    "count": ("node_count",),
    "enableAutoScaling": ("auto_scaling_enabled", "enable_auto_scaling"),
    "minCount": ("min_count",),
    "maxCount": ("max_count",),
    "scaleSetPriority": ("priority",),
    "nodeLabels": ("node_labels",),
    "nodeTaints": ("node_taints",),
    "tags": ("tags",),
    "osDiskSizeGB": ("os_disk_size_gb",),
    "osDiskType": ("os_disk_type",),
    "availabilityZones": ("zones", "availability_zones"),
    "gpuProfile.driver": ("gpu_driver",),
    "gpuInstanceProfile": ("gpu_instance", "gpu_instance_profile"),
    "capacityReservationGroupID": ("capacity_reservation_group_id",),
    "upgradeSettings.maxSurge": ("upgrade_settings.max_surge",),
    "upgradeSettings.drainTimeoutInMinutes": ("upgrade_settings.drain_timeout_in_minutes",),
}
"""Path in the API to the attribute: the name of major 4 first, then those of majors 3 and 2."""

FILLED_IN = frozenset({"vm_size", "node_count", "node_labels", "os_disk_size_gb", "os_sku"})
"""Judged attributes that the provider leaves to Azure where the configuration says nothing: they plan as unknown."""


@dataclass(frozen=True)
class MachineAttributes:
    """Where a machine's resource has its size, its number, or several sizes to choose from."""

    kind: str
    size: str
    count: str | None = None
    listed: str | None = None


_VM = MachineAttributes("VM", "size")
_SET = MachineAttributes("scale set", "sku", "instances")

MACHINES: Mapping[str, MachineAttributes] = {
    "azurerm_linux_virtual_machine": _VM,
    "azurerm_windows_virtual_machine": _VM,
    "azurerm_virtual_machine": MachineAttributes("VM", "vm_size"),
    "azurerm_linux_virtual_machine_scale_set": _SET,
    "azurerm_windows_virtual_machine_scale_set": _SET,
    "azurerm_virtual_machine_scale_set": MachineAttributes("scale set", "sku.name", "sku.capacity"),
    "azurerm_orchestrated_virtual_machine_scale_set": MachineAttributes(
        "scale set", "sku_name", "instances", listed="sku_profile.vm_sizes"
    ),
}
