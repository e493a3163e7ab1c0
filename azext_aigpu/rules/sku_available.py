"""The size must be offered to this subscription in the region, in the zones and at the priority asked for."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Unknown
from azext_aigpu.cloud.facts import CloudFacts, Restriction, SkuOffer
from azext_aigpu.rules.offer import offer_of, region_of, step_to_read
from azext_aigpu.rules.sizes import refused_elsewhere
from azext_aigpu.spec import PoolSpec

ID = "sku-available"
READS: tuple[str, ...] = ("node_vm_size", "zones", "priority")
WAIVABLE = False
ARM_ENFORCES = True


def review(spec: PoolSpec, cloud: CloudFacts) -> Iterator[Finding]:
    """Judge by Azure's answer for the region: offered at all, restrictions, zones, spot."""
    skipped = refused_elsewhere(spec, ID)
    if skipped:
        yield skipped
        return
    offer = offer_of(spec, cloud)
    if isinstance(offer, Unknown):
        step = step_to_read(cloud, "Microsoft.Compute/skus/read")
        yield _unknown(spec, "the sizes of the region could not be read", offer.reason, step)
    elif offer.value is None:
        yield _not_in_region(spec, cloud)
    else:
        yield from _review_offer(spec, cloud, offer.value)


def _review_offer(spec: PoolSpec, cloud: CloudFacts, offer: SkuOffer) -> Iterator[Finding]:
    whole = [item for item in offer.restrictions if item.kind.lower() == "location"]
    if whole:
        yield _restricted(spec, cloud, whole[0])
        return
    strange = [item for item in offer.restrictions if item.kind.lower() not in ("location", "zone")]
    if strange:
        seen = f"restriction of kind {strange[0].kind!r}, {strange[0].reason_code}"
        yield _unknown(spec, "Azure restricts it in a way that is not understood", seen, _look(spec, cloud))
    if spec.zones:
        yield from _review_zones(spec, cloud, offer, spec.zones)
    if spec.is_spot:
        yield from _review_spot(spec, cloud, offer)


def _review_zones(spec: PoolSpec, cloud: CloudFacts, offer: SkuOffer, asked: tuple[str, ...]) -> Iterator[Finding]:
    zoned = [item for item in offer.restrictions if item.kind.lower() == "zone"]
    restricted = {zone for item in zoned for zone in item.zones}
    closed = [zone for zone in asked if zone not in offer.zones or zone in restricted]
    free = sorted(zone for zone in offer.zones if zone not in restricted)
    if closed:
        yield _no_zone(spec, cloud, closed, free)
    elif any(not item.zones for item in zoned):
        why, seen = "Azure does not say in which zones it restricts it", "a Zone restriction without zones"
        yield _unknown(spec, why, seen, _look(spec, cloud))


def _review_spot(spec: PoolSpec, cloud: CloudFacts, offer: SkuOffer) -> Iterator[Finding]:
    if offer.low_priority_capable is None:
        why = "Azure does not say whether it comes as spot"
        yield _unknown(spec, why, "no capability LowPriorityCapable", _look(spec, cloud))
    elif not offer.low_priority_capable:
        yield Finding(
            ID,
            "NoSpot",
            Status.FAIL,
            f"{spec.node_vm_size} does not come as spot in {region_of(cloud)}",
            seen="LowPriorityCapable False",
            wanted="a size that comes as spot",
            next_step="leave --priority Spot out, or take another size or region",
        )


def _not_in_region(spec: PoolSpec, cloud: CloudFacts) -> Finding:
    region = region_of(cloud)
    return Finding(
        ID,
        "SizeNotInRegion",
        Status.FAIL,
        f"{spec.node_vm_size} is not offered in {region}",
        seen=f"not among the sizes that Azure lists for {region}",
        wanted=f"a size of {region}",
        next_step=f"az aigpu sku list -l {region} shows what there is",
    )


def _restricted(spec: PoolSpec, cloud: CloudFacts, restriction: Restriction) -> Finding:
    region = region_of(cloud)
    quota_id = restriction.reason_code.lower() == "quotaid"
    why = "this kind of subscription does not get it" if quota_id else "this subscription does not get it"
    step = "take another subscription (this one's offer type excludes the size)" if quota_id else "ask Azure support"
    return Finding(
        ID,
        "SizeRestricted",
        Status.FAIL,
        f"{spec.node_vm_size} is restricted in {region}: {why}",
        seen=f"restriction {restriction.reason_code} on the whole region",
        wanted="a size without restriction",
        next_step=f"{step}, or az aigpu sku list -l {region} for other sizes",
    )


def _no_zone(spec: PoolSpec, cloud: CloudFacts, closed: list[str], free: list[str]) -> Finding:
    several = "s" if len(closed) > 1 else ""
    zones = f"--zones {' '.join(free)}, or " if free else ""
    return Finding(
        ID,
        "ZoneNotAvailable",
        Status.FAIL,
        f"{spec.node_vm_size} is not available in zone{several} {', '.join(closed)} of {region_of(cloud)}",
        seen=f"zones available to this subscription: {', '.join(free) or 'none'}",
        wanted=f"zone{'s' if len(spec.zones or ()) > 1 else ''} {', '.join(spec.zones or ())}",
        next_step=f"{zones}leave --zones out for a pool without zones",
    )


def _look(spec: PoolSpec, cloud: CloudFacts) -> str:
    return f"az aigpu sku show --size {spec.node_vm_size} -l {region_of(cloud)} shows the size, or let Azure decide"


def _unknown(spec: PoolSpec, why: str, seen: str, step: str) -> Finding:
    return Finding(
        ID,
        "AvailabilityUnknown",
        Status.UNKNOWN,
        f"it is not known whether {spec.node_vm_size} can be had: {why}",
        seen=seen,
        wanted="an offer without restriction",
        next_step=step,
    )
