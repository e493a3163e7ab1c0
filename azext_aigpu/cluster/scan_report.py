"""What `scan` prints: data for stdout, text for people, the exit code. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from aigpu_contract.exit_codes import EXIT_COULD_NOT_JUDGE, EXIT_FINDINGS, EXIT_OK
from aigpu_contract.finding import Status
from aigpu_contract.rendering import count, printable, wrap
from azext_aigpu.cluster.pool_costs import PoolCost, bill_pools
from azext_aigpu.cluster.scan_review import Refusals, Scan
from azext_aigpu.cluster.sightings import Sighting
from azext_aigpu.cost import dollars

MOST_REFUSED = 20
"""How many of the objects that enforcing would refuse are told; `scan` tells them all."""


def build_report(scan: Scan, pools: Iterable[PoolCost] = ()) -> dict[str, Any]:
    """Return the scan as JSON data, with what the GPU pools cost; amounts as numbers in USD."""
    hourly, so_far = sum_costs(scan)
    costs = list(pools)
    return {
        "verdict": worst_of(scan).name,
        "nodes": len(scan.state.nodes),
        "gpuPools": sorted(scan.gpu_pools),
        "unread": dict(scan.state.unread),
        "cost": {
            "currency": "USD",
            "hourly": float(hourly),
            "soFar": float(so_far),
            "unknown": len(unpriced_nodes(scan)),
        },
        "pools": [cost.to_json() for cost in costs],
        "poolCost": bill_pools(costs).to_json(),
        "findings": [_build_finding(one) for one in scan.sightings],
    }


def exit_code_of(scan: Scan) -> int:
    """Return 4 where something is wrong, 5 where something could not be judged, 0 where neither is."""
    worst = worst_of(scan)
    return {Status.FAIL: EXIT_FINDINGS, Status.UNKNOWN: EXIT_COULD_NOT_JUDGE}.get(worst, EXIT_OK)


def worst_of(scan: Scan) -> Status:
    """Return the worst status; PASS where everything was read and nothing was found."""
    return max((one.status for one in scan.sightings), default=Status.PASS)


def sum_costs(scan: Scan) -> tuple[Decimal, Decimal]:
    """Return USD an hour and USD so far of the nodes under FAIL, each counted once, by the dearest said of it."""
    hourly: dict[str, Decimal] = {}
    so_far: dict[str, Decimal] = {}
    for cost in (cost for one in scan.sightings if one.status is Status.FAIL for cost in one.costs):
        hourly[cost.node] = cost.hourly or Decimal(0)
        so_far[cost.node] = max(so_far.get(cost.node, Decimal(0)), cost.so_far or Decimal(0))
    return sum(hourly.values(), Decimal(0)), sum(so_far.values(), Decimal(0))


def unpriced_nodes(scan: Scan) -> frozenset[str]:
    """Return the nodes under FAIL that have no price, and that the sums leave out."""
    costs = [cost for one in scan.sightings if one.status is Status.FAIL for cost in one.costs]
    return frozenset(cost.node for cost in costs if cost.hourly is None)


def render_report(scan: Scan) -> str:
    """Return the scan for people: each finding as a block, then the bill and what enforcing would refuse."""
    parts = [_render(one) for one in scan.sightings if one.status >= Status.WARN]
    refused = sum(one.enforcing_refuses for one in scan.sightings)
    bill = _bill(scan)
    if bill:
        parts.append(bill)
    if refused:
        again = "it is" if refused == 1 else "they are"
        parts.append(f"Enforcing would refuse {refused} of these when {again} made again.")
    parts.append(_conclusion(scan))
    return "\n".join(parts)


def render_refusals(found: Refusals, scan_command: str) -> str:
    """Return why enforcing has to wait: the first objects that it would refuse, or that could not be judged."""
    every = [*found.refused, *found.unknown]
    lines = [f"  {one.what}: {one.finding.problem} ({one.finding.seen})" for one in every[:MOST_REFUSED]]
    lines += [f"  and {len(every) - MOST_REFUSED} more"] if len(every) > MOST_REFUSED else []
    unjudged = f", and {len(found.unknown)} more could not be judged" if found.unknown else ""
    return "\n".join(
        [
            f"--enforce would refuse {count(len(found.refused), 'object')} of the cluster{unjudged}.",
            *map(printable, lines),
            f"Nothing was applied. See all of it: {scan_command}",
            "Install without --enforce first: it warns and writes to the audit log.",
        ]
    )


def _bill(scan: Scan) -> str:
    hourly, so_far = sum_costs(scan)
    unpriced = len(unpriced_nodes(scan))
    if not hourly:
        return f"The nodes under FAIL cost UNKNOWN: {count(unpriced, 'node')} without a price." if unpriced else ""
    more = f", and UNKNOWN for {unpriced} more" if unpriced else ""
    return f"The nodes under FAIL cost {dollars(hourly)}/h, {dollars(so_far)} so far{more}."


def _conclusion(scan: Scan) -> str:
    pools = printable(", ".join(sorted(scan.gpu_pools)) or "none")
    head = f"Scanned {count(len(scan.state.nodes), 'node')}; GPU pools: {pools}."
    counts = {status: sum(one.status is status for one in scan.sightings) for status in Status}
    if not any(counts[status] for status in (Status.FAIL, Status.UNKNOWN, Status.WARN)):
        return f"{head} Nothing found."
    told = ", ".join(
        f"{counts[status]} {status.name}" for status in (Status.FAIL, Status.UNKNOWN, Status.WARN) if counts[status]
    )
    return f"{head} {told}."


def _render(one: Sighting) -> str:
    finding = one.finding
    lines = [wrap(f"  {finding.status.name:<7} {printable(one.what)}: ", finding.problem)]
    rows = {"seen": finding.seen, "wanted": finding.wanted, "cost": _cost(one), "next": finding.next_step}
    rows.update(dict(finding.evidence))
    lines += [wrap(f"{'':10}{label:<7} ", text) for label, text in rows.items() if text]
    return "\n".join(lines)


def _cost(one: Sighting) -> str:
    if one.hourly is None:
        return "unknown: there is no price for the node" if one.nodes else ""
    so_far = "" if one.so_far is None else f", {dollars(one.so_far)} so far"
    return f"{dollars(one.hourly)}/h{so_far} ({one.price_origin})"


def _build_finding(one: Sighting) -> dict[str, Any]:
    return {
        **one.finding.to_json(),
        "what": one.what,
        "pool": one.pool or None,
        "nodes": list(one.nodes),
        "hourly": None if one.hourly is None else float(one.hourly),
        "soFar": None if one.so_far is None else float(one.so_far),
        "priceOrigin": one.price_origin or None,
        "enforcingRefuses": one.enforcing_refuses,
    }
