"""What each GPU pool costs: now by the nodes that stand, at most by the bounds that Azure keeps. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.rendering import printable
from azext_aigpu import inventory
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.cluster.node_facts import NodeFacts
from azext_aigpu.cluster.node_prices import NodePrice, price_node, price_size
from azext_aigpu.cluster.node_verdict import Surroundings, intended_labels
from azext_aigpu.cost import Amounts, Bill, build_bill, multiply, sum_or_none

NOT_ASKED = Unknown("Kubernetes does not know how far a pool may grow: -g GROUP --cluster-name CLUSTER asks Azure")

AzurePools = Reading[Mapping[str, Pool]]
"""The GPU pools of a cluster by name, as Azure has them."""


@dataclass(frozen=True)
class PoolCost:
    """The cost of one pool. `size` is empty where its nodes are of several; `origin` tells where prices come from."""

    pool: str
    size: str
    nodes_now: int
    nodes_most: int | None
    amounts: Amounts
    origin: str

    def to_json(self) -> dict[str, Any]:
        """Return the cost as JSON data, amounts as numbers in USD."""
        return {
            "name": self.pool or None,
            "size": self.size or None,
            "nodesNow": self.nodes_now,
            "nodesMost": self.nodes_most,
            **self.amounts.to_json(),
            "priceOrigin": self.origin or None,
        }


def cost_pools(nodes: Iterable[NodeFacts], around: Surroundings, in_azure: AzurePools) -> tuple[PoolCost, ...]:
    """Return what the pools of `nodes` cost, and those that Azure has and that have no node; by name."""
    by_pool: defaultdict[str, list[NodeFacts]] = defaultdict(list)
    for node in nodes:
        by_pool[node.pool].append(node)
    known = in_azure.value if isinstance(in_azure, Known) else {}
    costs = [_cost_nodes(name, of_pool, around, known.get(name)) for name, of_pool in by_pool.items()]
    costs += [_cost_empty(pool) for name, pool in known.items() if name not in by_pool]
    return tuple(sorted(costs, key=lambda cost: cost.pool))


def bill_pools(costs: Iterable[PoolCost]) -> Bill:
    """Return what the pools cost together."""
    return build_bill(cost.amounts for cost in costs)


def render_pool_costs(costs: Iterable[PoolCost], in_azure: AzurePools) -> str:
    """Return a line a pool and one for all of them; empty where there is no GPU pool."""
    every = list(costs)
    if not every:
        return ""
    lines = [f"  pool {printable(one.pool or '?')}: {_describe(one)}; {one.amounts.describe()}" for one in every]
    lines.append(bill_pools(every).line("the GPU pools"))
    if isinstance(in_azure, Unknown):
        lines.append(f"      note: {in_azure.reason}")
    return "\n".join(lines)


def _describe(cost: PoolCost) -> str:
    most = "" if cost.nodes_most in (None, cost.nodes_now) else f" of at most {cost.nodes_most}"
    return f"{cost.nodes_now}{most} x {printable(cost.size) or 'different or unknown sizes'}"


def _cost_nodes(name: str, nodes: list[NodeFacts], around: Surroundings, pool: Pool | None) -> PoolCost:
    prices = [price_node(node, intended_labels(node, around)) for node in nodes]
    now = sum_or_none(None if price is None else price.hourly for price in prices)
    most = None if pool is None else _most(pool)
    # A node that is just going away may stand beside the last that the bounds allow.
    most = None if most is None else max(most, len(nodes))
    sizes = {node.size for node in nodes}
    return PoolCost(
        pool=name,
        size=sizes.pop() if len(sizes) == 1 else "",
        nodes_now=len(nodes),
        nodes_most=most,
        amounts=Amounts(now, now if most == len(nodes) else multiply(_single(prices), most)),
        origin="; ".join(sorted({price.origin for price in prices if price is not None})),
    )


def _cost_empty(pool: Pool) -> PoolCost:
    size, most = inventory.size_of(pool), _most(pool)
    price = price_size(size, "", inventory.is_spot(pool), pool.labels)
    each = None if price is None else price.hourly
    amounts = Amounts(Decimal(0), multiply(each, most))
    return PoolCost(pool.name, size, 0, most, amounts, price.origin if price else "")


def _most(pool: Pool) -> int | None:
    """Return the most nodes that a pool may have by itself."""
    most = pool.properties.get("maxCount" if pool.properties.get("enableAutoScaling") else "count")
    return most if isinstance(most, int) else None


def _single(prices: Iterable[NodePrice | None]) -> Decimal | None:
    """Return the price that all nodes have: what the next one would cost."""
    found = {None if price is None else price.hourly for price in prices}
    return found.pop() if len(found) == 1 else None
