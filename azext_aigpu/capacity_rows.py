"""Rows of `sku find`: every size that has the GPUs asked for, in every region, by price. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from aigpu_contract import skus
from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu import sku_rows
from azext_aigpu.cloud.facts import Price, SkuOffer

KNOWN = "known"
UNKNOWN = "UNKNOWN"


def select(today: datetime.date, model: str, gpu_count: int | None) -> tuple[skus.Sku, ...]:
    """Return the sizes with whole GPUs of `model`, not retired; a size of which nobody says the share stays in."""
    return tuple(
        sku for sku in sku_rows.select(today, model, gpu_count) if sku.gpu_count and sku.is_fractional is not True
    )


def left_out(today: datetime.date, model: str, gpu_count: int | None) -> tuple[str, ...]:
    """Return the sizes of the model that are not looked for: a part of a GPU, or a number that nobody documents."""
    taken = select(today, model, gpu_count)
    similar = sku_rows.select(today, model, None)
    return tuple(
        sku.size
        for sku in similar
        if sku not in taken and (sku.gpu_count is None or (sku.is_fractional and gpu_count in (None, sku.gpu_count)))
    )


def build_rows(
    selected: Iterable[skus.Sku],
    region: str,
    offers: Reading[Mapping[str, SkuOffer]],
    usages: Reading[Mapping[str, Any]],
    prices: Mapping[str, Reading[Price]],
    spot: bool = False,
) -> list[dict[str, Any]]:
    """Return a row for each size that the region offers; one row that says why where that is not known."""
    if isinstance(offers, Unknown):
        return [_unknown_row(region, offers.reason)]
    return [
        _build_row(sku, region, offer, usages, prices.get(sku.size.lower(), Unknown("no price was read")), spot)
        for sku in selected
        if (offer := offers.value.get(sku.size.lower())) is not None
    ]


def by_price(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows by price of a GPU; without a price after those with one, regions that failed last."""
    return sorted(rows, key=_order)


def is_unknown(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether nobody can tell where the GPUs are: no region is known to have them, and one could not be read."""
    return {row["status"] for row in rows} == {UNKNOWN}


def with_age(
    rows: Iterable[Mapping[str, Any]], read_at: datetime.datetime, now: datetime.datetime
) -> Iterator[dict[str, Any]]:
    """Yield the rows with the age in seconds of what they say about offer and quota."""
    age = max(0, int((now - read_at).total_seconds()))
    for row in rows:
        yield {**row, "readAt": read_at.isoformat(timespec="seconds"), "ageSeconds": age}


def _order(row: Mapping[str, Any]) -> tuple[bool, bool, float, float, str, str]:
    each, hourly = row.get("priceGpuHour"), row.get("priceHour")
    known = row["status"] == KNOWN
    return (not known, each is None, each or 0, hourly or 0, str(row["region"]), str(row.get("size")))


def _build_row(
    sku: skus.Sku,
    region: str,
    offer: SkuOffer,
    usages: Reading[Mapping[str, Any]],
    price: Reading[Price],
    spot: bool,
) -> dict[str, Any]:
    reading: Reading[SkuOffer | None] = Known(offer)
    return {
        "region": region,
        "size": sku.size,
        "status": KNOWN,
        "gpu": sku.describe(),
        "gpuModel": sku.model_id,
        "gpuCount": sku.gpu_count,
        "gpuShare": None if sku.gpu_share is None else str(sku.gpu_share),
        "available": _describe_availability(reading, offer, spot),
        "restrictions": [
            f"{one.kind} {' '.join(one.zones)}".strip() + f": {one.reason_code}" for one in offer.restrictions
        ],
        "zones": list(offer.zones),
        "quotaNodes": sku_rows.count_quota_nodes(sku, reading, usages, spot),
        "quotaNote": usages.reason if isinstance(usages, Unknown) else "",
        **sku_rows.describe_price(price),
        "priceGpuHour": _price_of_gpu(price, sku.gpu_count),
        "lifecycle": sku.lifecycle,
        "retirementDate": None if sku.retirement_date is None else sku.retirement_date.isoformat(),
        "driver": sku.aks_driver,
        "problem": "",
    }


def _describe_availability(reading: Reading[SkuOffer | None], offer: SkuOffer, spot: bool) -> str:
    available = sku_rows.describe_availability(reading)
    if not spot or not available.startswith("yes"):
        return available
    if offer.low_priority_capable is None:
        return "unknown: Azure does not say whether it comes as spot"
    return available if offer.low_priority_capable else "no: it does not come as spot"


def _price_of_gpu(price: Reading[Price], gpus: int | None) -> float | None:
    if isinstance(price, Unknown) or not gpus:
        return None
    return float((price.value.hourly / Decimal(gpus)).quantize(Decimal("0.0001")))


def _unknown_row(region: str, reason: str) -> dict[str, Any]:
    return {"region": region, "size": None, "status": UNKNOWN, "available": f"unknown: {reason}", "problem": reason}
