"""Node counts must agree with each other."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from azext_aigpu.rules import autoscale_bounds
from tests.azext.rules.given import a_spec, told

CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing said: 0 to 5": ({}, []),
    "a fixed size": ({"node_count": 3}, []),
    "a fixed size of none": ({"node_count": 0}, []),
    "the most that AKS takes": ({"node_count": 1000}, []),
    "bounds": ({"min_count": 1, "max_count": 4}, []),
    "bounds with a count between": ({"min_count": 1, "max_count": 4, "node_count": 4}, []),
    "equal bounds": ({"min_count": 2, "max_count": 2}, []),
    "reversed bounds": ({"min_count": 5, "max_count": 1}, ["FAIL BoundsReversed"]),
    "a least above the default most": ({"min_count": 6}, ["FAIL BoundsReversed"]),
    "a count below": ({"min_count": 2, "max_count": 4, "node_count": 1}, ["FAIL CountOutsideBounds"]),
    "a count above": ({"enable_cluster_autoscaler": True, "node_count": 9}, ["FAIL CountOutsideBounds"]),
    "a negative count": ({"node_count": -1}, ["FAIL CountOutOfRange"]),
    "a negative bound": ({"min_count": -1, "max_count": 3}, ["FAIL CountOutOfRange"]),
    "more than AKS takes": ({"node_count": 1001}, ["FAIL CountOutOfRange"]),
}


@pytest.mark.parametrize(("fields", "findings"), CASES.values(), ids=CASES.keys())
def test_autoscale_bounds(fields: dict[str, Any], findings: list[str]) -> None:
    # A count of -1 within bounds of -1 to 3 is out of range in two ways; each is told once.
    assert sorted(set(told(autoscale_bounds, autoscale_bounds.review(a_spec(**fields))))) == findings


@pytest.mark.parametrize(
    ("least", "most", "scaled", "finding"),
    [
        (None, 3, True, "FAIL BoundsMissing"),
        (1, None, True, "FAIL BoundsMissing"),
        (None, None, True, "FAIL BoundsMissing"),
        (1, 3, False, "FAIL BoundsWithoutAutoscaler"),
        (None, 3, None, "FAIL BoundsWithoutAutoscaler"),
    ],
)
def test_bounds_of_an_existing_pool(least: int, most: int, scaled: bool, finding: str) -> None:
    spec = dataclasses.replace(
        a_spec(node_count=1), enable_cluster_autoscaler=scaled, min_count=least, max_count=most, node_count=None
    )
    assert told(autoscale_bounds, autoscale_bounds.review(spec)) == [finding]


def test_the_nearest_count_is_proposed() -> None:
    (finding,) = autoscale_bounds.review(a_spec(min_count=2, max_count=4, node_count=9))
    assert finding.next_step == "--node-count 4"
