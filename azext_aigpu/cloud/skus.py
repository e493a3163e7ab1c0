"""What one region offers: the JSON of the Resource SKUs API, and reading it.

The API knows one filter, the location; without it the answer is over a hundred megabytes. Every capability is a text.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from aigpu_contract.reading import Reading
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.facts import Restriction, SkuOffer
from azext_aigpu.cloud.readings import take_reading
from azext_aigpu.cloud.shape import as_list, as_object, as_text, as_texts, optional_text

API_VERSION = "2021-07-01"
PERMISSION = "Microsoft.Compute/skus/read"
_MIB_PER_GIB = 1024
_BYTES_PER_GIB = 1024**3


def parse_skus(rows: Iterable[Any], region: str, sizes: Collection[str] | None = None) -> dict[str, SkuOffer]:
    """Return what `region` offers of `sizes` (all VM sizes when None), by the lower-cased size.

    Raises ValueError where a row that is looked at has another form, where two rows contradict each other, and where
    the region lists no VM size at all: an empty answer must not read as "not offered".
    """
    wanted = None if sizes is None else {size.strip().lower() for size in sizes}
    offers: dict[str, SkuOffer] = {}
    listed = 0
    for row in rows:
        if as_object(row, "an entry").get("resourceType") != "virtualMachines" or not _is_in(row, region):
            continue
        listed += 1
        key = as_text(row.get("name"), "name").lower()
        if wanted is None or key in wanted:
            offer = _parse_offer(row, region)
            if offers.setdefault(key, offer) != offer:
                raise ValueError(f"{offer.size} is listed twice and differently")
    if not listed:
        raise ValueError(f"no VM size at all is listed for {region}")
    return offers


def read_skus(arm: Arm, region: str, sizes: Collection[str] | None = None) -> Reading[Mapping[str, SkuOffer]]:
    """Return what `region` offers of `sizes` (all VM sizes when None)."""
    path = f"/subscriptions/{arm.subscription}/providers/Microsoft.Compute/skus"
    location = {"$filter": f"location eq '{region}'"}
    return take_reading(
        lambda: parse_skus(arm.list_json(path, API_VERSION, location), region, sizes),
        f"the VM sizes on offer in {region}",
        PERMISSION,
    )


def _is_in(row: Mapping[str, Any], region: str) -> bool:
    return any(_same(place, region) for place in as_texts(row.get("locations"), "locations"))


def _parse_offer(row: Mapping[str, Any], region: str) -> SkuOffer:
    size = as_text(row.get("name"), "name")
    said = _Capabilities(size, as_list(row.get("capabilities"), "capabilities"))
    return SkuOffer(
        size=size,
        family=optional_text(row.get("family"), "family"),
        vcpus=said.whole("vCPUs"),
        gpus=said.whole("GPUs"),
        zones=_zones(row, region),
        restrictions=tuple(_restrictions(row, region)),
        low_priority_capable=said.boolean("LowPriorityCapable"),
        cache_gib=said.gib("CachedDiskBytes", _BYTES_PER_GIB),
        temp_disk_gib=said.gib("MaxResourceVolumeMB", _MIB_PER_GIB),
        nvme_gib=said.gib("NvmeDiskSizeInMiB", _MIB_PER_GIB),
        architecture=said.lower("CpuArchitectureType"),
    )


def _zones(row: Mapping[str, Any], region: str) -> tuple[str, ...]:
    zones: set[str] = set()
    for item in as_list(row.get("locationInfo"), "locationInfo"):
        place = as_object(item, "locationInfo")
        if _same(as_text(place.get("location"), "locationInfo.location"), region):
            zones.update(as_texts(place.get("zones"), "zones"))
    return tuple(sorted(zones))


def _restrictions(row: Mapping[str, Any], region: str) -> Iterable[Restriction]:
    for item in as_list(row.get("restrictions"), "restrictions"):
        restriction = as_object(item, "a restriction")
        details = as_object(restriction.get("restrictionInfo") or {}, "restrictionInfo")
        places = as_texts(details.get("locations"), "restrictionInfo.locations")
        if not places or any(_same(place, region) for place in places):
            yield Restriction(
                kind=as_text(restriction.get("type"), "type of a restriction"),
                reason_code=as_text(restriction.get("reasonCode"), "reasonCode"),
                zones=tuple(sorted(as_texts(details.get("zones"), "restrictionInfo.zones"))),
            )


def _same(place: str, region: str) -> bool:
    return place.replace(" ", "").lower() == region


class _Capabilities:
    """The capabilities of one size; a name that is not there is None, a value that is no number a ValueError."""

    def __init__(self, size: str, listed: Iterable[Any]) -> None:
        self._size = size
        pairs = [as_object(item, "a capability") for item in listed]
        self._values = {str(pair.get("name")): str(pair.get("value")) for pair in pairs}

    def number(self, name: str) -> float | None:
        if name not in self._values:
            return None
        with contextlib.suppress(ValueError):
            number = float(self._values[name])
            if math.isfinite(number):
                return number
        raise ValueError(f"capability {name} of {self._size} is {self._values[name]!r}, not a number")

    def whole(self, name: str) -> int | None:
        number = self.number(name)
        if number is not None and (number < 0 or not number.is_integer()):
            raise ValueError(f"capability {name} of {self._size} is {self._values[name]!r}, not a whole number")
        return None if number is None else int(number)

    def gib(self, name: str, units_per_gib: int) -> float | None:
        number = self.number(name)
        return None if number is None else number / units_per_gib

    def boolean(self, name: str) -> bool | None:
        return {"true": True, "false": False}.get(self._values.get(name, "").lower())

    def lower(self, name: str) -> str | None:
        return self._values[name].lower() if name in self._values else None
