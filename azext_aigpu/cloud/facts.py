"""What was read from the cloud, as plain data. Every reading is known, or unknown with the reason why."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

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
    def count(self) -> int:
        """Return the number of nodes that the pool has now."""
        return int(self.properties.get("count") or 0)

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
    """vCPUs used and allowed for one quota name of one region."""

    name: str
    current: int
    limit: int

    @property
    def left(self) -> int:
        """Return the vCPUs that are left, never below 0."""
        return max(0, self.limit - self.current)


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
    """A capacity reservation group's room for one size, in nodes."""

    size: str
    reserved: int
    used: int

    @property
    def free(self) -> int:
        """Return the reserved nodes that are not used yet."""
        return max(0, self.reserved - self.used)


@dataclass(frozen=True)
class CloudFacts:
    """Everything the cloud rules may look at. What was not read is Unknown, never empty.

    `skus` is keyed by the lower-cased size and holds the one region; `usages` by the lower-cased quota name; `prices`
    by the lower-cased size. `reservation` is None when no capacity reservation group was named. `region` is the one
    that was asked about where no cluster was read.
    """

    cluster: Reading[Cluster] = _NOT_READ
    pools: Reading[tuple[Pool, ...]] = _NOT_READ
    skus: Reading[Mapping[str, SkuOffer]] = _NOT_READ
    usages: Reading[Mapping[str, Usage]] = _NOT_READ
    prices: Mapping[str, Reading[Price]] = field(default_factory=dict)
    reservation: Reading[Reservation] | None = None
    region: str = ""

    def price_of(self, size: str | None) -> Reading[Price]:
        """Return the price reading of a size."""
        return self.prices.get((size or "").lower(), Unknown("no price was read for this size"))
