"""One thing that `scan` has to say: a finding, what it is about, and what that costs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from aigpu_contract.finding import Finding, Status
from azext_aigpu.cluster.moments import Moment
from azext_aigpu.cluster.node_facts import NodeFacts
from azext_aigpu.cluster.node_prices import price_node
from azext_aigpu.cluster.node_verdict import Surroundings, intended_labels
from azext_aigpu.cost import spent, sum_or_none


@dataclass(frozen=True)
class NodeCost:
    """USD an hour of one node and since it began to be spent; None where the price or the beginning is unknown."""

    node: str
    hourly: Decimal | None = None
    so_far: Decimal | None = None
    origin: str = ""


@dataclass(frozen=True)
class Sighting:
    """A finding about `what`. `enforcing_refuses`: the API server would refuse it, once the policy denies."""

    finding: Finding
    what: str
    pool: str = ""
    costs: tuple[NodeCost, ...] = ()
    enforcing_refuses: bool = False

    @property
    def status(self) -> Status:
        """Return the finding's status."""
        return self.finding.status

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return the names of the nodes concerned."""
        return tuple(cost.node for cost in self.costs)

    @property
    def hourly(self) -> Decimal | None:
        """Return USD an hour of the nodes together, None where one price is unknown or there is no node."""
        return sum_or_none(cost.hourly for cost in self.costs)

    @property
    def so_far(self) -> Decimal | None:
        """Return USD spent on the nodes together, None where that is unknown for one of them."""
        return sum_or_none(cost.so_far for cost in self.costs)

    @property
    def price_origin(self) -> str:
        """Return where the prices come from."""
        return "; ".join(sorted({cost.origin for cost in self.costs if cost.origin}))


def cost_nodes(
    nodes: Iterable[NodeFacts], around: Surroundings, since: Mapping[str, Moment | None]
) -> tuple[NodeCost, ...]:
    """Return what each node costs, and has cost since the moment that `since` has for it."""
    return tuple(_cost(node, around, since.get(node.name)) for node in nodes)


def shorten(names: Sequence[str], most: int = 3) -> str:
    """Return the first names and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _cost(node: NodeFacts, around: Surroundings, began: Moment | None) -> NodeCost:
    price = price_node(node, intended_labels(node, around))
    if price is None:
        return NodeCost(node.name)
    if began is None:
        return NodeCost(node.name, price.hourly, None, price.origin)
    so_far = spent(price.hourly, (around.now - began).total_seconds())
    return NodeCost(node.name, price.hourly, so_far, price.origin)
