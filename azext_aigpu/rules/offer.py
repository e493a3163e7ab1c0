"""Finds the asked-for size in what Azure offers in the cluster's region."""

from __future__ import annotations

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.facts import CloudFacts, SkuOffer
from azext_aigpu.spec import PoolSpec


def offer_of(spec: PoolSpec, cloud: CloudFacts) -> Reading[SkuOffer | None]:
    """Return Azure's offer of the size, None within Known where the region does not have it."""
    if isinstance(cloud.skus, Unknown):
        return cloud.skus
    return Known(cloud.skus.value.get((spec.node_vm_size or "").strip().lower()))


def region_of(cloud: CloudFacts) -> str:
    """Return the cluster's region, or the one that was asked about, for messages and commands to copy."""
    return (cloud.region or "REGION") if isinstance(cloud.cluster, Unknown) else cloud.cluster.value.location
