"""What a node costs an hour: by the label that its pool carries, or else by the built-in list prices. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from aigpu_contract import labels
from azext_aigpu.cluster.node_facts import NodeFacts
from azext_aigpu.prices import builtin_price


@dataclass(frozen=True)
class NodePrice:
    """USD an hour of one node, and where the figure comes from."""

    hourly: Decimal
    origin: str


def price_node(node: NodeFacts, intended: Mapping[str, str]) -> NodePrice | None:
    """Return the price of a node, None where there is none: list prices say nothing about spot."""
    return price_size(node.size, node.region, node.is_spot, intended)


def price_size(size: str, region: str, is_spot: bool, intended: Mapping[str, str]) -> NodePrice | None:
    """Return the price of a node of `size`, whether or not one is there; an empty `region` is not known."""
    labelled = _parse_amount(intended.get(labels.PRICE_HOUR, ""))
    if labelled is not None:
        return NodePrice(labelled, f"label {labels.PRICE_HOUR}")
    if is_spot:
        return None
    exact = builtin_price(size, region) if region else None
    price = exact or builtin_price(size)
    if price is None:
        return None
    return NodePrice(price.hourly, f"list price of {price.as_of} in {price.region}, on demand, before discounts")


def _parse_amount(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount > 0 else None
