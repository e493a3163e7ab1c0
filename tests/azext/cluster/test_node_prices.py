from __future__ import annotations

from decimal import Decimal

import pytest

from azext_aigpu.cluster.node_facts import parse_node
from azext_aigpu.cluster.node_prices import price_node
from azext_aigpu.prices import builtin_price
from tests.azext.cluster.given import A100, facts, node

LABEL = "aigpu.io/price-hour"


def test_the_pools_own_label_wins() -> None:
    price = price_node(facts(), {LABEL: "1.23"})

    assert price is not None
    assert (price.hourly, price.origin) == (Decimal("1.23"), f"label {LABEL}")


@pytest.mark.parametrize("text", ["", "cheap", "-1", "0", "NaN", "Infinity"])
def test_a_label_that_is_no_amount_leaves_the_list_price(text: str) -> None:
    stored = builtin_price(A100, "eastus")
    price = price_node(facts(), {LABEL: text})

    assert price is not None
    assert stored is not None
    assert price.hourly == stored.hourly
    assert "list price of" in price.origin
    assert "in eastus" in price.origin


def test_the_region_of_the_price_is_said_when_it_is_another() -> None:
    data = node()
    data["metadata"]["labels"]["topology.kubernetes.io/region"] = "nowhereeast"

    price = price_node(parse_node(data), {})

    assert price is not None
    assert "in eastus" in price.origin


def test_a_spot_node_has_no_list_price() -> None:
    data = node()
    data["metadata"]["labels"]["kubernetes.azure.com/scalesetpriority"] = "spot"

    assert price_node(parse_node(data), {}) is None
    assert price_node(parse_node(data), {LABEL: "0.5"}) is not None


def test_an_unknown_size_has_no_price() -> None:
    assert price_node(facts(size="Standard_Z9"), {}) is None
