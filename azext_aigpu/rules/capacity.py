"""How many vCPUs a pool takes and how many the quota leaves: arithmetic for the rules that look at quota."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.facts import CloudFacts, Reservation, SkuOffer, Usage
from azext_aigpu.rules.offer import offer_of, region_of
from azext_aigpu.spec import PoolSpec

REGIONAL = "cores"
SPOT = "lowPriorityCores"
"""Spot nodes of every family count against this one quota of the region, and against no other."""

DEFAULT_MAX_SURGE = "10%"
"""What AKS takes for `maxSurge` when nothing is given (the API's docstring)."""

_SURGE = re.compile(r"(\d{1,4})(%?)")


@dataclass(frozen=True)
class Room:
    """What the quotas leave for one size. `covered` are nodes that need no quota any more: they exist already."""

    vcpus: int
    usages: tuple[Usage, ...]
    covered: int
    reserved: int

    def needed(self, nodes: int) -> int:
        """Return the vCPUs that have to be free for `nodes` nodes in all."""
        return max(0, nodes - self.covered - self.reserved) * self.vcpus

    def too_small(self, nodes: int) -> tuple[Usage, ...]:
        """Return the quotas that do not leave enough for `nodes` nodes in all."""
        return tuple(usage for usage in self.usages if self.needed(nodes) > usage.left)

    def too_small_at_best(self, nodes: int) -> bool:
        """Return whether a quota does not leave enough even where what stands earlier takes no more than is sure."""
        return any(self.needed(nodes) > usage.left_at_best for usage in self.usages)

    def exceeds_limit(self, nodes: int) -> bool:
        """Return whether `nodes` nodes fit in no case: those that exist count against the limit too."""
        return any(nodes * self.vcpus > usage.limit for usage in self.usages)

    def most_nodes(self) -> int:
        """Return how many nodes in all the quotas leave room for."""
        return self.covered + self.reserved + min(usage.left for usage in self.usages) // self.vcpus


def read_room(spec: PoolSpec, cloud: CloudFacts) -> Reading[Room]:
    """Return the room for the size of `spec`, or Unknown naming the first thing that could not be read.

    Nodes that exist, and nodes of a reservation, count only where they were really read.
    """
    if isinstance(cloud.usages, Unknown):
        return cloud.usages
    offer = offer_of(spec, cloud)
    live = None if isinstance(offer, Unknown) else offer.value
    vcpus = vcpus_of(spec, live)
    if not vcpus:
        return Unknown(f"neither Azure's answer nor the catalogue says how many vCPUs {spec.node_vm_size} has")
    names = quota_names(spec, live)
    if names is None:
        return Unknown(f"neither Azure's answer nor the catalogue says which quota {spec.node_vm_size} counts against")
    usages = [cloud.usages.value.get(name.lower()) for name in names]
    for name, usage in zip(names, usages, strict=True):
        if usage is None:
            return Unknown(f"the quota {name!r} is not in Azure's answer")
    found = tuple(usage for usage in usages if usage is not None)
    return Known(Room(vcpus, found, existing_nodes(spec, cloud), reserved_nodes(spec, cloud)))


def vcpus_of(spec: PoolSpec, live: SkuOffer | None) -> int | None:
    """Return the vCPUs of a node, by Azure's own answer before the catalogue's; None where neither knows."""
    return (live.vcpus if live else None) or (spec.sku.vcpus if spec.sku else None)


def quota_names(spec: PoolSpec, live: SkuOffer | None) -> tuple[str, ...] | None:
    """Return the quotas that nodes of `spec` count against, or None where the family is unknown."""
    if spec.is_spot:
        return (SPOT,)
    family = (live.family if live else None) or (spec.sku.quota_family if spec.sku else None)
    return (family, REGIONAL) if family else None


def existing_nodes(spec: PoolSpec, cloud: CloudFacts) -> int:
    """Return how many nodes of this very pool exist already: the usages count them."""
    pools = () if isinstance(cloud.pools, Unknown) else cloud.pools.value
    size = (spec.node_vm_size or "").strip().lower()
    return sum(
        pool.count
        for pool in pools
        if pool.name.lower() == spec.name.lower() and str(pool.properties.get("vmSize", "")).lower() == size
    )


def reserved_nodes(spec: PoolSpec, cloud: CloudFacts) -> int:
    """Return the free nodes of the capacity reservation group: their quota was taken when they were reserved."""
    return sum(reservation.free for reservation in reservations_for(spec, cloud))


def reservations_for(spec: PoolSpec, cloud: CloudFacts) -> tuple[Reservation, ...]:
    """Return the reservations of the named group that nodes of `spec` can use: of their size, region and zones.

    Azure wants size, region and zone of a machine to be those of the reservation ("On-demand capacity reservation").
    """
    if spec.crg_id is None or not isinstance(cloud.reservations, Known):
        return ()
    size, zones = (spec.node_vm_size or "").strip().lower(), set(spec.zones or ())
    regions = ("", region_of(cloud).replace(" ", "").lower())
    return tuple(
        one
        for one in cloud.reservations.value
        if one.size.lower() == size and one.region in regions and (set(one.zones) <= zones if one.zones else not zones)
    )


def unread_relief(spec: PoolSpec, cloud: CloudFacts) -> Iterator[str]:
    """Yield why nodes that may need no quota could not be counted; nothing where all was read."""
    if isinstance(cloud.pools, Unknown):
        yield f"the pools of the cluster: {cloud.pools.reason}"
    if spec.crg_id is not None and not isinstance(cloud.reservations, Known):
        reason = cloud.reservations.reason if cloud.reservations else "it was not read"
        yield f"the capacity reservation group: {reason}"


def surge_nodes(spec: PoolSpec, nodes: int) -> int | None:
    """Return how many nodes an upgrade of `nodes` nodes adds for a while; None where `max_surge` is not readable.

    A percentage rounds up. Spot pools are upgraded without surge nodes (AKS's documentation on spot pools).
    """
    if spec.is_spot:
        return 0
    match = _SURGE.fullmatch((spec.max_surge or DEFAULT_MAX_SURGE).strip())
    if match is None:
        return None
    number = int(match.group(1))
    return math.ceil(nodes * number / 100) if match.group(2) else number
