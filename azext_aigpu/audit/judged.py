"""What is said about one thing."""

from __future__ import annotations

from dataclasses import dataclass

from aigpu_contract.finding import Finding, Status
from aigpu_contract.verdict import judge as worst_of
from azext_aigpu.cost import Cost
from azext_aigpu.foreign.resources import Item
from azext_aigpu.spec import PoolSpec


@dataclass(frozen=True)
class Judged:
    """One thing with what is said about it. Without findings and cost it was not reviewed, and `why_not` says why."""

    item: Item
    size: str
    intent: str | None = None
    spec: PoolSpec | None = None
    findings: tuple[Finding, ...] = ()
    cost: Cost | None = None
    why_not: str = ""

    @property
    def reviewed(self) -> bool:
        """Return whether the thing was judged at all."""
        return not self.why_not

    @property
    def status(self) -> Status | None:
        """Return the worst status, None where it was not reviewed."""
        return worst_of(self.findings).status if self.reviewed else None
