"""Finds the asked-for size in what Azure offers in the cluster's region."""

from __future__ import annotations

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.facts import CloudFacts, SkuOffer
from azext_aigpu.spec import PoolSpec

NO_REGION = "REGION"
"""What stands in commands to copy where no region is known."""


def offer_of(spec: PoolSpec, cloud: CloudFacts) -> Reading[SkuOffer | None]:
    """Return Azure's offer of the size, None within Known where the region does not have it."""
    if isinstance(cloud.skus, Unknown):
        return cloud.skus
    return Known(cloud.skus.value.get((spec.node_vm_size or "").strip().lower()))


def step_to_read(cloud: CloudFacts, permission: str) -> str:
    """Return what to do where the region's answer could not be read, which takes `permission`."""
    if region_of(cloud) == NO_REGION:
        return "name the region with --location, or get to read the cluster, or let Azure decide"
    return f"try again, with the permission {permission} on the subscription, or let Azure decide"


def region_of(cloud: CloudFacts) -> str:
    """Return the cluster's region, or the one that was asked about, for messages and commands to copy."""
    return (cloud.region or NO_REGION) if isinstance(cloud.cluster, Unknown) else cloud.cluster.value.location
