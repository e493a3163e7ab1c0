"""Built-in prices: found whatever the case, dated, and never of another region than the one that was named."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path

import pytest

from azext_aigpu import prices
from azext_aigpu.prices import BuiltinPrice, builtin_price

AS_OF = datetime.date(2026, 6, 18)
STORED = json.loads(Path(prices.__file__).with_name("prices.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("size", "region", "price"),
    [
        ("Standard_NC24ads_A100_v4", "eastus", BuiltinPrice(Decimal("3.673"), AS_OF, "eastus")),
        ("standard_NC24ADS_a100_v4", "westeurope", BuiltinPrice(Decimal("4.775"), AS_OF, "westeurope")),
        ("Standard_NC24ads_A100_v4", "West Europe", BuiltinPrice(Decimal("4.775"), AS_OF, "westeurope")),
        ("Standard_NC24ads_A100_v4", None, BuiltinPrice(Decimal("3.673"), AS_OF, "eastus")),
        ("Standard_D16s_v5", None, BuiltinPrice(Decimal("0.768"), AS_OF, "eastus")),
        ("Standard_ND96isr_MI300X_v5", None, BuiltinPrice(Decimal(48), AS_OF, "eastus2")),
        (" Standard_NP10s ", "eastus", BuiltinPrice(Decimal("1.65"), AS_OF, "eastus")),
    ],
    ids=["eastus", "any case", "a region's display name", "no region", "a CPU size", "not in eastus", "spaces"],
)
def test_a_stored_price_is_found(size: str, region: str | None, price: BuiltinPrice) -> None:
    assert builtin_price(size, region) == price


@pytest.mark.parametrize(
    ("size", "region"),
    [
        ("Standard_NC24ads_A100_v4", "moonbase"),
        ("Standard_NC24ads_A100_v4", ""),
        ("Standard_D16s_v5", "westeurope"),
        ("Standard_NoSuchSize", None),
        ("", None),
    ],
    ids=["no such region", "an empty region", "another region's price is not taken", "no such size", "no size"],
)
def test_a_price_that_is_not_stored_is_none(size: str, region: str | None) -> None:
    assert builtin_price(size, region) is None


def test_without_a_region_and_without_eastus_it_is_the_cheapest() -> None:
    price = builtin_price("Standard_NC8ads_A10_v4")
    assert price is not None
    assert price.hourly == min(Decimal(str(one)) for one in STORED["linux"]["Standard_NC8ads_A10_v4"].values())


@pytest.mark.parametrize("size", sorted(STORED["linux"]))
def test_every_stored_price_is_above_nothing(size: str) -> None:
    for region in STORED["linux"][size]:
        price = builtin_price(size, region)
        assert price is not None
        assert price.hourly > 0
        assert price.region == region


def test_no_size_is_stored_twice_in_another_case() -> None:
    names = [size.lower() for size in STORED["linux"]]
    assert len(names) == len(set(names))
