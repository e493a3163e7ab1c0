"""What things are held to by a check, and what was asked of Azure for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aigpu_contract.reading import Reading
from azext_aigpu.cloud.facts import CloudFacts, NodeKind, Price
from azext_aigpu.spec import Limits


@dataclass(frozen=True)
class Policy:
    """What things are held to. `gpu_pools` are names of pools that are meant to have GPUs; `waivers` rule to reason.

    `clouds` are the regions that Azure was asked about, by name; `prices` those that the price feed alone was asked
    for. What is in neither has the built-in price. `location` is the region of whatever does not tell its own.
    `spec_pools` are lower-case addresses of pools that a spec asks for, which says that they are meant to have GPUs.
    """

    limits: Limits
    gpu_pools: tuple[str, ...] = ()
    waivers: Mapping[str, str] = field(default_factory=dict)
    location: str | None = None
    clouds: Mapping[str, CloudFacts] = field(default_factory=dict)
    online: bool = False
    spec_pools: frozenset[str] = frozenset()
    prices: Mapping[NodeKind, Reading[Price]] = field(default_factory=dict)
