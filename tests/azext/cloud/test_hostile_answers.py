"""Whatever comes back from the network, a parser returns what it read or raises ValueError; nothing else gets out."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigpu_contract.reading import Unknown
from azext_aigpu.cloud.clusters import parse_cluster
from azext_aigpu.cloud.errors import explain_body
from azext_aigpu.cloud.pools import parse_pool
from azext_aigpu.cloud.price_choice import choose_price
from azext_aigpu.cloud.reservations import parse_reservations
from azext_aigpu.cloud.skus import parse_skus
from azext_aigpu.cloud.usages import parse_usages

NOW = datetime.datetime(2026, 11, 24, tzinfo=datetime.timezone.utc)
SIZE = "Standard_NC24ads_A100_v4"
# Keys and values that get a parser further than noise would.
WORDS = st.sampled_from(
    [
        *("id", "name", "location", "locations", "properties", "powerState", "code", "message", "error", "details"),
        *("innererror", "vmSize", "provisioningState", "nodeTaints", "nodeLabels", "eTag", "count", "value", "limit"),
        *("currentValue", "resourceType", "virtualMachines", "capabilities", "restrictions", "sku", "capacity"),
        *("retailPrice", "armSkuName", "type", "Consumption", "effectiveStartDate", "2026-01-01", "eastus", SIZE),
        *("AllocationFailed", "QuotaExceeded", 'Code="X" Message="y"', '{"error": {"code": "Z"}}'),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=25
)

PARSERS: dict[str, Callable[[Any], object]] = {
    "cluster": parse_cluster,
    "pool": parse_pool,
    "skus": lambda data: parse_skus(data if isinstance(data, list) else [data], "eastus"),
    "usages": lambda data: parse_usages(data if isinstance(data, list) else [data]),
    "reservation": lambda data: parse_reservations(data if isinstance(data, list) else [data]),
}
FAST = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("parser", PARSERS.values(), ids=list(PARSERS))
@FAST
@given(data=JSON)
def test_a_parser_raises_nothing_but_value_error(parser: Callable[[Any], object], data: Any) -> None:
    with contextlib.suppress(ValueError):
        parser(data)


@FAST
@given(body=JSON, status=st.sampled_from([200, 400, 403, 404, 409, 412, 429, 500]))
def test_every_error_body_gets_a_sentence_and_a_next_step(body: Any, status: int) -> None:
    problem = explain_body(json.loads(json.dumps(body)), status)
    assert problem.code
    assert problem.sentence
    assert problem.next_step
    assert len(problem.sentence) < 1200


@FAST
@given(items=st.lists(JSON, max_size=5))
def test_a_price_is_positive_or_unknown(items: list[Any]) -> None:
    price = choose_price(items, SIZE, "eastus", False, NOW)
    assert isinstance(price, Unknown) or price.hourly > 0
