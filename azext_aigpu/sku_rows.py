"""Rows about sizes: the catalogue joined with what a region offers, the quota left and the price. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from aigpu_contract import skus
from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.facts import CloudFacts, Price, SkuOffer, Usage


def select(
    today: datetime.date, model: str | None = None, gpu_count: int | None = None, show_all: bool = False
) -> tuple[skus.Sku, ...]:
    """Return the sizes to show: CUDA sizes that are not retired, or with `show_all` every row of the catalogue."""
    return tuple(
        sku
        for sku in skus.all_skus()
        if (show_all or (sku.is_cuda_gpu and not sku.is_retired(today)))
        and (model is None or skus.is_model(sku.model_id, model))
        and gpu_count in (None, sku.gpu_count)
    )


def build_rows(selected: Iterable[skus.Sku], cloud: CloudFacts, today: datetime.date) -> list[dict[str, Any]]:
    """Return a row a size."""
    return [build_row(sku, cloud, today) for sku in selected]


def build_row(sku: skus.Sku, cloud: CloudFacts, today: datetime.date) -> dict[str, Any]:
    """Return one size as the row that `sku list` and `show` print. What is unknown is said so, never left out."""
    offer = _offer(sku.size, cloud.skus)
    price = cloud.price_of(sku.size)
    return {
        "size": sku.size,
        "gpu": sku.describe() + ("" if sku.is_cuda_gpu else f" ({sku.vendor}, no CUDA)"),
        "gpuModel": sku.model_id,
        "gpuCount": sku.gpu_count,
        "gpuShare": None if sku.gpu_share is None else str(sku.gpu_share),
        "gpuMemoryGib": sku.gpu_memory_gib,
        "vcpus": sku.vcpus,
        "memoryGib": sku.memory_gib,
        "architecture": sku.architecture,
        "driver": sku.aks_driver,
        "computeCapability": sku.compute_capability,
        "mig": sku.mig,
        "rdma": sku.rdma,
        "interconnect": sku.interconnect,
        "lifecycle": "retired" if sku.is_retired(today) else sku.lifecycle,
        "retirementDate": None if sku.retirement_date is None else sku.retirement_date.isoformat(),
        "zones": list(offer.value.zones) if isinstance(offer, Known) and offer.value else [],
        "available": describe_availability(offer),
        "quotaFamily": sku.quota_family,
        "quotaNodes": count_quota_nodes(sku, offer, cloud.usages),
        **describe_price(price),
        "source": sku.source,
    }


def describe_availability(offer: Reading[SkuOffer | None]) -> str:
    """Return `yes`, `no: why`, or `unknown: why`. It says nothing on free capacity, which no API tells."""
    if isinstance(offer, Unknown):
        return f"unknown: {offer.reason}"
    if offer.value is None:
        return "no: not offered in this region"
    for restriction in offer.value.restrictions:
        if restriction.kind == "Location":
            return f"no: {restriction.reason_code}"
    closed = {zone for restriction in offer.value.restrictions for zone in restriction.zones}
    open_zones = [zone for zone in offer.value.zones if zone not in closed]
    if closed and not open_zones:
        return "yes, but in no zone"
    return f"yes, not in zone {', '.join(sorted(closed))}" if closed else "yes"


def count_quota_nodes(
    sku: skus.Sku, offer: Reading[SkuOffer | None], usages: Reading[Any], spot: bool = False
) -> int | None:
    """Return how many more nodes the family's and the region's vCPU quota hold, None where either is unknown.

    Spot nodes of every family count against one quota of the region, and against no other.
    """
    live = offer.value if isinstance(offer, Known) else None
    family = (live.family if live else None) or sku.quota_family
    vcpus = (live.vcpus if live else None) or sku.vcpus
    if isinstance(usages, Unknown) or not (family or spot) or not vcpus:
        return None
    names = ("lowprioritycores",) if spot else ((family or "").lower(), "cores")
    rows: list[Usage | None] = [usages.value.get(name) for name in names]
    return None if None in rows else min(row.left for row in rows if row) // vcpus


def _offer(size: str, offers: Reading[Any]) -> Reading[SkuOffer | None]:
    return offers if isinstance(offers, Unknown) else Known(offers.value.get(size.lower()))


def describe_price(price: Reading[Price]) -> dict[str, Any]:
    """Return the price an hour, None where it is unknown, and where it comes from."""
    if isinstance(price, Unknown):
        return {"priceHour": None, "priceNote": price.reason}
    known = price.value
    kind = "live" if known.live else "built-in"
    return {
        "priceHour": float(known.hourly),
        "priceNote": f"{kind}, {known.as_of}" + (f"; {known.note}" if known.note else ""),
    }
