"""What the pools of a cluster cost, told from its nodes and from the bounds that Azure keeps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.cluster.pool_costs import NOT_ASKED, AzurePools, PoolCost, cost_pools, render_pool_costs
from tests.azext.cluster.given import A100, CPU, INTENT, around, facts

LABEL = "aigpu.io/price-hour"
SCALED = {"vmSize": CPU, "enableAutoScaling": True, "minCount": 0, "maxCount": 5, "count": 1}


def azure(**pools: dict[str, Any]) -> AzurePools:
    return Known({name: Pool(f"/pools/{name}", name, None, properties) for name, properties in pools.items()})


def only(*nodes: Any, in_azure: AzurePools = NOT_ASKED) -> PoolCost:
    (cost,) = cost_pools(nodes, around(), in_azure)
    return cost


def test_without_azure_the_most_is_unknown_and_not_what_stands_there_now() -> None:
    cost = only(facts(name="a", size=CPU), facts(name="b", size=CPU))

    assert (cost.pool, cost.size, cost.nodes_now, cost.nodes_most) == ("gpu", CPU, 2, None)
    assert (cost.amounts.now, cost.amounts.most) == (Decimal("1.536"), None)


@pytest.mark.parametrize(
    ("properties", "most"),
    [
        pytest.param(SCALED, 5, id="autoscaler"),
        pytest.param({"vmSize": CPU, "count": 3}, 3, id="fixed"),
        pytest.param({"vmSize": CPU, "count": 0}, 1, id="one-that-is-going-away"),
        pytest.param({"vmSize": CPU, "enableAutoScaling": True}, None, id="no-bound"),
    ],
)
def test_azure_knows_the_most(properties: dict[str, Any], most: int | None) -> None:
    cost = only(facts(size=CPU), in_azure=azure(gpu=properties))

    assert cost.nodes_most == most
    assert cost.amounts.most == (None if most is None else most * Decimal("0.768"))


def test_a_pool_without_a_node_costs_nothing_now_and_may_grow() -> None:
    empty = {**SCALED, "vmSize": A100, "nodeLabels": {LABEL: "2.5"}}
    cost = only(in_azure=azure(idle=empty))

    assert (cost.pool, cost.nodes_now, cost.amounts.now, cost.amounts.most) == ("idle", 0, Decimal(0), Decimal("12.5"))


def test_a_node_without_a_price_makes_its_pool_unknown() -> None:
    cost = only(facts(name="a", size=CPU), facts(name="b", size="Standard_Z9"), in_azure=azure(gpu=SCALED))

    assert (cost.size, cost.amounts.now, cost.amounts.most) == ("", None, None)


def test_nodes_at_different_prices_add_up_and_the_next_one_is_unknown() -> None:
    dear = facts(name="a", labels={**INTENT, LABEL: "9"})
    cost = only(dear, facts(name="b", labels={**INTENT, LABEL: "1"}), in_azure=azure(gpu={**SCALED, "vmSize": A100}))

    assert (cost.amounts.now, cost.amounts.most) == (Decimal(10), None)
    assert cost.origin == f"label {LABEL}"


def test_people_read_a_line_a_pool_and_one_for_all() -> None:
    in_azure = azure(gpu=SCALED)
    costs = cost_pools([facts(size=CPU)], around(), in_azure)

    assert render_pool_costs(costs, in_azure).splitlines() == [
        f"  pool gpu: 1 of at most 5 x {CPU}; now $0.77/h, at most $3.84/h",
        "Cost: now $0.77/h, at most $3.84/h = $92.16/day, $2,803.20/month for the GPU pools",
    ]


@pytest.mark.parametrize("in_azure", [NOT_ASKED, Unknown("403")], ids=["not-asked", "unread"])
def test_why_the_most_is_unknown_is_told(in_azure: AzurePools) -> None:
    text = render_pool_costs(cost_pools([facts(size=CPU)], around(), in_azure), in_azure)

    assert "now $0.77/h, at most UNKNOWN" in text
    assert isinstance(in_azure, Unknown)
    assert text.endswith(f"note: {in_azure.reason}")


def test_a_cluster_without_gpu_pools_has_no_cost_to_tell() -> None:
    assert render_pool_costs((), NOT_ASKED) == ""
