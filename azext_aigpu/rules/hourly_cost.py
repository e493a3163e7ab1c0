"""The pool at its largest must not cost more an hour than the limit; a limit that cannot be checked stops."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.rendering import count
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.cost import Cost, build_cost, dollars
from azext_aigpu.spec import PoolSpec

ID = "hourly-cost"
READS: tuple[str, ...] = (
    "node_vm_size",
    "node_count",
    "max_count",
    "enable_cluster_autoscaler",
    "priority",
    "spot_max_price",
)
WAIVABLE = True
ARM_ENFORCES = False


def review(spec: PoolSpec, cloud: CloudFacts) -> Iterator[Finding]:
    """Compare with the setting `max_hourly_cost` or `--max-hourly-cost`; without a limit there is nothing to say."""
    limit = spec.limits.max_hourly_cost
    if limit is None:
        return
    cost = build_cost(spec, cloud.price_of(spec.node_vm_size))
    hourly = cost.hourly_most
    if isinstance(cost.price, Unknown):
        yield _unknown(limit, cost.price.reason)
    elif cost.price.value.hourly <= 0:
        yield _unknown(limit, f"a price of {cost.price.value.hourly} an hour is no price")
    elif hourly is None:
        yield _unknown(limit, "nobody says how many nodes the pool may have", "the pool's largest size")
    elif hourly > limit:
        yield _over(cost, limit)


def _over(cost: Cost, limit: Decimal) -> Finding:
    return Finding(
        ID,
        "CostOverLimit",
        Status.FAIL,
        "it may cost more an hour than the limit allows",
        seen=cost.line().removeprefix("Cost: "),
        wanted=f"at most {dollars(limit, exact=True)}/h",
        next_step=f"{_fewer_nodes(cost, limit)}a cheaper size, a higher --max-hourly-cost, or --waive {ID}='who pays'",
    )


def _fewer_nodes(cost: Cost, limit: Decimal) -> str:
    nodes = int(limit // cost.price.value.hourly) if isinstance(cost.price, Known) else 0
    return f"at most {count(nodes, 'node')}, " if nodes >= 1 else ""


def _unknown(limit: Decimal, reason: str, what: str = "the price") -> Finding:
    return Finding(
        ID,
        "PriceUnknown",
        Status.UNKNOWN,
        f"there is a cost limit, and {what} is not known",
        seen=reason,
        wanted=f"a price and a number of nodes, to hold them to {dollars(limit, exact=True)}/h",
        next_step=f"try again when the price feed answers, leave the limit out, or --waive {ID}='what it will cost'",
    )
