"""What a pool costs. The only place where prices and nodes are multiplied. USD, Linux, before discounts. Pure.

What is not known (a price, a number of nodes) makes the amount UNKNOWN, never 0: a pool whose maximum nobody sees is
not free. Reservations and savings plans are no part of it: they are bought, whatever runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.facts import Price
from azext_aigpu.spec import PoolSpec

HOURS_A_DAY = 24
HOURS_A_MONTH = 730
"""A twelfth of a year, as Azure's own price calculator counts a month."""

UNKNOWN = "UNKNOWN"
_CENT = Decimal("0.01")
_SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Amounts:
    """USD an hour: with the nodes that there are, or that a pool starts with, and with the most there may be.

    None where a price or a number of nodes is not known.
    """

    now: Decimal | None
    most: Decimal | None

    def describe(self) -> str:
        """Return both in words: `now $0.53/h, at most $2.63/h`."""
        return f"now {per_hour(self.now)}, at most {per_hour(self.most)}"

    def to_json(self) -> dict[str, Any]:
        """Return both as JSON data, with the most of a day and of a month."""
        return {
            "hourNow": amount_or_none(self.now),
            "hourMost": amount_or_none(self.most),
            "dayMost": amount_or_none(multiply(self.most, HOURS_A_DAY)),
            "monthMost": amount_or_none(multiply(self.most, HOURS_A_MONTH)),
        }


@dataclass(frozen=True)
class Cost:
    """The cost of a pool at the size it starts with and at the most it may grow to; None is a number nobody knows."""

    size: str
    price: Reading[Price]
    nodes_now: int | None
    nodes_most: int | None

    @property
    def amounts(self) -> Amounts:
        """Return USD an hour, now and at most."""
        return Amounts(self.hourly_now, self.hourly_most)

    @property
    def hourly_now(self) -> Decimal | None:
        """Return USD an hour at the first size, None where the price or the number is unknown."""
        return multiply(self._each, self.nodes_now)

    @property
    def hourly_most(self) -> Decimal | None:
        """Return USD an hour at the largest size, None where the price or the number is unknown."""
        return multiply(self._each, self.nodes_most)

    @property
    def _each(self) -> Decimal | None:
        return self.price.value.hourly if isinstance(self.price, Known) else None

    def line(self) -> str:
        """Return the cost line that stands before every create, never empty."""
        most = UNKNOWN if self.nodes_most is None else self.nodes_most
        if isinstance(self.price, Unknown):
            return f"Cost: UNKNOWN for {most} x {self.size}: {self.price.reason}"
        price = self.price.value
        now = "" if self.nodes_now in (None, self.nodes_most) else f"{self.nodes_now} now, "
        prefix = "" if self.nodes_now == self.nodes_most else "at most "
        product = f"{most} x {self.size} x {dollars(price.hourly, exact=True)}/h = {self._total()}"
        line = f"Cost: {now}{prefix}{product} ({describe_price(price)})"
        return line + (f"\n      note: {price.note}" if price.note else "")

    def _total(self) -> str:
        hourly = self.hourly_most
        return UNKNOWN if hourly is None else f"{dollars(hourly)}/h, {dollars(hourly * HOURS_A_DAY)}/day"

    def to_json(self) -> dict[str, Any]:
        """Return the cost as JSON data, amounts as numbers in USD."""
        data: dict[str, Any] = {"currency": "USD", "nodesNow": self.nodes_now, "nodesMost": self.nodes_most}
        if isinstance(self.price, Unknown):
            return {**data, "unknown": self.price.reason}
        price = self.price.value
        return {
            **data,
            "nodeHour": float(price.hourly),
            **self.amounts.to_json(),
            "asOf": price.as_of.isoformat(),
            "live": price.live,
            "spot": price.spot,
            **({"note": price.note} if price.note else {}),
        }


@dataclass(frozen=True)
class Bill:
    """The cost of several things together: the sums of what is known, and of how many each sum is unknown.

    A sum of which nothing is known is None.
    """

    sums: Amounts
    unknown_now: int
    unknown_most: int

    def line(self, what: str) -> str:
        """Return one line: what `what` costs together, and for how many that is not known."""
        if self.sums == Amounts(None, None):
            return f"Cost: UNKNOWN for {what}"
        most = self.sums.most
        longer = "" if most is None else f" = {dollars(most * HOURS_A_DAY)}/day, {dollars(most * HOURS_A_MONTH)}/month"
        left_out = max(0 if self.sums.now is None else self.unknown_now, 0 if most is None else self.unknown_most)
        more = f", and UNKNOWN for {left_out} more" if left_out else ""
        return f"Cost: {self.sums.describe()}{longer} for {what}{more}"

    def to_json(self) -> dict[str, Any]:
        """Return the bill as JSON data; `unknown` is the number of things of which something is not known."""
        unknown = max(self.unknown_now, self.unknown_most)
        return {"currency": "USD", **self.sums.to_json(), "unknown": unknown}


def build_cost(spec: PoolSpec, price: Reading[Price], is_stopped: bool = False) -> Cost:
    """Return the cost of `spec` at `price` for one node; nodes of a stopped pool are kept and cost nothing."""
    now = 0 if is_stopped else spec.node_count
    return Cost(spec.node_vm_size or "", price, nodes_now=now, nodes_most=spec.most_nodes)


def build_bill(parts: Iterable[Amounts | None]) -> Bill:
    """Return what several things cost together; None is one of which nothing is known."""
    every = [part or Amounts(None, None) for part in parts]
    now, unknown_now = _sum_known([part.now for part in every])
    most, unknown_most = _sum_known([part.most for part in every])
    return Bill(Amounts(now, most), unknown_now, unknown_most)


def _sum_known(amounts: Sequence[Decimal | None]) -> tuple[Decimal | None, int]:
    known = [amount for amount in amounts if amount is not None]
    return (sum(known, Decimal(0)) if known or not amounts else None), len(amounts) - len(known)


def multiply(each: Decimal | None, number: int | None) -> Decimal | None:
    """Return `number` times `each`, None where one of them is not known; fewer than none is no number."""
    return None if each is None or number is None or number < 0 else each * number


def spent(hourly: Decimal, seconds: float) -> Decimal:
    """Return USD spent in so many seconds, to the cent."""
    return (hourly * max(0, int(seconds)) / _SECONDS_AN_HOUR).quantize(_CENT)


def sum_or_none(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum, None where an amount is not known or there is none at all."""
    every = list(amounts)
    total, unknown = _sum_known(every)
    return total if every and not unknown else None


def describe_price(price: Price) -> str:
    """Return where a price comes from: `price feed 2026-11-24`, `built-in figure of 2026-06-18, not live`."""
    kind = "spot" if price.spot else "Linux, pay as you go"
    return f"{kind}; {describe_origin(price)}"


def describe_origin(price: Price) -> str:
    """Return who says the price, and when: `price feed, 2026-11-24`, `built-in figure of 2026-06-18, not live`."""
    return f"price feed, {price.as_of}" if price.live else f"built-in figure of {price.as_of}, not live"


def per_hour(amount: Decimal | None) -> str:
    """Return `$0.53/h`, or UNKNOWN."""
    return UNKNOWN if amount is None else f"{dollars(amount)}/h"


def amount_or_none(amount: Decimal | None) -> float | None:
    """Return an amount as JSON has it."""
    return None if amount is None else float(amount)


def dollars(amount: Decimal, exact: bool = False) -> str:
    """Return `amount` in dollars, rounded to cents, or as it is (at least two digits) when `exact`."""
    cents = amount.quantize(_CENT, rounding=ROUND_HALF_UP)
    return f"${amount.normalize():,f}" if exact and amount != cents else f"${cents:,.2f}"
