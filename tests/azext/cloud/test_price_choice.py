"""Of the dozen rows that the price feed has for one size in one region, the one that counts."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.reading import Unknown
from azext_aigpu.cloud.facts import Price
from azext_aigpu.cloud.price_choice import choose_price

A100 = "Standard_NC24ads_A100_v4"
NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.timezone.utc)
LINUX = Decimal("3.673")


def a_row(price: Any = LINUX, **changed: Any) -> dict[str, Any]:
    row = {
        "currencyCode": "USD",
        "tierMinimumUnits": Decimal("0.0"),
        "retailPrice": price,
        "armRegionName": "eastus",
        "effectiveStartDate": "2026-09-01T00:00:00Z",
        "meterName": "NC24ads A100 v4",
        "skuName": "NC24ads A100 v4",
        "productName": "Virtual Machines NCadsA100v4 Series",
        "serviceName": "Virtual Machines",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "isPrimaryMeterRegion": True,
        "armSkuName": A100,
    }
    return {**row, **changed}


SPOT = {"skuName": "NC24ads A100 v4 Spot", "meterName": "NC24ads A100 v4 Spot"}
CLOUD_SERVICES = {"productName": "NCadsA100v4 Series Cloud Services", "isPrimaryMeterRegion": False}

TRAPS: dict[str, dict[str, Any]] = {
    "windows": {"productName": "Virtual Machines NCadsA100v4 Series Windows"},
    "spot": SPOT,
    "low-priority": {"skuName": "NC24ads A100 v4 Low Priority", "meterName": "NC24ads A100 v4 Low Priority"},
    "low-priority-in-one-name": {"meterName": "NC24ads A100 v4 Low Priority"},
    "dedicated-host": {"productName": "Virtual Machines Dedicated Host NCads Series"},
    "reservation-whose-hour-is-a-year": {"type": "Reservation", "reservationTerm": "1 Year"},
    "reservation-by-its-term": {"reservationTerm": "3 Years"},
    "dev-test": {"type": "DevTestConsumption"},
    "other-region": {"armRegionName": "westus"},
    "other-size": {"armSkuName": "Standard_NC48ads_A100_v4"},
    "other-currency": {"currencyCode": "EUR"},
    "other-unit": {"unitOfMeasure": "1 GB/Month"},
    "other-service": {"serviceName": "Cloud Services"},
    "higher-tier": {"tierMinimumUnits": Decimal(100)},
    "past-window": {"effectiveStartDate": "2023-01-01T00:00:00Z", "effectiveEndDate": "2026-09-01T00:00:00Z"},
    "future-window": {"effectiveStartDate": "2027-01-01T00:00:00Z"},
    "window-that-ends-before-it-starts": {"effectiveEndDate": "2023-10-01T00:00:00Z"},
    "window-that-never-opens": {
        "effectiveStartDate": "2026-11-24T00:00:00Z",
        "effectiveEndDate": "2026-11-24T00:00:00Z",
    },
    "unreadable-window": {"effectiveStartDate": "soon"},
    "no-price": {"retailPrice": None},
    "price-of-nothing": {"retailPrice": Decimal(0)},
    "negative-price": {"retailPrice": Decimal(-1)},
    "no-number": {"retailPrice": Decimal("NaN")},
    "endless-price": {"retailPrice": Decimal("Infinity")},
    "absurd-price": {"retailPrice": Decimal("1E+999999")},
    "text-price": {"retailPrice": "3.673"},
    "boolean-price": {"retailPrice": True},
}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=list(TRAPS))
def test_a_row_that_misleads_is_never_taken(trap: dict[str, Any]) -> None:
    misleading = {**a_row(Decimal("0.01")), **trap}
    assert isinstance(choose_price([misleading], A100, "eastus", False, NOW), Unknown)
    for rows in ([misleading, a_row()], [a_row(), misleading]):
        price = choose_price(rows, A100, "eastus", False, NOW)
        assert price == Price(LINUX, NOW.date(), live=True)


@pytest.mark.parametrize("rows", [[], [None, "text", []], [{}]], ids=["none", "no-objects", "empty-object"])
def test_without_a_row_the_price_is_unknown_and_says_what_is_missing(rows: list[Any]) -> None:
    price = choose_price(rows, A100, "eastus", False, NOW)
    assert isinstance(price, Unknown)
    assert all(part in price.reason for part in (A100, "eastus", "Linux"))


def test_spot_takes_the_spot_row_only() -> None:
    rows = [a_row(), a_row(Decimal("0.66"), **SPOT), a_row(Decimal("9.9"), **SPOT, **TRAPS["windows"])]
    assert choose_price(rows, A100, "eastus", True, NOW) == Price(Decimal("0.66"), NOW.date(), live=True, spot=True)
    assert isinstance(choose_price([a_row()], A100, "eastus", True, NOW), Unknown)


def test_the_name_of_the_size_may_carry_spaces_and_another_case() -> None:
    rows = [a_row(armSkuName=f"{A100.upper()}  ")]
    assert isinstance(choose_price(rows, A100, "eastus", False, NOW), Price)


@pytest.mark.parametrize(
    "better",
    [
        {"isPrimaryMeterRegion": True},
        {"productName": "Virtual Machines X"},
        {"effectiveStartDate": "2026-10-01T00:00:00Z"},
    ],
    ids=["primary-meter", "plain-product", "newest"],
)
def test_the_better_row_wins_in_any_order(better: dict[str, Any]) -> None:
    worse = a_row(Decimal(5), isPrimaryMeterRegion=False, productName="X Series Cloud Services")
    rows = [worse, {**worse, "retailPrice": LINUX, **better}]
    for order in (rows, rows[::-1]):
        price = choose_price(order, A100, "eastus", False, NOW)
        assert isinstance(price, Price)
        assert price.hourly == LINUX


def test_of_two_equal_rows_the_dearer_counts_and_both_are_named() -> None:
    rows = [a_row(), a_row(Decimal("4.003"), productName="Virtual Machines NCadsA100v4 Series B")]
    price = choose_price(rows, A100, "eastus", False, NOW)
    assert isinstance(price, Price)
    assert price.hourly == Decimal("4.003")
    assert price.note == "also listed at 3.673 as 'Virtual Machines NCadsA100v4 Series'"


def test_a_second_product_at_another_price_is_told() -> None:
    price = choose_price([a_row(), a_row(Decimal("4.003"), **CLOUD_SERVICES)], A100, "eastus", False, NOW)
    assert isinstance(price, Price)
    assert (price.hourly, price.note) == (LINUX, "also listed at 4.003 as 'NCadsA100v4 Series Cloud Services'")


def test_a_price_that_was_replaced_is_no_ambiguity() -> None:
    price = choose_price(
        [a_row(Decimal(3), effectiveStartDate="2024-01-01T00:00:00Z"), a_row()], A100, "eastus", False, NOW
    )
    assert price == Price(LINUX, NOW.date(), live=True)


@pytest.mark.parametrize(
    ("start", "taken"),
    [("2026-11-24T12:00:00Z", True), ("2026-11-24T12:00:01Z", False), ("2026-11-24", True), (None, True)],
)
def test_a_window_opens_at_its_start(start: str | None, taken: bool) -> None:
    price = choose_price([a_row(effectiveStartDate=start)], A100, "eastus", False, NOW)
    assert isinstance(price, Price) is taken
