"""The price of a node of a thing that is checked: Azure's where it was asked, else the built-in figure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.audit.judged import Judged
from azext_aigpu.audit.policy import Policy
from azext_aigpu.audit.regions import region_of
from azext_aigpu.cloud.facts import NodeKind, Price
from azext_aigpu.foreign.resources import Place
from azext_aigpu.prices import STAND_IN, dated_price
from azext_aigpu.spec import PoolSpec


def price_node(spec: PoolSpec, place: Place, policy: Policy) -> Reading[Price]:
    """Return the price of a node: Azure's where it was asked, else the dated figure that is built in."""
    region = region_of(place, policy)
    cloud = policy.clouds.get(region or "")
    if cloud is not None:
        return _on_demand(cloud.price_of(spec.node_vm_size), spec)
    asked = policy.prices.get(NodeKind(spec.node_vm_size or "", region or "", spec.is_spot))
    return asked or dated_price(spec.node_vm_size or "", region, spec.is_spot)


def node_kinds(judged: Iterable[Judged], policy: Policy) -> frozenset[NodeKind]:
    """Return what has to be priced of what was judged: where a region is known, and a cost was looked for."""
    return frozenset(
        NodeKind(one.cost.size, region, one.spec.is_spot)
        for one in judged
        if one.cost is not None and one.spec is not None and one.cost.size
        for region in [region_of(one.item.place, policy)]
        if region
    )


def _on_demand(price: Reading[Price], spec: PoolSpec) -> Reading[Price]:
    """Return the price with a word on it where a region was asked for its prices on demand, and the nodes are spot."""
    if isinstance(price, Unknown) or not spec.is_spot or price.value.spot:
        return price
    note = "; ".join(part for part in (price.value.note, STAND_IN) if part)
    return Known(dataclasses.replace(price.value, note=note))
