"""`python -m benchmarks [--rounds N] [--only PART ...] [--json]`: design targets beside their peers, and the curves."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Collection

from benchmarks import add_to_put, agent, bytes_read, growth, growth_gpus, growth_pools, node_list, preflight, refusal
from benchmarks.bed import Bed, Result, make_bed
from benchmarks.growth import Point

Found = tuple[list[Result], list[Point]]
IN_BED: dict[str, Callable[[Bed, int], Found]] = {
    "refusal": lambda bed, rounds: ([refusal.measure(bed, rounds)], []),
    "add": lambda bed, rounds: ([add_to_put.measure(bed, rounds)], []),
    "bytes": lambda bed, rounds: ([bytes_read.measure(bed, rounds)], []),
    "nodes": node_list.measure,
    "pools": lambda bed, rounds: ([], growth_pools.measure(bed, rounds)),
}
APART: dict[str, Callable[[int], Found]] = {
    "preflight": lambda rounds: (preflight.measure(rounds), []),
    "agent": lambda rounds: (agent.measure(rounds), []),
    "gpus": lambda rounds: ([], growth_gpus.measure(rounds)),
}


def main(arguments: list[str] | None = None) -> int:
    """Measure and return 0; a missed target is told, not failed: it may be the machine's."""
    parts = [*IN_BED, *APART]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="runs of each command; the median counts (default 9)")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts, metavar="PART", help=", ".join(parts))
    parser.add_argument("--json", action="store_true", help="JSON instead of tables")
    options = parser.parse_args(arguments)
    results, points = _measure(options.only, options.rounds)
    if options.json:
        targets = [{**vars(one), "ratio": one.ratio} for one in results]
        print(json.dumps({"targets": targets, "growth": [dataclasses.asdict(one) for one in points]}, indent=2))
        return 0
    if results:
        print("| what | against | ours | peer | ratio | target | |")
        print("|---|---|---|---|---|---|---|")
        print("\n".join(map(_row, results)))
    if points:
        print("\n" + growth.render(points))
    return 0


def _measure(parts: Collection[str], rounds: int) -> Found:
    found: list[Found] = []
    in_bed = [measure for name, measure in IN_BED.items() if name in parts]
    if in_bed:
        with make_bed() as bed:
            found += [measure(bed, rounds) for measure in in_bed]
    found += [measure(rounds) for name, measure in APART.items() if name in parts]
    return [one for results, _ in found for one in results], [one for _, points in found for one in points]


def _row(one: Result) -> str:
    met = "met" if one.ratio <= one.target else "missed"
    form = {"s": "{:,.2f} s", "MiB": "{:,.1f} MiB", "%": "{:,.2f} %"}.get(one.unit, "{:,.0f}")
    ours, peer = form.format(one.ours), form.format(one.peer)
    return f"| {one.what} | {one.against} | {ours} | {peer} | {one.ratio:.3f} | {one.target:.3g} | {met} |"


if __name__ == "__main__":
    sys.exit(main())
