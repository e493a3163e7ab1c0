"""Picks the one price that counts out of the rows of the Azure Retail Prices API. Pure.

The rows of one size in one region are a dozen: Linux and Windows, spot, Batch's low priority, reservations whose
"1 Hour" is the total of the term, prices of the past and of the future, and placeholders whose window ends before it
starts.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from aigpu_contract.reading import Unknown
from azext_aigpu.cloud.facts import Price

_FIXED = {"type": "Consumption", "currencyCode": "USD", "unitOfMeasure": "1 Hour", "serviceName": "Virtual Machines"}
_SPOT = " Spot"
_LOW_PRIORITY = " Low Priority"
_WINDOWS = " Windows"
_DEDICATED = "Dedicated"
_PLAIN_PRODUCT = "Virtual Machines"
_ABSURD = Decimal(1_000_000)


def choose_price(items: Iterable[Any], size: str, region: str, spot: bool, now: datetime.datetime) -> Price | Unknown:
    """Return the Linux price an hour of `size` in `region` at `now`, or why there is none.

    Of several rows the primary meter wins, then the plain product, then the newest; where those still differ, the
    highest. Other products at another price are named in the note: customers were charged either one.
    """
    rows = [row for row in items if _is_priced(row, size, region, spot) and _is_in_force(row, now)]
    if not rows:
        kind = "spot" if spot else "Linux pay-as-you-go"
        return Unknown(f"the price feed has no {kind} price for {size} in {region}")
    best = max(_rank(row) for row in rows)
    hourly = max(_amount(row) for row in rows if _rank(row) == best)
    return Price(hourly, now.date(), live=True, spot=spot, note=_describe_others(rows, hourly))


def _is_priced(row: Any, size: str, region: str, spot: bool) -> bool:
    if not isinstance(row, Mapping) or any(row.get(key) != value for key, value in _FIXED.items()):
        return False
    if row.get("reservationTerm") or _text(row, "armSkuName").lower() != size.strip().lower():
        return False
    return _text(row, "armRegionName").lower() == region and _is_kind(row, spot) and _amount(row) > 0


def _is_kind(row: Mapping[str, Any], spot: bool) -> bool:
    product = _text(row, "productName")
    names = (_text(row, "skuName"), _text(row, "meterName"))
    if product.endswith(_WINDOWS) or _DEDICATED in product or any(name.endswith(_LOW_PRIORITY) for name in names):
        return False
    # Higher tiers are for volumes that nobody reaches with virtual machines; they never replace the first one.
    return any(name.endswith(_SPOT) for name in names) is spot and not row.get("tierMinimumUnits")


def _is_in_force(row: Mapping[str, Any], now: datetime.datetime) -> bool:
    try:
        start = _moment(row.get("effectiveStartDate")) or _LONG_AGO
        end = _moment(row.get("effectiveEndDate"))
    except ValueError:
        return False
    return start <= now and (end is None or (start < end and now < end))


_LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def _moment(value: Any) -> datetime.datetime | None:
    """Return the time in `value`, in UTC where no zone stands; None for null. Raises ValueError."""
    if value is None:
        return None
    # Python 3.10 does not read the Z, and the feed writes fractions of a second with up to seven digits.
    moment = datetime.datetime.fromisoformat(str(value).strip()[:19])
    return moment.replace(tzinfo=datetime.timezone.utc)


def _rank(row: Mapping[str, Any]) -> tuple[bool, bool, datetime.datetime]:
    plain = _text(row, "productName").startswith(_PLAIN_PRODUCT)
    return row.get("isPrimaryMeterRegion") is True, plain, _moment(row.get("effectiveStartDate")) or _LONG_AGO


def _describe_others(rows: Iterable[Mapping[str, Any]], hourly: Decimal) -> str:
    newest: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=_rank):
        newest[_text(row, "productName")] = row
    others = sorted((_amount(row), product) for product, row in newest.items() if _amount(row) != hourly)
    listed = ", ".join(f"{amount.normalize():f} as '{product}'" for amount, product in others)
    return f"also listed at {listed}" if others else ""


def _amount(row: Mapping[str, Any]) -> Decimal:
    value = row.get("retailPrice")
    number = Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else Decimal(0)
    return number if number.is_finite() and number < _ABSURD else Decimal(0)


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""
