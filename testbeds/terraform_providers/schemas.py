"""The attributes that the stand-ins have: names and kinds of azurerm 3.117 and 4.x and of azapi 2.

An attribute is (type, kind): `r` required, `o` optional, `c` computed, `oc` both, `s` optional and sensitive, `sc`
computed and sensitive. A block is a mapping of attributes, with its own blocks behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Attributes = Mapping[str, tuple[str, str]]
Resource = tuple[Attributes, Mapping[str, Any]]

STRING, NUMBER, BOOL, DYNAMIC = '"string"', '"number"', '"bool"', '"dynamic"'
LIST, SET, MAP = '["list","string"]', '["set","string"]', '["map","string"]'

_COMMON: Attributes = {
    "id": (STRING, "c"),
    "name": (STRING, "r"),
    "location": (STRING, "r"),
    "resource_group_name": (STRING, "r"),
    "tags": (MAP, "o"),
}
_UPGRADE: Attributes = {
    "max_surge": (STRING, "o"),
    "max_unavailable": (STRING, "o"),
    "drain_timeout_in_minutes": (NUMBER, "o"),
    "node_soak_duration_in_minutes": (NUMBER, "o"),
}
_OS_DISK: Mapping[str, Attributes] = {
    "os_disk": {
        "caching": (STRING, "r"),
        "storage_account_type": (STRING, "o"),
        "disk_size_gb": (NUMBER, "oc"),
    }
}


def resources_of(provider: str, major: int) -> Mapping[str, Resource]:
    """The resources of `azurerm` of a major version, or of `azapi`."""
    return _azapi() if provider == "azapi" else {**_kubernetes(major), **_machines(major)}


def _pool(major: int) -> Attributes:
    scaling, encryption = (
        ("auto_scaling_enabled", "host_encryption_enabled")
        if major == 4
        else ("enable_auto_scaling", "enable_host_encryption")
    )
    optional = [
        "os_disk_type",
        "vnet_subnet_id",
        "gpu_instance",
        "capacity_reservation_group_id",
        "snapshot_id",
        "host_group_id",
        "proximity_placement_group_id",
        "scale_down_mode",
        "workload_runtime",
        "temporary_name_for_rotation",
        *(["gpu_driver"] if major == 4 else []),
    ]
    return {
        "name": (STRING, "r"),
        "vm_size": (STRING, "oc" if major == 4 else "r"),
        "node_count": (NUMBER, "oc"),
        "min_count": (NUMBER, "o"),
        "max_count": (NUMBER, "o"),
        scaling: (BOOL, "o"),
        encryption: (BOOL, "o"),
        "fips_enabled": (BOOL, "o"),
        "ultra_ssd_enabled": (BOOL, "o"),
        "max_pods": (NUMBER, "oc"),
        "node_labels": (MAP, "oc"),
        "node_taints": (LIST, "o"),
        "os_disk_size_gb": (NUMBER, "oc"),
        "os_sku": (STRING, "oc"),
        "kubelet_disk_type": (STRING, "oc"),
        "orchestrator_version": (STRING, "oc"),
        "zones": (SET, "o"),
        "tags": (MAP, "o"),
        **dict.fromkeys(optional, (STRING, "o")),
    }


def _kubernetes(major: int) -> dict[str, Resource]:
    pool = _pool(major)
    default = {**pool, "type": (STRING, "o"), "only_critical_addons_enabled": (BOOL, "o")}
    own = dict.fromkeys(("mode", "os_type", "priority", "eviction_policy"), (STRING, "o"))
    cluster = {
        **_COMMON,
        "dns_prefix": (STRING, "o"),
        "kubernetes_version": (STRING, "oc"),
        "node_resource_group": (STRING, "oc"),
        "fqdn": (STRING, "c"),
        "kube_config_raw": (STRING, "sc"),
    }
    identity = {"type": (STRING, "r"), "principal_id": (STRING, "c")}
    return {
        "azurerm_resource_group": ({key: _COMMON[key] for key in ("id", "name", "location", "tags")}, {}),
        "azurerm_kubernetes_cluster": (
            cluster,
            {"default_node_pool": (default, {"upgrade_settings": _UPGRADE}), "identity": identity},
        ),
        "azurerm_kubernetes_cluster_node_pool": (
            {
                **pool,
                **own,
                "id": (STRING, "c"),
                "kubernetes_cluster_id": (STRING, "r"),
                "spot_max_price": (NUMBER, "o"),
            },
            {"upgrade_settings": _UPGRADE},
        ),
    }


def _machines(major: int) -> dict[str, Resource]:
    machine = {
        **_COMMON,
        "size": (STRING, "r"),
        "zone": (STRING, "o"),
        "priority": (STRING, "o"),
        "eviction_policy": (STRING, "o"),
        "admin_username": (STRING, "o"),
        "admin_password": (STRING, "s"),
        "computer_name": (STRING, "oc"),
        "network_interface_ids": (LIST, "o"),
    }
    scale_set = {
        **_COMMON,
        "sku": (STRING, "r"),
        "instances": (NUMBER, "o"),
        "zones": (SET, "o"),
        "priority": (STRING, "o"),
        "admin_username": (STRING, "o"),
        "admin_password": (STRING, "s"),
        "unique_id": (STRING, "c"),
    }
    flexible = {
        **_COMMON,
        "sku_name": (STRING, "o"),
        "instances": (NUMBER, "oc"),
        "zones": (SET, "o"),
        "priority": (STRING, "o"),
        "platform_fault_domain_count": (NUMBER, "o"),
    }
    choice = {"sku_profile": {"allocation_strategy": (STRING, "r"), "vm_sizes": (SET, "r")}}
    old = {**_COMMON, "vm_size": (STRING, "r"), "network_interface_ids": (LIST, "o"), "zones": (LIST, "o")}
    found: dict[str, Resource] = {
        "azurerm_linux_virtual_machine": (machine, _OS_DISK),
        "azurerm_windows_virtual_machine": (machine, _OS_DISK),
        "azurerm_virtual_machine": (old, {}),
        "azurerm_linux_virtual_machine_scale_set": (scale_set, _OS_DISK),
        "azurerm_windows_virtual_machine_scale_set": (scale_set, _OS_DISK),
        "azurerm_orchestrated_virtual_machine_scale_set": (flexible, choice),
    }
    if major < 4:
        sku = {"sku": {"name": (STRING, "r"), "tier": (STRING, "oc"), "capacity": (NUMBER, "r")}}
        uniform = {**_COMMON, "zones": (LIST, "o"), "priority": (STRING, "o")}
        found["azurerm_virtual_machine_scale_set"] = (uniform, sku)
    return found


def _azapi() -> dict[str, Resource]:
    resource = {
        "id": (STRING, "c"),
        "type": (STRING, "r"),
        "name": (STRING, "oc"),
        "parent_id": (STRING, "oc"),
        "location": (STRING, "oc"),
        "tags": (MAP, "oc"),
        "body": (DYNAMIC, "o"),
        "output": (DYNAMIC, "c"),
        "schema_validation_enabled": (BOOL, "o"),
    }
    return {"azapi_resource": (resource, {})}
