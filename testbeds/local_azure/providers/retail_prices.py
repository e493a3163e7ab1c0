"""The retail price endpoint, with the rows that mislead a reader: see `_rows`.

The figures are those of the extension's own table, so that the live answer and the built-in one can be compared; what
marks them as live is `effectiveStartDate`.
"""

from __future__ import annotations

import datetime
import functools
import itertools
import re
import urllib.parse
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from testbeds.local_azure.exchange import Reply, Request, json_reply
from testbeds.local_azure.odata import Filter, parse_filter
from testbeds.local_azure.regions import REGIONS
from testbeds.local_azure.sizes import all_sizes, built_in_prices, find_size
from testbeds.local_azure.world import World

EFFECTIVE_SINCE = "2026-09-01T00:00:00Z"
BEFORE = "2023-10-01T00:00:00Z"
_TERMS = (("1 Year", 8760, 0.63), ("3 Years", 26280, 0.44))
# The feed ends this name with two spaces.
_SPACED = {"Standard_NM16ads_MA35D": "Standard_NM16ads_MA35D  "}
# Cloud Services ended before these versions came.
_LATER_VERSIONS = ("v4", "v5", "v6")
# $filter may say priceType for the field that the answer calls type.
_FILTER_NAMES = {"priceType": "type"}


def list_prices(world: World, request: Request) -> Reply:
    """One page of rows; `NextPageLink` leads to the next."""
    text = request.query.get("$filter", "")
    try:
        wanted = parse_filter(_rename(text))
    except ValueError as error:
        return json_reply({"Error": {"Code": "BadRequest", "Message": f"Invalid OData filter: {error}."}}, 400)
    start = int(request.query.get("$skip", "0"))
    matching = (row for row in _candidates(wanted) if wanted.test(row))
    page = list(itertools.islice(matching, start, start + world.price_page_size))
    link = _link(request, start + len(page)) if next(matching, None) else None
    return json_reply(
        {
            "BillingCurrency": "USD",
            "CustomerEntityId": "Default",
            "CustomerEntityType": "Retail",
            "Items": page,
            "NextPageLink": link,
            "Count": len(page),
        }
    )


def _rename(text: str) -> str:
    for asked, stored in _FILTER_NAMES.items():
        text = re.sub(rf"\b{asked}\b", stored, text)
    return text


def _link(request: Request, skip: int) -> str:
    query = {**request.query, "$skip": str(skip)}
    return f"{request.base_url}{request.path}?{urllib.parse.urlencode(query)}"


@dataclass(frozen=True)
class _Feed:
    """A name of the feed, which need not be a size that there is; `prices` are USD an hour by region."""

    name: str
    vcpus: int
    prices: Mapping[str, float]


@functools.cache
def _feeds() -> tuple[_Feed, ...]:
    cpu = [_Feed(size.name, size.vcpus, size.prices) for size in all_sizes().values() if size.sku is None]
    known = {feed.name for feed in cpu}
    listed = {name: prices for name, prices in built_in_prices().items() if name not in known}
    return (*cpu, *(_Feed(_SPACED.get(name, name), _vcpus(name), prices) for name, prices in listed.items()))


def _vcpus(name: str) -> int:
    size = find_size(name)
    return size.vcpus if size else 1


def _candidates(wanted: Filter) -> Iterator[dict[str, Any]]:
    """The rows worth testing: a filter that fixes size or region spares building the rest."""
    name, region = wanted.fixed.get("armSkuName"), wanted.fixed.get("armRegionName")
    for feed in _feeds():
        if name in (None, feed.name):
            for place in [region] if region is not None else list(feed.prices):
                if place in feed.prices and place in REGIONS:
                    yield from _rows(feed, place)


def _rows(feed: _Feed, region: str) -> Iterator[dict[str, Any]]:
    price = feed.prices[region]
    row = _row(feed, region, price)
    name, product = row["skuName"], row["productName"]
    windows = {"productName": product + " Windows", "meterId": _id(feed, region, "windows")}
    spot = {"skuName": f"{name} Spot", "meterName": f"{name} Spot", "meterId": _id(feed, region, "spot")}
    low = {"skuName": f"{name} Low Priority", "meterName": f"{name} Low Priority", "meterId": _id(feed, region, "low")}
    yield {**row, **windows, **_priced(_with_windows(feed, price))}
    yield {**row, **spot, **_priced(round(price * 0.18, 6))}
    yield {**row, **_priced(round(price * 1.1, 4)), "effectiveStartDate": BEFORE, "effectiveEndDate": EFFECTIVE_SINCE}
    yield row
    yield {**row, **_priced(0.01), "effectiveStartDate": EFFECTIVE_SINCE, "effectiveEndDate": BEFORE}
    yield {**row, **_priced(round(price * 1.5, 4)), "effectiveStartDate": _in_two_months()}
    yield {**row, **low, **_priced(round(price * 0.2, 4))}
    yield {**row, **windows, **spot, **_priced(round(_with_windows(feed, price) * 0.18, 6))}
    yield {**row, **windows, **_priced(price), "type": "DevTestConsumption"}
    if not name.endswith(_LATER_VERSIONS):
        dearer = _priced(round(price * 1.09, 4))
        yield {**row, **_cloud_services(feed, region, product), **dearer, "isPrimaryMeterRegion": False}
    for term, hours, factor in _TERMS:
        # A reservation's row says "1 Hour", yet holds the total of the term.
        yield {**row, **_priced(round(price * hours * factor)), "type": "Reservation", "reservationTerm": term}


def _row(feed: _Feed, region: str, price: float) -> dict[str, Any]:
    name = feed.name.strip().removeprefix("Standard_").replace("_", " ")
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        **_priced(price),
        "armRegionName": region,
        "location": _billing_location(REGIONS[region].display_name),
        "effectiveStartDate": EFFECTIVE_SINCE,
        "meterId": _id(feed, region, "linux"),
        "meterName": name,
        "productId": "DZH318Z0" + _id(feed, region, "product")[:4].upper(),
        "skuId": "DZH318Z0" + _id(feed, region, "sku")[:4].upper(),
        "availabilityId": None,
        "productName": f"Virtual Machines {_series(name)} Series",
        "skuName": name,
        "serviceName": "Virtual Machines",
        "serviceId": "DZH313Z7MMC8",
        "serviceFamily": "Compute",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "isPrimaryMeterRegion": True,
        "armSkuName": feed.name,
    }


def _priced(price: float) -> dict[str, float]:
    return {"retailPrice": price, "unitPrice": price}


def _with_windows(feed: _Feed, price: float) -> float:
    return round(price + 0.046 * feed.vcpus, 4)


def _cloud_services(feed: _Feed, region: str, product: str) -> dict[str, str]:
    name = product.removeprefix("Virtual Machines ") + " Cloud Services"
    return {"productName": name, "meterId": _id(feed, region, "cloud services")}


def _series(name: str) -> str:
    first, *rest = name.split(" ")
    letters = re.sub(r"\d+", "", first, count=1)
    version = rest[-1] if rest and rest[-1].startswith("v") else ""
    return letters + version


def _billing_location(display_name: str) -> str:
    # The price list says "US East" where everything else says "East US".
    words = display_name.split(" ")
    return " ".join(["US", *(word for word in words if word != "US")]) if "US" in words else display_name


def _id(feed: _Feed, region: str, kind: str) -> str:
    parts = [zlib.crc32(f"{feed.name}/{region}/{kind}/{salt}".encode()) for salt in range(4)]
    digits = "".join(f"{part:08x}" for part in parts)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _in_two_months() -> str:
    day = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=60)
    return day.strftime("%Y-%m-%dT00:00:00Z")
