"""What the service writes into a pool: defaults for what was not asked, and the fields that only it sets."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from testbeds.local_azure.sizes import Size, find_size

DEFAULT_SIZE = "Standard_D4s_v5"
SPOT_TAINT = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"
SPOT_LABEL = "kubernetes.azure.com/scalesetpriority"
_IMAGE = "2511.02.0"
_DROPPED_WHEN_EMPTY = ("nodeTaints", "nodeLabels", "tags", "availabilityZones")
# The service completes these objects; any other is taken as it comes.
_COMPLETED = ("upgradeSettings", "securityProfile")
# Only the service writes these; a value in a request body is ignored.
READ_ONLY = ("provisioningState", "eTag", "currentOrchestratorVersion", "status")


def build_pool_properties(asked: Mapping[str, Any], cluster_version: str) -> dict[str, Any]:
    """The stored properties of a new pool: what was asked, the service's defaults, no empty lists."""
    wanted = {key: copy.deepcopy(value) for key, value in asked.items() if value is not None and key not in READ_ONLY}
    wanted["vmSize"] = wanted.get("vmSize") or DEFAULT_SIZE
    properties = _merged(_defaults(wanted, cluster_version), wanted)
    if properties.get("scaleSetPriority") == "Spot":
        _add_spot_marks(properties)
    properties["currentOrchestratorVersion"] = cluster_version
    return {key: value for key, value in properties.items() if value or key not in _DROPPED_WHEN_EMPTY}


def _merged(defaults: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**defaults, **asked}
    for key in _COMPLETED:
        if isinstance(asked.get(key), dict):
            merged[key] = {**defaults[key], **asked[key]}
    return merged


def _defaults(asked: Mapping[str, Any], cluster_version: str) -> dict[str, Any]:
    size = find_size(str(asked["vmSize"]))
    defaults = {
        "count": asked.get("minCount", 1),
        "osDiskSizeGB": 128,
        "osDiskType": _os_disk_type(size, int(asked.get("osDiskSizeGB") or 128)),
        "kubeletDiskType": "OS",
        "workloadRuntime": "OCIContainer",
        "maxPods": 110,
        "type": "VirtualMachineScaleSets",
        "enableAutoScaling": False,
        "scaleDownMode": "Delete",
        "powerState": {"code": "Running"},
        "orchestratorVersion": cluster_version,
        "enableNodePublicIP": False,
        "mode": "User",
        "enableEncryptionAtHost": False,
        "enableUltraSSD": False,
        "osType": "Linux",
        "osSKU": "Ubuntu",
        "nodeImageVersion": _image(size, str(asked.get("osSKU") or "Ubuntu")),
        "upgradeSettings": {"maxSurge": "10%", "maxUnavailable": "0"},
        "enableFIPS": False,
        "securityProfile": {"sshAccess": "LocalUser", "enableVTPM": False, "enableSecureBoot": False},
    }
    if size is not None and size.is_nvidia:
        defaults["gpuProfile"] = {"driver": "Install"}
    return defaults


def _os_disk_type(size: Size | None, wanted_gib: int) -> str:
    room = max(size.temp_disk_gib, size.cache_gib, int(size.nvme_gib)) if size else 0
    return "Ephemeral" if room >= wanted_gib else "Managed"


def _image(size: Size | None, os_sku: str) -> str:
    family = "AKSAzureLinux-V3gen2" if os_sku.startswith("AzureLinux") else "AKSUbuntu-2204gen2containerd"
    if size is not None and size.architecture == "Arm64":
        family = family.replace("gen2", "gen2arm64")
    return f"{family}-{_IMAGE}"


def _add_spot_marks(properties: dict[str, Any]) -> None:
    properties.setdefault("scaleSetEvictionPolicy", "Delete")
    properties.setdefault("spotMaxPrice", -1)
    taints = properties.setdefault("nodeTaints", [])
    if SPOT_TAINT not in taints:
        taints.append(SPOT_TAINT)
    properties.setdefault("nodeLabels", {}).setdefault(SPOT_LABEL, "spot")
