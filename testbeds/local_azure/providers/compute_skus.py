"""Microsoft.Compute/skus: every size of a region, with the capabilities, zones and restrictions that Azure has."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from testbeds.local_azure.exchange import JSON_TYPE, ArmError, Reply, Request
from testbeds.local_azure.providers.subscriptions import find_subscription
from testbeds.local_azure.regions import REGIONS, Region, find_region
from testbeds.local_azure.sizes import Size, all_sizes
from testbeds.local_azure.world import Restriction, Subscription, World

_FILTER = re.compile(r"\s*location\s+eq\s+'([^']*)'\s*", re.IGNORECASE)


def list_skus(world: World, request: Request) -> Reply:
    """One element a size and region; without the filter, of all regions at once, as the service does."""
    subscription = find_subscription(world, request)
    regions = _regions_asked(request.query.get("$filter"))
    elements = [element for region in regions for element in _region_elements(subscription, region)]
    chunks = [b'{"value":[', b",".join(elements), b"]}"]
    return Reply(200, chunks, {"Content-Type": JSON_TYPE})


def _regions_asked(text: str | None) -> list[Region]:
    if text is None:
        return list(REGIONS.values())
    match = _FILTER.fullmatch(text)
    if match is None:
        raise ArmError(
            400, "BadRequest", f"The filter '{text}' is not supported; the only one is location eq 'REGION'."
        )
    region = find_region(match.group(1))
    return [region] if region else []


def _region_elements(subscription: Subscription, region: Region) -> list[bytes]:
    restricted = {name: found for (place, name), found in subscription.restrictions.items() if place == region.name}
    elements = [
        _sku(size, region, restricted[key]) if key in restricted else _plain_sku(size.name, region.name)
        for key, size in all_sizes().items()
        if region.name in size.regions
    ]
    return [*elements, *_other_resources(region)]


@functools.cache
def _plain_sku(name: str, region: str) -> bytes:
    return _sku(all_sizes()[name.lower()], REGIONS[region], [])


def _sku(size: Size, region: Region, restrictions: list[Restriction]) -> bytes:
    head = {
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.removeprefix("Standard_"),
        "family": size.family,
        "locations": [region.name],
        "locationInfo": [_location_info(size, region)],
        "restrictions": [_restriction(region, restriction) for restriction in restrictions],
    }
    # The capabilities are the bulk of an element and the same in every region: encoded once a size.
    return json.dumps(head, separators=(",", ":")).encode()[:-1] + b',"capabilities":' + _capabilities(size.name) + b"}"


def _location_info(size: Size, region: Region) -> dict[str, Any]:
    zones = list(size.zones(region))
    ultra = [{"name": "UltraSSDAvailable", "value": "True"}]
    return {
        "location": region.name,
        "zones": zones,
        "zoneDetails": [{"Name": zones, "capabilities": ultra}] if zones and size.sku is None else [],
    }


def _restriction(region: Region, restriction: Restriction) -> dict[str, Any]:
    info: dict[str, Any] = {"locations": [region.name]}
    if restriction.zones:
        info["zones"] = list(restriction.zones)
    return {
        "type": "Zone" if restriction.zones else "Location",
        "values": [region.name],
        "restrictionInfo": info,
        "reasonCode": restriction.reason,
    }


@functools.cache
def _capabilities(name: str) -> bytes:
    pairs = _capability_values(all_sizes()[name.lower()])
    return json.dumps([{"name": key, "value": value} for key, value in pairs.items()], separators=(",", ":")).encode()


def _capability_values(size: Size) -> dict[str, str]:
    values = {
        "MaxResourceVolumeMB": size.temp_disk_gib * 1024,
        "OSVhdSizeMB": 1047552,
        "vCPUs": size.vcpus,
        "MemoryPreservingMaintenanceSupported": size.sku is None,
        "HyperVGenerations": "V2" if _is_new(size) else "V1,V2",
        "MemoryGB": size.memory_gib,
        "MaxDataDiskCount": min(64, max(4, size.vcpus * 2)),
        "CpuArchitectureType": size.architecture,
        "LowPriorityCapable": size.spot_capable,
        "PremiumIO": True,
        "VMDeploymentTypes": "IaaS",
        "vCPUsAvailable": size.vcpus,
        "vCPUsPerCore": 1 if size.sku else 2,
        "CombinedTempDiskAndCachedIOPS": size.vcpus * 2000,
        "CombinedTempDiskAndCachedReadBytesPerSecond": size.vcpus * 16777216,
        "CombinedTempDiskAndCachedWriteBytesPerSecond": size.vcpus * 16777216,
        "UncachedDiskIOPS": size.vcpus * 1600,
        "UncachedDiskBytesPerSecond": size.vcpus * 25165824,
        "EphemeralOSDiskSupported": bool(size.temp_disk_gib or size.cache_gib or size.nvme_gib),
        "EncryptionAtHostSupported": True,
        "CapacityReservationSupported": size.sku is None,
        "AcceleratedNetworkingEnabled": True,
        "RdmaEnabled": bool(size.sku and size.sku.rdma),
        "MaxNetworkInterfaces": min(8, max(2, size.vcpus // 4)),
        "UltraSSDAvailable": True,
    }
    return {key: _text(value) for key, value in {**values, **_sometimes(size)}.items()}


def _sometimes(size: Size) -> dict[str, object]:
    found: dict[str, object] = {}
    if size.gpus is not None:
        found["GPUs"] = size.gpus
    if size.cache_gib:
        found["CachedDiskBytes"] = size.cache_gib * 1024**3
    if size.temp_disk_gib or size.cache_gib:
        found["SupportedEphemeralOSDiskPlacements"] = "ResourceDisk,CacheDisk"
    if size.nvme_gib:
        found["NvmeDiskSizeInMiB"] = int(size.nvme_gib * 1024)
        found["DiskControllerTypes"] = "SCSI,NVMe"
    if size.sku is not None and size.sku.retirement_date is not None:
        found["RetirementDateUtc"] = size.sku.retirement_date.strftime("%m/%d/%Y")
    return found


def _is_new(size: Size) -> bool:
    return size.name.endswith(("_v4", "_v5", "_v6"))


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _other_resources(region: Region) -> list[bytes]:
    kinds = (
        ("disks", "Premium_LRS", "P30"),
        ("disks", "StandardSSD_LRS", "E10"),
        ("availabilitySets", "Aligned", None),
    )
    return [
        json.dumps(
            {
                "resourceType": kind,
                "name": name,
                "size": size,
                "locations": [region.name],
                "locationInfo": [{"location": region.name, "zones": list(region.zones), "zoneDetails": []}],
                "capabilities": [{"name": "MaxSizeGiB", "value": "1024"}],
                "restrictions": [],
            },
            separators=(",", ":"),
        ).encode()
        for kind, name, size in kinds
    ]
