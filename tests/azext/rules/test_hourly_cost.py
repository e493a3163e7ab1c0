"""A cost limit holds at the pool's largest size, and a limit that cannot be checked stops."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.reading import Known
from azext_aigpu.cloud.facts import Price
from azext_aigpu.rules import hourly_cost
from tests.azext.rules.given import A100, NO_ANSWER, TODAY, a_cloud, a_price, a_spec, told

UNKNOWN = ["UNKNOWN PriceUnknown"]
OVER = ["FAIL CostOverLimit"]
BUILT_IN = {A100.lower(): Known(Price(Decimal("3.673"), TODAY, live=False))}
CASES: dict[str, tuple[str | None, dict[str, Any], dict[str, Any], list[str]]] = {
    "no limit": (None, {}, {}, []),
    "no limit and no price": (None, {}, {"prices": {}}, []),
    "5 nodes at the limit": ("23.875", {}, {}, []),
    "5 nodes a hair above it": ("23.874", {}, {}, OVER),
    "a fixed size below": ("10", {"node_count": 2}, {}, []),
    "a fixed size above": ("9", {"node_count": 2}, {}, OVER),
    "no nodes cost nothing": ("0", {"node_count": 0}, {}, []),
    "a built-in price is held to the limit too": ("1", {}, {"prices": BUILT_IN}, OVER),
    "price unread": ("1000", {}, {"prices": {A100.lower(): NO_ANSWER}}, UNKNOWN),
    "price not asked for": ("1000", {}, {"prices": {}}, UNKNOWN),
    "a price of nothing is no price": ("1000", {}, {"prices": a_price("0")}, UNKNOWN),
    "a price below nothing is no price": ("1000", {}, {"prices": a_price("-1")}, UNKNOWN),
}


@pytest.mark.parametrize(("limit", "fields", "readings", "findings"), CASES.values(), ids=CASES.keys())
def test_hourly_cost(limit: str | None, fields: dict[str, Any], readings: dict[str, Any], findings: list[str]) -> None:
    spec = a_spec(limits={"max_hourly_cost": None if limit is None else Decimal(limit)}, **fields)
    assert told(hourly_cost, hourly_cost.review(spec, a_cloud(**readings))) == findings


def test_the_sum_and_the_nodes_that_fit_are_shown() -> None:
    (finding,) = hourly_cost.review(a_spec(limits={"max_hourly_cost": Decimal(10)}), a_cloud())
    assert f"5 x {A100} x $4.775/h = $23.88/h" in finding.seen
    assert finding.wanted == "at most $10.00/h"
    assert finding.next_step.startswith("at most 2 nodes, ")


def test_a_pool_that_may_grow_without_a_bound_is_unknown_and_never_free() -> None:
    spec = dataclasses.replace(a_spec(limits={"max_hourly_cost": Decimal(1000)}), max_count=None)

    (finding,) = hourly_cost.review(spec, a_cloud())
    assert (finding.status.name, finding.problem) == (
        "UNKNOWN",
        "there is a cost limit, and the pool's largest size is not known",
    )


def test_an_unknown_price_stops_because_azure_knows_no_limit() -> None:
    assert not hourly_cost.ARM_ENFORCES
