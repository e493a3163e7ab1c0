from __future__ import annotations

import urllib.parse
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.sizes import built_in_prices
from tests.testbeds.local_azure.calls import A100, T4, get, quiet_azure


def read_rows(azure: LocalAzure, text: str) -> list[dict[str, Any]]:
    """Every row, over all pages."""
    address = "/api/retail/prices?" + urllib.parse.urlencode({"$filter": text})
    rows: list[dict[str, Any]] = []
    while address:
        body = get(azure, address).body
        assert body["Count"] == len(body["Items"])
        rows += body["Items"]
        address = body["NextPageLink"]
    return rows


def rows_of(size: str, region: str = "eastus") -> list[dict[str, Any]]:
    return read_rows(quiet_azure()[0], f"armSkuName eq '{size}' and armRegionName eq '{region}'")


def plain_linux(rows: list[dict[str, Any]]) -> list[float]:
    """What is left when every trap is avoided."""
    return [
        row["retailPrice"]
        for row in rows
        if row["type"] == "Consumption"
        and not row["productName"].endswith(" Windows")
        and row["productName"].startswith("Virtual Machines ")
        and not row["skuName"].endswith((" Spot", " Low Priority"))
        and row["effectiveStartDate"] == "2026-09-01T00:00:00Z"
        and "effectiveEndDate" not in row
    ]


@pytest.mark.parametrize("size", ["Standard_D16s_v5", A100, "Standard_ND96isr_H100_v5"])
def test_one_row_holds_the_linux_price_of_the_built_in_table(size: str) -> None:
    assert plain_linux(rows_of(size)) == [built_in_prices()[size]["eastus"]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("productName", "Virtual Machines NCadsv4 Series Windows", id="windows"),
        pytest.param("skuName", "NC24ads A100 v4 Spot", id="spot"),
        pytest.param("skuName", "NC24ads A100 v4 Low Priority", id="low-priority"),
        pytest.param("type", "Reservation", id="reservation"),
        pytest.param("type", "DevTestConsumption", id="devtest"),
    ],
)
def test_rows_that_mislead_are_there(field: str, value: str) -> None:
    assert [row for row in rows_of(A100) if row[field] == value]


def test_an_older_size_is_listed_as_a_cloud_service_at_another_price() -> None:
    listed = {row["retailPrice"] for row in rows_of(T4) if row["productName"] == "NCasv3 Series Cloud Services"}
    assert len(listed) == 1
    assert listed.isdisjoint(plain_linux(rows_of(T4)))


def test_a_reservation_holds_the_total_of_its_term() -> None:
    reserved = [row for row in rows_of(A100) if row["type"] == "Reservation"]
    assert {row["reservationTerm"] for row in reserved} == {"1 Year", "3 Years"}
    assert all(row["unitOfMeasure"] == "1 Hour" and row["retailPrice"] > 10_000 for row in reserved)


def test_a_window_that_ends_before_it_starts_holds_a_placeholder() -> None:
    windows = [row for row in rows_of(A100) if row.get("effectiveEndDate", "9") < row["effectiveStartDate"]]
    assert [row["retailPrice"] for row in windows] == [0.01]


def test_one_price_is_of_the_future() -> None:
    starts = sorted(row["effectiveStartDate"] for row in rows_of(A100))
    assert starts[-1] > "2026-09-01T00:00:00Z"


def test_filter_values_have_case() -> None:
    assert rows_of(A100.lower()) == []
    assert read_rows(quiet_azure()[0], f"serviceName eq 'virtual machines' and armSkuName eq '{A100}'") == []


@pytest.mark.parametrize(
    ("name", "region", "there"),
    [
        pytest.param("Standard_NM16ads_MA35D", "eastus", False, id="without-the-spaces"),
        pytest.param("Standard_NM16ads_MA35D  ", "eastus", True, id="with-two-spaces"),
        pytest.param("Standard_NG32adms_V620_v1", "eastus2", False, id="the-size-s-name"),
        pytest.param("Standard_NG32adms_V620", "eastus2", True, id="the-feed-s-name"),
        pytest.param("Standard_ND128isr_GB300_v6", "eastus2", False, id="no-price"),
    ],
)
def test_the_feed_has_names_of_its_own(name: str, region: str, there: bool) -> None:
    assert bool(rows_of(name, region)) is there


def test_pages_lead_on_and_together_hold_every_row() -> None:
    azure, _ = quiet_azure()
    azure.world.price_page_size = 5
    text = f"armSkuName eq '{A100}' and armRegionName eq 'eastus' and priceType eq 'Consumption'"
    paged = read_rows(azure, text)
    assert len(azure.requests) == 2
    azure.world.price_page_size = 100
    assert read_rows(azure, text) == paged


def test_a_filter_that_does_not_parse_is_refused() -> None:
    answered = get(quiet_azure()[0], "/api/retail/prices?" + urllib.parse.urlencode({"$filter": "armSkuName is x"}))
    assert answered.status == 400


def test_prices_need_no_sign_in() -> None:
    azure, _ = quiet_azure()
    rows_of(A100)
    assert get(azure, "/api/retail/prices?$filter=armSkuName eq 'x'").body["Items"] == []
