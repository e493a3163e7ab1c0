"""Built-in prices: dated list prices for when the price feed was not asked. Read once from `prices.json`.

The file is made by `tools/build_catalogue.py` from stored answers of the Azure Retail Prices API: USD an hour, Linux,
on demand, before discounts. A dated figure is better than silence, and worse than the feed: say its date.
"""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.facts import Price

_FILE = Path(__file__).with_name("prices.json")
_USUAL_REGION = "eastus"

STAND_IN = "the price on demand stands in for the spot price"


@dataclass(frozen=True)
class BuiltinPrice:
    """USD an hour of one node in `region`, as it was on `as_of`."""

    hourly: Decimal
    as_of: datetime.date
    region: str


def builtin_price(size: str, region: str | None = None) -> BuiltinPrice | None:
    """Return the stored price of `size` in `region`, or None where none is stored.

    Without a region: the price in eastus, or else the cheapest one. A price of another region is never passed off as
    the one of a region that was named.
    """
    prices, as_of = _stored()
    by_region = prices.get(size.strip().lower(), {})
    wanted = _some_region(by_region) if region is None else region.replace(" ", "").lower()
    hourly = by_region.get(wanted)
    return None if hourly is None else BuiltinPrice(hourly, as_of, wanted)


def dated_price(size: str, region: str | None, spot: bool = False, why: str = "") -> Reading[Price]:
    """Return the stored price of `size` as a reading, with all that has to be said about it in its note.

    `why` tells why the feed's own figure is not there. No spot price is stored: the price on demand stands in, which is
    never lower, so that a limit still holds.
    """
    stored = builtin_price(size, region)
    if stored is None:
        missing = f"no figure for {size}{f' in {region}' if region else ''} is built in"
        return Unknown(f"{why}, and {missing}" if why else missing)
    where = "" if region else f"the figure is that of {stored.region}; give --location for another region"
    note = "; ".join(part for part in (why, where, STAND_IN if spot else "") if part)
    return Known(Price(stored.hourly, stored.as_of, live=False, note=note))


def _some_region(by_region: Mapping[str, Decimal]) -> str:
    if _USUAL_REGION in by_region:
        return _USUAL_REGION
    return min(by_region, key=lambda region: (by_region[region], region), default="")


@functools.lru_cache(maxsize=1)
def _stored() -> tuple[Mapping[str, Mapping[str, Decimal]], datetime.date]:
    data: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"), parse_float=Decimal)
    prices = {
        size.lower(): {region: Decimal(price) for region, price in by_region.items()}
        for size, by_region in data["linux"].items()
    }
    return prices, datetime.date.fromisoformat(data["asOf"])
