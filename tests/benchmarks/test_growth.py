from __future__ import annotations

import math

from benchmarks.growth import Point, Side, render
from benchmarks.process import Used


def test_a_row_shows_both_sides_of_a_point() -> None:
    ours = Side("nodepool list", Used(0.6781, 0.5, 66.4), 5)
    peer = Side("az aks nodepool list", Used(1.234, 0.61, 67), 3)

    row = render([Point(1000, "pool", ours, peer)]).splitlines()[-1]

    assert row == (
        "| nodepool list | 1000 pools | 678 ms | 500 ms | 66 MiB | 5 "
        "| az aks nodepool list | 1.23 s | 610 ms | 67 MiB | 3 |"
    )


def test_what_was_not_measured_is_left_empty() -> None:
    row = render([Point(1, "GPU", Side("a round", Used(math.nan, 0.05, 56)))]).splitlines()[-1]

    assert row == "| a round | 1 GPU |  | 50 ms | 56 MiB |  |  |  |  |  |  |"


def test_every_row_has_the_columns_of_the_head() -> None:
    lines = render([Point(1, "GPU", Side("a round", Used(1, 1, 1)))]).splitlines()

    assert {line.count("|") for line in lines} == {12}
