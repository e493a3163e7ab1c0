"""`python -m benchmarks [--rounds N] [--json]`: the table of design targets, each beside its peer."""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks import add_to_put, agent, bytes_read, node_list, preflight, refusal
from benchmarks.bed import Result, make_bed

BENCHMARKS = [refusal.measure, add_to_put.measure, bytes_read.measure]


def main(arguments: list[str] | None = None) -> int:
    """Measure everything and return 0; a missed target is told, not failed: it may be the machine's."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="runs of each command; the median counts (default 9)")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    options = parser.parse_args(arguments)
    with make_bed() as bed:
        results = [measure(bed, options.rounds) for measure in BENCHMARKS]
        results += node_list.measure(bed, options.rounds)
    results += preflight.measure(options.rounds)
    results += agent.measure(options.rounds)
    if options.json:
        print(json.dumps([{**vars(one), "ratio": one.ratio} for one in results], indent=2))
        return 0
    print("| what | against | ours | peer | ratio | target | |")
    print("|---|---|---|---|---|---|---|")
    for one in results:
        print(_row(one))
    return 0


def _row(one: Result) -> str:
    met = "met" if one.ratio <= one.target else "missed"
    form = {"s": "{:,.2f} s", "MiB": "{:,.1f} MiB", "%": "{:,.2f} %"}.get(one.unit, "{:,.0f}")
    ours, peer = form.format(one.ours), form.format(one.peer)
    return f"| {one.what} | {one.against} | {ours} | {peer} | {one.ratio:.3f} | {one.target:.3g} | {met} |"


if __name__ == "__main__":
    sys.exit(main())
