from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.finding import Status
from azext_aigpu.foreign.resources import Gap
from tests.azext.audit.given import T4, a_machine, a_policy, a_pool, judge, reasons
from tests.azext.rules.given import a_cloud


class TestCost:
    def test_offline_the_built_in_price_stands_with_its_date(self) -> None:
        judged = judge(a_pool(enableAutoScaling=True, minCount=0, maxCount=4, without="count"))

        assert judged.cost is not None
        assert judged.cost.hourly_most == Decimal("14.692")
        assert "not live" in judged.cost.line()

    def test_a_pool_without_a_count_has_one_node(self) -> None:
        cost = judge(a_pool(without="count")).cost

        assert cost is not None
        assert cost.nodes_most == 1

    @pytest.mark.parametrize(
        ("path", "properties", "now", "most"),
        [
            pytest.param("count", {}, None, None, id="count"),
            pytest.param("maxCount", {"enableAutoScaling": True, "minCount": 0}, 2, None, id="bound"),
            pytest.param("enableAutoScaling", {}, 2, None, id="whether-it-scales"),
            pytest.param("minCount", {"enableAutoScaling": True, "maxCount": 5}, 2, 5, id="a-bound-that-costs-nothing"),
        ],
    )
    def test_a_number_of_nodes_that_cannot_be_seen_costs_an_unknown_amount(
        self, path: str, properties: dict[str, Any], now: int | None, most: int | None
    ) -> None:
        cost = judge(a_pool(Gap(path, "after apply"), without=path, **properties)).cost

        assert cost is not None
        assert (cost.nodes_now, cost.nodes_most) == (now, most)

    @pytest.mark.parametrize(("least", "first"), [(0, 1), (3, 3)], ids=["default", "minimum"])
    def test_a_scaled_pool_without_a_count_starts_with_one_node_or_its_minimum(self, least: int, first: int) -> None:
        cost = judge(a_pool(enableAutoScaling=True, minCount=least, maxCount=4, without="count")).cost

        assert cost is not None
        assert (cost.nodes_now, cost.nodes_most) == (first, 4)

    @pytest.mark.parametrize(("priority", "told"), [("Spot", True), ("Regular", False)], ids=["spot", "regular"])
    @pytest.mark.parametrize("online", [True, False], ids=["online", "offline"])
    def test_a_price_on_demand_is_never_passed_off_as_one_of_spot(
        self, priority: str, told: bool, online: bool
    ) -> None:
        clouds = {"westeurope": a_cloud()} if online else {}
        policy = a_policy(online=online, location="westeurope", clouds=clouds)
        cost = judge(a_pool(scaleSetPriority=priority), policy).cost

        assert cost is not None
        assert ("stands in for the spot price" in cost.line()) is told

    def test_a_stopped_pool_costs_nothing_now(self) -> None:
        cost = judge(a_pool(powerState={"code": "Stopped"})).cost

        assert cost is not None
        assert (cost.hourly_now, cost.hourly_most) == (Decimal(0), Decimal("7.346"))

    def test_a_limit_holds_offline_too(self) -> None:
        judged = judge(a_pool(), a_policy({"max_hourly_cost": Decimal(1)}))

        assert "CostOverLimit" in reasons(judged)

    def test_fewer_machines_than_none_cost_no_negative_amount(self) -> None:
        machine = a_machine(T4, count=-100, kind="scale set")
        judged = judge(machine, a_policy({"max_hourly_cost": Decimal(1)}))

        assert judged.status is Status.UNKNOWN
        assert judged.cost is not None
        assert judged.cost.hourly_most is None

    def test_a_limit_without_a_price_is_unknown(self) -> None:
        judged = judge(a_pool(), a_policy({"max_hourly_cost": Decimal(1)}, location="nowhere"))

        assert "PriceUnknown" in reasons(judged)
