"""How the cost of a command grows with what it looks at: the table, and what a row of it is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from aigpu_contract.rendering import count
from benchmarks.process import Used

MOST_ROUNDS = 5
"""The curve shows at this many; the largest sizes take seconds each."""

_HEAD = (
    "| what | of | wall | CPU | peak memory | asked | beside it | wall | CPU | peak memory | asked |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Side:
    """A command, what it took, and how often it asked what stands behind it: an API, or NVIDIA's libraries."""

    name: str
    used: Used
    asked: int | None = None


@dataclass(frozen=True)
class Point:
    """Ours over `size` of `unit` (pool, node, GPU), and a peer over the same."""

    size: int
    unit: str
    ours: Side
    peer: Side | None = None


def render(points: Iterable[Point]) -> str:
    """Return the table in Markdown."""
    return "\n".join([_HEAD, *map(_row, points)])


def _row(point: Point) -> str:
    peer = ["", "", "", "", ""] if point.peer is None else [point.peer.name, *_cells(point.peer)]
    return f"| {' | '.join([point.ours.name, count(point.size, point.unit), *_cells(point.ours), *peer])} |"


def _cells(side: Side) -> list[str]:
    used = side.used
    asked = "" if side.asked is None else f"{side.asked:,}"
    return [_seconds(used.seconds), _seconds(used.cpu_s), f"{used.peak_mib:,.0f} MiB", asked]


def _seconds(seconds: float) -> str:
    if math.isnan(seconds):
        return ""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"
