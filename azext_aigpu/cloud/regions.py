"""What many regions offer, read in parallel, a bounded number at a time; a region that fails is Unknown."""

from __future__ import annotations

import datetime
import functools
import queue
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from aigpu_contract.reading import Reading, Unknown
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.facts import SkuOffer, Usage
from azext_aigpu.cloud.parallel import Started
from azext_aigpu.cloud.readings import take_reading
from azext_aigpu.cloud.shape import as_object, as_text
from azext_aigpu.cloud.skus import read_skus
from azext_aigpu.cloud.usages import read_usages

LOCATIONS_API_VERSION = "2022-12-01"
LOCATIONS_PERMISSION = "Microsoft.Resources/subscriptions/locations/read"
AT_ONCE = 8
PATIENCE_SECONDS = 90.0
"""How long to wait for the next region to answer, with all its retries."""


@dataclass(frozen=True)
class RegionOffer:
    """What one region offers, and the quota there; `read_at` in UTC."""

    region: str
    skus: Reading[Mapping[str, SkuOffer]]
    usages: Reading[Mapping[str, Usage]]
    read_at: datetime.datetime


def read_locations(arm: Arm) -> Reading[tuple[str, ...]]:
    """Return the names of the physical regions that the subscription sees, sorted."""
    path = f"/subscriptions/{arm.subscription}/locations"
    return take_reading(
        lambda: _parse_locations(arm.list_json(path, LOCATIONS_API_VERSION)),
        "the regions of the subscription",
        LOCATIONS_PERMISSION,
    )


def read_regions(
    arm: Arm, regions: Collection[str], sizes: Collection[str], seconds: float = PATIENCE_SECONDS
) -> Iterator[RegionOffer]:
    """Yield the offer of each region as it comes. Raises CallFailed where the login itself fails."""
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()
    waiting = list(regions)
    running: dict[str, Started[RegionOffer]] = {}
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            region = waiting.pop(0)
            running[region] = Started(functools.partial(_read, arm, region, sizes, ended))
        try:
            region = ended.get(timeout=seconds)
        except queue.Empty:
            yield from (_silent(region, seconds) for region in [*running, *waiting])
            return
        yield running.pop(region).result()


def _read(arm: Arm, region: str, sizes: Collection[str], ended: queue.SimpleQueue[str]) -> RegionOffer:
    try:
        offers, usages = read_skus(arm, region, sizes), read_usages(arm, region)
        return RegionOffer(region, offers, usages, datetime.datetime.now(datetime.timezone.utc))
    finally:
        ended.put(region)


def _silent(region: str, seconds: float) -> RegionOffer:
    unknown = Unknown(f"{region} could not be read: Azure did not answer within {seconds:g} s")
    return RegionOffer(region, unknown, unknown, datetime.datetime.now(datetime.timezone.utc))


def _parse_locations(rows: Collection[object]) -> tuple[str, ...]:
    found = [as_object(row, "an entry") for row in rows]
    names = [
        as_text(row.get("name"), "name")
        for row in found
        if as_object(row.get("metadata") or {}, "metadata").get("regionType") != "Logical"
    ]
    if not names:
        raise ValueError("no region at all is listed")
    return tuple(sorted(names))
