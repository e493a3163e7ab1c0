"""What a pool costs. The only place where prices and nodes are multiplied. USD, Linux, before discounts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.facts import Price
from azext_aigpu.spec import PoolSpec

HOURS_A_DAY = 24
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Cost:
    """The cost of a pool at the size it starts with and at the most it may grow to."""

    size: str
    price: Reading[Price]
    nodes_now: int
    nodes_most: int

    @property
    def hourly_now(self) -> Decimal | None:
        """Return USD an hour at the first size, None where the price is unknown."""
        return self._hourly(self.nodes_now)

    @property
    def hourly_most(self) -> Decimal | None:
        """Return USD an hour at the largest size, None where the price is unknown."""
        return self._hourly(self.nodes_most)

    def _hourly(self, nodes: int) -> Decimal | None:
        return self.price.value.hourly * nodes if isinstance(self.price, Known) else None

    def line(self) -> str:
        """Return the cost line that stands before every create, never empty."""
        if isinstance(self.price, Unknown):
            return f"Cost: UNKNOWN for {self.nodes_most} x {self.size}: {self.price.reason}"
        now = f"{self.nodes_now} now, " if self.nodes_now != self.nodes_most else ""
        line = f"Cost: {now}{self._product('at most ' if now else '')} ({describe_price(self.price.value)})"
        return line + (f"\n      note: {self.price.value.note}" if self.price.value.note else "")

    def _product(self, prefix: str) -> str:
        hourly = self.hourly_most or Decimal(0)
        each = self.price.value.hourly if isinstance(self.price, Known) else Decimal(0)
        total = f"{dollars(hourly)}/h, {dollars(hourly * HOURS_A_DAY)}/day"
        return f"{prefix}{self.nodes_most} x {self.size} x {dollars(each, exact=True)}/h = {total}"

    def to_json(self) -> dict[str, Any]:
        """Return the cost as JSON data, amounts as numbers in USD."""
        data: dict[str, Any] = {"currency": "USD", "nodesNow": self.nodes_now, "nodesMost": self.nodes_most}
        if isinstance(self.price, Unknown):
            return {**data, "unknown": self.price.reason}
        price = self.price.value
        return {
            **data,
            "nodeHour": float(price.hourly),
            "hourNow": float(self.hourly_now or 0),
            "hourMost": float(self.hourly_most or 0),
            "dayMost": float((self.hourly_most or 0) * HOURS_A_DAY),
            "asOf": price.as_of.isoformat(),
            "live": price.live,
            "spot": price.spot,
            **({"note": price.note} if price.note else {}),
        }


def build_cost(spec: PoolSpec, price: Reading[Price]) -> Cost:
    """Return the cost of `spec` at `price` for one node."""
    return Cost(spec.node_vm_size or "", price, nodes_now=spec.node_count or 0, nodes_most=spec.most_nodes)


def describe_price(price: Price) -> str:
    """Return where a price comes from: `price feed 2026-11-24`, `built-in figure of 2026-06-18, not live`."""
    origin = f"price feed, {price.as_of}" if price.live else f"built-in figure of {price.as_of}, not live"
    kind = "spot" if price.spot else "Linux, pay as you go"
    return f"{kind}; {origin}"


def dollars(amount: Decimal, exact: bool = False) -> str:
    """Return `amount` in dollars, rounded to cents, or as it is (at least two digits) when `exact`."""
    cents = amount.quantize(_CENT, rounding=ROUND_HALF_UP)
    return f"${amount.normalize():,f}" if exact and amount != cents else f"${cents:,.2f}"
