"""What the earlier items of one document will take of quotas and reservations, before Azure knows of any of it. Pure.

Two pools that each fit the quota may not fit together, and a reserved node can be used once. Whoever judges several
items folds over them: each one against the cloud as the earlier ones leave it, then adds what it takes itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from aigpu_contract.cpu_sizes import parse_cpu_size
from aigpu_contract.reading import Known, Unknown
from azext_aigpu.cloud.facts import CloudFacts, Reservation, Usage
from azext_aigpu.rules.capacity import (
    REGIONAL,
    existing_nodes,
    quota_names,
    reservations_for,
    reserved_nodes,
    unread_relief,
    vcpus_of,
)
from azext_aigpu.rules.offer import offer_of, region_of
from azext_aigpu.spec import PoolSpec

K = TypeVar("K", bound=Hashable)

_Quota = tuple[str, str, str]
"""Subscription, region and quota name, all in lower case."""

_Held = tuple[str, str, tuple[str, ...]]
"""Id of the capacity reservation group and size, in lower case, and zones."""


@dataclass(frozen=True)
class Claims:
    """vCPUs by quota, and reserved nodes by reservation. `perhaps` are vCPUs that may be in use, or reserved, already.

    `subscription` stands in the methods because each has quotas of its own; "" where all items are in the same one.
    """

    vcpus: Mapping[_Quota, int] = field(default_factory=dict)
    perhaps: Mapping[_Quota, int] = field(default_factory=dict)
    reserved: Mapping[_Held, int] = field(default_factory=dict)

    def leave(self, cloud: CloudFacts, spec: PoolSpec, subscription: str = "") -> CloudFacts:
        """Return `cloud` as `spec` will find it once the earlier items are there."""
        if isinstance(cloud.usages, Known):
            used = {name: self._use(usage, cloud, subscription) for name, usage in cloud.usages.value.items()}
            cloud = dataclasses.replace(cloud, usages=Known(used))
        if spec.crg_id is not None and isinstance(cloud.reservations, Known):
            held = tuple(
                dataclasses.replace(one, used=one.used + self.reserved.get(_held(spec.crg_id, one), 0))
                for one in cloud.reservations.value
            )
            cloud = dataclasses.replace(cloud, reservations=Known(held))
        return cloud

    def _use(self, usage: Usage, cloud: CloudFacts, subscription: str) -> Usage:
        key = _quota(usage.name, cloud, subscription)
        return dataclasses.replace(usage, claimed=self.vcpus.get(key, 0), perhaps=self.perhaps.get(key, 0))

    def add(self, spec: PoolSpec, cloud: CloudFacts, subscription: str = "") -> Claims:
        """Return these claims and those of the first nodes of `spec`; `cloud` is what `leave` returned for it.

        Where nobody tells how many of the nodes run or are reserved already, all that it may take is `perhaps`.
        """
        missing = max(0, spec.first_nodes - existing_nodes(spec, cloud))
        vcpus, names = _demand(spec, cloud)
        taken = dict.fromkeys(
            (_quota(name, cloud, subscription) for name in names),
            max(0, missing - reserved_nodes(spec, cloud)) * vcpus,
        )
        if any(unread_relief(spec, cloud)):
            return dataclasses.replace(self, perhaps=_sum(self.perhaps, taken))
        return Claims(_sum(self.vcpus, taken), self.perhaps, _sum(self.reserved, _draw(spec, cloud, missing)))


def _demand(spec: PoolSpec, cloud: CloudFacts) -> tuple[int, tuple[str, ...]]:
    """Return the vCPUs of a node and the quotas that they count against; of an unknown family it is the region's.

    A size whose vCPUs nobody knows claims nothing: it is UNKNOWN itself.
    """
    offer = offer_of(spec, cloud)
    live = None if isinstance(offer, Unknown) else offer.value
    cpu = parse_cpu_size(spec.node_vm_size or "")
    vcpus = vcpus_of(spec, live) or (cpu.vcpus if cpu else None) or 0
    return vcpus, quota_names(spec, live) or (REGIONAL,)


def _draw(spec: PoolSpec, cloud: CloudFacts, nodes: int) -> dict[_Held, int]:
    """Return how many of `nodes` nodes come out of which reservation."""
    drawn: dict[_Held, int] = {}
    for one in reservations_for(spec, cloud):
        number = min(nodes, one.free)
        nodes -= number
        drawn = _sum(drawn, {_held(spec.crg_id or "", one): number})
    return drawn


def _sum(claims: Mapping[K, int], more: Mapping[K, int]) -> dict[K, int]:
    return {key: claims.get(key, 0) + more.get(key, 0) for key in (*claims, *more)}


def _quota(name: str, cloud: CloudFacts, subscription: str) -> _Quota:
    return subscription.lower(), region_of(cloud).replace(" ", "").lower(), name.lower()


def _held(group: str, reservation: Reservation) -> _Held:
    return group.strip("/").lower(), reservation.size.lower(), reservation.zones
