"""Microsoft.Compute/locations/usages: vCPU quotas of a region."""

from __future__ import annotations

from typing import Any

from testbeds.local_azure.exchange import ArmError, Reply, Request, json_reply
from testbeds.local_azure.providers.subscriptions import find_subscription
from testbeds.local_azure.quotas import Quota
from testbeds.local_azure.regions import find_region
from testbeds.local_azure.sizes import all_sizes
from testbeds.local_azure.world import World

_FIXED = (
    ("availabilitySets", "Availability Sets", Quota(2500)),
    ("virtualMachines", "Virtual Machines", Quota(25000, used=12)),
    ("virtualMachineScaleSets", "Virtual Machine Scale Sets", Quota(2500, used=4)),
    ("dedicatedVCpus", "Dedicated vCPUs", Quota(0)),
    ("PremiumDiskCount", "Premium Storage Managed Disks", Quota(50000)),
    ("StandardDiskCount", "Standard Storage Managed Disks", Quota(50000)),
)
_REGIONAL = (("cores", "Total Regional vCPUs"), ("lowPriorityCores", "Total Regional Spot vCPUs"))


def list_usages(world: World, request: Request) -> Reply:
    """Every quota of the region, families under the names that the SKUs API uses."""
    subscription = find_subscription(world, request)
    region = find_region(request.parameters["location"])
    if region is None:
        raise ArmError(
            400,
            "NoRegisteredProviderFound",
            f"No registered resource provider found for location '{request.parameters['location']}'.",
        )
    families = [
        (family, f"{_title(family)} vCPUs") for family in sorted({size.family for size in all_sizes().values()})
    ]
    entries = [_entry(name, text, quota) for name, text, quota in _FIXED]
    entries += [_entry(name, text, subscription.quota(region.name, name)) for name, text in (*_REGIONAL, *families)]
    return json_reply({"value": entries})


def _title(family: str) -> str:
    return (
        family.removeprefix("standard").removeprefix("Standard").strip().replace("Family", " Family").replace("  ", " ")
    )


def _entry(name: str, text: str, quota: Quota) -> dict[str, Any]:
    return {
        "unit": "Count",
        "currentValue": quota.used,
        "limit": quota.limit,
        "name": {"value": name, "localizedValue": text},
    }
