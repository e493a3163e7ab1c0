"""Rows of `sku find`."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu import capacity_rows
from azext_aigpu.cloud.facts import Price, SkuOffer, Usage

TODAY = datetime.date(2026, 11, 24)
H100 = "Standard_ND96isr_H100_v5"
OFFER = SkuOffer(H100, "F", 96, 8, ("1",), (), low_priority_capable=True)
USAGES = {
    "f": Usage("F", 0, 200),
    "cores": Usage("cores", 0, 500),
    "lowprioritycores": Usage("lowPriorityCores", 0, 96),
}
PRICE = Price(Decimal("98.32"), TODAY, live=True)


def rows(
    usages: Reading[Any] | None = None,
    price: Reading[Price] | None = None,
    spot: bool = False,
    offer: SkuOffer = OFFER,
) -> list[dict[str, Any]]:
    """Return the rows for eight H100 in one region."""
    selected = capacity_rows.select(TODAY, "h100", 8)
    offers: Reading[Mapping[str, SkuOffer]] = Known({H100.lower(): offer})
    prices = {H100.lower(): price or Known(PRICE)}
    return capacity_rows.build_rows(selected, "eastus", offers, usages or Known(USAGES), prices, spot)


def test_a_row_holds_price_of_node_and_gpu_and_how_many_nodes_fit() -> None:
    (row,) = rows()

    assert (row["priceHour"], row["priceGpuHour"], row["quotaNodes"]) == (98.32, 12.29, 2)
    assert (row["available"], row["lifecycle"], row["driver"]) == ("yes", "ga", "cuda")


def test_spot_nodes_count_against_their_own_quota() -> None:
    assert [row["quotaNodes"] for row in rows(spot=True)] == [1]


@pytest.mark.parametrize("spot", [False, True])
def test_an_unknown_quota_is_none_with_its_reason(spot: bool) -> None:
    (row,) = rows(usages=Unknown("forbidden"), spot=spot)

    assert (row["quotaNodes"], row["quotaNote"]) == (None, "forbidden")


def test_an_unknown_price_is_none_with_its_reason() -> None:
    (row,) = rows(price=Unknown("no meter"))

    assert (row["priceHour"], row["priceGpuHour"], row["priceNote"]) == (None, None, "no meter")


@pytest.mark.parametrize(
    ("capable", "available"),
    [(True, "yes"), (False, "no: it does not come as spot"), (None, "unknown: Azure does not say")],
    ids=["capable", "not", "not-said"],
)
def test_spot_is_offered_only_where_azure_says_so(capable: bool | None, available: str) -> None:
    (row,) = rows(spot=True, offer=dataclasses.replace(OFFER, low_priority_capable=capable))

    assert str(row["available"]).startswith(available)


def test_a_region_that_could_not_be_read_is_one_row_and_last() -> None:
    failed = capacity_rows.build_rows([], "westus", Unknown("forbidden"), Unknown("forbidden"), {})
    ordered = capacity_rows.by_price([*failed, *rows(price=Unknown("no meter")), *rows()])

    assert [row["status"] for row in ordered] == ["known", "known", "UNKNOWN"]
    assert [row.get("priceHour") for row in ordered] == [98.32, None, None]
    assert failed[0]["problem"] == "forbidden"


def test_only_whole_gpus_that_are_documented_are_looked_for() -> None:
    assert "Standard_NV6ads_A10_v5" not in {sku.size for sku in capacity_rows.select(TODAY, "a10", 1)}
    assert "Standard_NV6ads_A10_v5" in capacity_rows.left_out(TODAY, "a10", 1)
    assert "Standard_ND96isrf_H100_v5" in capacity_rows.left_out(TODAY, "h100", 8)


def test_an_age_is_never_below_nothing() -> None:
    now = datetime.datetime(2026, 11, 24, tzinfo=datetime.timezone.utc)
    later = now + datetime.timedelta(seconds=5)

    assert [row["ageSeconds"] for row in capacity_rows.with_age(rows(), now, later)] == [5]
    assert [row["ageSeconds"] for row in capacity_rows.with_age(rows(), later, now)] == [0]
