"""What pools cost: the sums, and that a number which nobody knows makes them UNKNOWN and never 0."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.facts import Price
from azext_aigpu.cost import Amounts, Cost, build_bill, build_cost, spent, sum_or_none
from azext_aigpu.spec import Limits, PoolSpec

A100 = "Standard_NC24ads_A100_v4"
TODAY = datetime.date(2026, 11, 24)
PRICE: Known[Price] = Known(Price(Decimal("3.673"), TODAY, live=True))
NOTHING = Amounts(None, None)


def a_pool(**fields: Any) -> PoolSpec:
    return PoolSpec(None, "rg", "aks", "gpu", Limits(TODAY), node_vm_size=A100, **fields)


def both(now: str, most: str) -> Amounts:
    return Amounts(Decimal(now), Decimal(most))


@pytest.mark.parametrize(
    ("fields", "now", "most"),
    [
        pytest.param({"node_count": 2}, 2, 2, id="fixed"),
        pytest.param({"node_count": 0}, 0, 0, id="fixed-at-none"),
        pytest.param(
            {"enable_cluster_autoscaler": True, "node_count": 1, "min_count": 0, "max_count": 5}, 1, 5, id="scaled"
        ),
        pytest.param({"enable_cluster_autoscaler": True, "node_count": 1}, 1, None, id="scaled-without-a-bound"),
        pytest.param({"enable_cluster_autoscaler": True, "max_count": 5}, None, 5, id="scaled-without-a-count"),
        pytest.param({}, None, None, id="nothing-said"),
        pytest.param({"node_count": 1, "max_count": 9}, 1, 1, id="bounds-without-the-autoscaler"),
    ],
)
def test_the_nodes_that_are_paid(fields: dict[str, Any], now: int | None, most: int | None) -> None:
    cost = build_cost(a_pool(**fields), PRICE)

    assert (cost.nodes_now, cost.nodes_most) == (now, most)
    assert cost.hourly_now == (None if now is None else now * Decimal("3.673"))
    assert cost.hourly_most == (None if most is None else most * Decimal("3.673"))


def test_a_stopped_pool_costs_nothing_now_and_may_be_started() -> None:
    assert build_cost(a_pool(node_count=2), PRICE, is_stopped=True).amounts == both("0", "7.346")


@pytest.mark.parametrize(
    ("now", "most", "price", "line"),
    [
        pytest.param(2, 2, PRICE, f"Cost: 2 x {A100} x $3.673/h = $7.35/h, $176.30/day", id="fixed"),
        pytest.param(0, 5, PRICE, f"Cost: 0 now, at most 5 x {A100} x $3.673/h = $18.37/h, $440.76/day", id="scaled"),
        pytest.param(1, None, PRICE, f"Cost: 1 now, at most UNKNOWN x {A100} x $3.673/h = UNKNOWN", id="no-bound"),
        pytest.param(None, 5, PRICE, f"Cost: at most 5 x {A100} x $3.673/h = $18.37/h, $440.76/day", id="no-count"),
        pytest.param(1, 5, Unknown("no feed"), f"Cost: UNKNOWN for 5 x {A100}: no feed", id="no-price"),
    ],
)
def test_the_line_before_a_create(now: int | None, most: int | None, price: Reading[Price], line: str) -> None:
    assert Cost(A100, price, now, most).line().partition(" (")[0] == line


@pytest.mark.parametrize("most", [None, 0, 5])
def test_json_has_null_for_what_is_not_known(most: int | None) -> None:
    data = Cost(A100, PRICE, None, most).to_json()

    assert (data["nodesNow"], data["hourNow"]) == (None, None)
    expected = [None] * 3 if most is None else [pytest.approx(3.673 * most * hours) for hours in (1, 24, 730)]
    assert [data["hourMost"], data["dayMost"], data["monthMost"]] == expected


@pytest.mark.parametrize(
    ("parts", "line", "unknown"),
    [
        pytest.param(
            [both("1", "2"), both("0", "3")],
            "now $1.00/h, at most $5.00/h = $120.00/day, $3,650.00/month for all",
            0,
            id="known",
        ),
        pytest.param(
            [both("1", "2"), None],
            "now $1.00/h, at most $2.00/h = $48.00/day, $1,460.00/month for all, and UNKNOWN for 1 more",
            1,
            id="one-unknown",
        ),
        pytest.param([Amounts(Decimal(1), None)], "now $1.00/h, at most UNKNOWN for all", 1, id="no-bound"),
        pytest.param([None, NOTHING], "UNKNOWN for all", 2, id="nothing-known"),
        pytest.param([], "now $0.00/h, at most $0.00/h = $0.00/day, $0.00/month for all", 0, id="none"),
    ],
)
def test_a_bill_says_how_many_it_leaves_out(parts: list[Amounts | None], line: str, unknown: int) -> None:
    bill = build_bill(parts)

    assert bill.line("all") == f"Cost: {line}"
    assert bill.to_json()["unknown"] == unknown


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    assert sum_or_none([Decimal(1), Decimal(2)]) == 3
    assert sum_or_none([Decimal(1), None]) is None
    assert sum_or_none([]) is None


@pytest.mark.parametrize("number", [None, -1], ids=["unknown", "fewer-than-none"])
def test_no_number_of_nodes_makes_no_amount(number: int | None) -> None:
    cost = Cost(A100, PRICE, number, number)

    assert cost.amounts == NOTHING


def test_what_was_spent_is_told_to_the_cent_and_never_below_nothing() -> None:
    assert spent(Decimal("0.768"), 72 * 3600) == Decimal("55.30")
    assert spent(Decimal("0.768"), -5) == 0
