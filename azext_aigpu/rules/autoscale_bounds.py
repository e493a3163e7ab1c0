"""The node counts must agree with each other and with what AKS takes."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from azext_aigpu.spec import PoolSpec

ID = "autoscale-bounds"
READS: tuple[str, ...] = ("enable_cluster_autoscaler", "min_count", "max_count", "node_count")
WAIVABLE = False

MOST_NODES = 1000
"""AKS's bound for a user pool (the docstring of `count` in the API)."""


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Hold counts and bounds against each other."""
    for option, count in _counts(spec):
        if count is not None and not 0 <= count <= MOST_NODES:
            yield _out_of_range(option, count)
    if spec.enable_cluster_autoscaler:
        yield from _review_bounds(spec)
    elif spec.min_count is not None or spec.max_count is not None:
        yield _without_autoscaler(spec)


def _counts(spec: PoolSpec) -> tuple[tuple[str, int | None], ...]:
    return (("--node-count", spec.node_count), ("--min-count", spec.min_count), ("--max-count", spec.max_count))


def _review_bounds(spec: PoolSpec) -> Iterator[Finding]:
    least, most, count = spec.min_count, spec.max_count, spec.node_count
    if least is None or most is None:
        yield _missing(spec)
    elif least > most:
        yield _reversed(least, most)
    elif count is not None and not least <= count <= most:
        yield _outside(count, least, most)


def _out_of_range(option: str, count: int) -> Finding:
    return Finding(
        ID,
        "CountOutOfRange",
        Status.FAIL,
        "AKS makes no pool with this number of nodes",
        seen=f"{option} {count}",
        wanted=f"0 to {MOST_NODES}",
        next_step=f"{option} {min(max(count, 0), MOST_NODES)}",
    )


def _missing(spec: PoolSpec) -> Finding:
    absent = [option for option, count in _counts(spec)[1:] if count is None]
    return Finding(
        ID,
        "BoundsMissing",
        Status.FAIL,
        "the autoscaler needs a least and a most number of nodes",
        seen=f"no {' and no '.join(absent)}",
        wanted="both bounds",
        next_step=" ".join(f"{option} N" for option in absent),
    )


def _reversed(least: int, most: int) -> Finding:
    return Finding(
        ID,
        "BoundsReversed",
        Status.FAIL,
        "the least number of nodes is larger than the most",
        seen=f"--min-count {least} --max-count {most}",
        wanted="--min-count not above --max-count",
        next_step=f"--min-count {most} --max-count {least}, if the two were swapped",
    )


def _outside(count: int, least: int, most: int) -> Finding:
    return Finding(
        ID,
        "CountOutsideBounds",
        Status.FAIL,
        "the pool would start outside of its own bounds",
        seen=f"--node-count {count}",
        wanted=f"{least} to {most}, as --min-count and --max-count say",
        next_step=f"--node-count {min(max(count, least), most)}",
    )


def _without_autoscaler(spec: PoolSpec) -> Finding:
    given = " ".join(f"{option} {count}" for option, count in _counts(spec)[1:] if count is not None)
    return Finding(
        ID,
        "BoundsWithoutAutoscaler",
        Status.FAIL,
        "bounds are given, and the autoscaler that would keep them is off",
        seen=given,
        wanted="the autoscaler with bounds, or a fixed --node-count without",
        next_step="--enable-cluster-autoscaler, or leave the bounds out",
    )
