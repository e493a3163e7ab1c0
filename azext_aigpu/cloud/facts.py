"""What was read from the cloud, as plain data. Every reading is known, or unknown with the reason why."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from aigpu_contract.reading import Reading, Unknown

_NOT_READ = Unknown("it was not read")


@dataclass(frozen=True)
class Cluster:
    """The managed cluster. `node_provisioning_mode` is `Manual`, `Auto` or None where the service does not say."""

    id: str
    name: str
    location: str
    kubernetes_version: str | None
    provisioning_state: str
    power_state: str
    node_provisioning_mode: str | None
    node_os_upgrade_channel: str | None
    upgrade_channel: str | None

    @property
    def resource_group(self) -> str:
        """Return the resource group, out of the id."""
        parts = self.id.split("/")
        return parts[4] if len(parts) > 4 else ""


@dataclass(frozen=True)
class Pool:
    """An agent pool as the API gave it; `properties` keeps keys that this version does not know."""

    id: str
    name: str
    etag: str | None
    properties: Mapping[str, Any]

    @property
    def provisioning_state(self) -> str:
        """Return `Succeeded`, `Failed`, `Creating`, ... as Azure says it."""
        return str(self.properties.get("provisioningState", ""))

    @property
    def nodes(self) -> int | None:
        """Return the number of nodes that the pool has now, None where Azure's answer does not say."""
        count = self.properties.get("count")
        return None if count is None else int(count)

    @property
    def count(self) -> int:
        """Return the number of nodes that are sure to be there, for messages and for what exists already."""
        return self.nodes or 0

    def describe_nodes(self) -> str:
        """Return the number of nodes in words: `2`, or UNKNOWN."""
        return "UNKNOWN" if self.nodes is None else str(self.nodes)

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the node labels."""
        return self.properties.get("nodeLabels") or {}

    @property
    def tags(self) -> Mapping[str, str]:
        """Return the pool's tags."""
        return self.properties.get("tags") or {}

    @property
    def taints(self) -> tuple[str, ...]:
        """Return the taints as Azure writes them."""
        return tuple(self.properties.get("nodeTaints") or ())


@dataclass(frozen=True)
class Restriction:
    """Why a size cannot be used: kind `Location` or `Zone`; an empty `zones` of kind Zone names none."""

    kind: str
    reason_code: str
    zones: tuple[str, ...] = ()


@dataclass(frozen=True)
class SkuOffer:
    """One size in one region, as the Resource SKUs API offers it. Sizes in GiB.

    `gpus` is the API's own claim: it counts FPGAs and AMD cards and leaves out GB200, so it is a second witness only.
    """

    size: str
    family: str | None
    vcpus: int | None
    gpus: int | None
    zones: tuple[str, ...]
    restrictions: tuple[Restriction, ...]
    low_priority_capable: bool | None = None
    cache_gib: float | None = None
    temp_disk_gib: float | None = None
    nvme_gib: float | None = None
    architecture: str | None = None


@dataclass(frozen=True)
class Usage:
    """vCPUs used and allowed for one quota name of one region.

    `claimed` are vCPUs that what stands earlier in the same document will take, of which Azure knows nothing yet;
    `perhaps` are those that it may take: how much of it there is already is not told.
    """

    name: str
    current: int
    limit: int
    claimed: int = 0
    perhaps: int = 0

    @property
    def left(self) -> int:
        """Return the vCPUs that are left in any case, never below 0."""
        return max(0, self.left_at_best - self.perhaps)

    @property
    def left_at_best(self) -> int:
        """Return the vCPUs that are left where what stands earlier takes no more than is sure, never below 0."""
        return max(0, self.limit - self.current - self.claimed)


class NodeKind(NamedTuple):
    """What has one price: a size in a region, on demand or spot."""

    size: str
    region: str
    spot: bool


@dataclass(frozen=True)
class Price:
    """USD an hour of one node (Linux). `live` tells the price feed's own figure from the dated built-in one."""

    hourly: Decimal
    as_of: datetime.date
    live: bool
    spot: bool = False
    note: str = ""


@dataclass(frozen=True)
class Reservation:
    """One reservation of a capacity reservation group: its room for one size, in nodes.

    It holds for its zones, or without any for nodes of no zone; `region` is "" where Azure does not say it.
    """

    size: str
    reserved: int
    used: int
    zones: tuple[str, ...] = ()
    region: str = ""

    @property
    def free(self) -> int:
        """Return the reserved nodes that are not used yet."""
        return max(0, self.reserved - self.used)


@dataclass(frozen=True)
class CloudFacts:
    """Everything the cloud rules may look at. What was not read is Unknown, never empty.

    `skus` is keyed by the lower-cased size and holds the one region; `usages` by the lower-cased quota name; `prices`
    by the lower-cased size. `reservations` are those of the capacity reservation group that was named, None when none
    was. `region` is the one that was asked about where no cluster was read.
    """

    cluster: Reading[Cluster] = _NOT_READ
    pools: Reading[tuple[Pool, ...]] = _NOT_READ
    skus: Reading[Mapping[str, SkuOffer]] = _NOT_READ
    usages: Reading[Mapping[str, Usage]] = _NOT_READ
    prices: Mapping[str, Reading[Price]] = field(default_factory=dict)
    reservations: Reading[tuple[Reservation, ...]] | None = None
    region: str = ""

    def price_of(self, size: str | None) -> Reading[Price]:
        """Return the price reading of a size."""
        return self.prices.get((size or "").lower(), Unknown("no price was read for this size"))
