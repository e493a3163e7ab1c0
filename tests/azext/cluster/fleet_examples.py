"""For every reason of every finding of `scan` and `node list` a cluster that gives it, by the finding's id.

The first of an id is the one that its page in `docs/reference/fleet-checks` shows. Prices come from the pool's label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract.finding import Finding
from aigpu_contract.rendering import render_findings
from azext_aigpu.cluster.admission.reverse_rule import GpuPools
from azext_aigpu.cluster.admission.workload_kinds import WORKLOADS
from azext_aigpu.cluster.live_objects import Pools, parse_pod, reduce_workload
from azext_aigpu.cluster.node_facts import parse_node
from azext_aigpu.cluster.node_rows import build_rows, find_driver_skew
from azext_aigpu.cluster.scan_report import render_report
from azext_aigpu.cluster.scan_review import ClusterState, Scan, review_cluster
from tests.azext.cluster.given import CPU, INTENT, ago, around, container, job, node, pod, proven

_POOLS = Pools(GpuPools(names=frozenset({"gpu"})), every=frozenset({"gpu"}))
_JOBS = next(kind for kind in WORKLOADS if kind.resource == "jobs" and kind.group == "batch")


@dataclass(frozen=True)
class Said:
    """The findings of a command, and what it prints for people."""

    findings: tuple[Finding, ...]
    printed: str


def _scan(
    *nodes: Mapping[str, Any],
    pods: Iterable[dict[str, Any]] = (),
    jobs: Iterable[dict[str, Any]] = (),
    unread: Mapping[str, str] | None = None,
) -> Said:
    kept = [one for one in map(reduce_workload(_JOBS, _POOLS), jobs) if one is not None]
    state = ClusterState(
        [parse_node(one) for one in nodes], around(), [parse_pod(one, _POOLS) for one in pods], kept, unread or {}
    )
    scan = Scan(state, tuple(review_cluster(state)), frozenset({"gpu"}))
    return Said(tuple(one.finding for one in scan.sightings), render_report(scan))


def _list(*nodes: Mapping[str, Any]) -> Said:
    found = find_driver_skew(build_rows(map(parse_node, nodes), around()))
    return Said(tuple(found), render_findings(found))


def _priced(hourly: str = "3.67", **changes: Any) -> dict[str, Any]:
    return node(labels={**INTENT, "aigpu.io/price-hour": hourly}, **changes)


def _driven(name: str, driver: str) -> dict[str, Any]:
    return proven(name, labels={**INTENT, "aigpu.io/driver": driver})


_BUSY = pod("train-x", container(limits={"nvidia.com/gpu": "1"}))
_TO_COME = {"spec": {"containers": [container()], "nodeSelector": {"agentpool": "to-come"}}}

EXAMPLES: Mapping[str, Mapping[tuple[str, str], Said]] = {
    "gpu-pool": {
        ("NoGPUOnGPUPool", "FAIL"): _scan(_priced("0.77", size=CPU, offers={})),
        ("NoGPUOnGPUPool", "WARN"): _scan(node(size=CPU, offers={}, labels={}, taints=())),
        ("GPUsNotOfferedYet", "UNKNOWN"): _scan(node(offers={}, created=ago(minutes=5))),
    },
    "idle-gpus": {("GPUsNotRequested", "WARN"): _scan(_priced())},
    "pod-on-gpu-node": {("CPUOnlyPodOnGPUNode", "FAIL"): _scan(_priced(), pods=[pod(owner=("Job", "train"))])},
    "reverse-rule": {
        ("GPUNotRequested", "FAIL"): _scan(node(), pods=[_BUSY], jobs=[job("nightly")]),
        ("TargetUnknown", "UNKNOWN"): _scan(node(), pods=[_BUSY], jobs=[job("nightly", _TO_COME)]),
    },
    "reading": {
        ("KindUnreadable", "UNKNOWN"): _scan(node(), pods=[_BUSY], unread={"CronJobs of batch": "403 Forbidden"}),
    },
    "driver-skew": {
        ("DriverSkew", "WARN"): _list(
            _driven("gpu-0", "570.86.15"), _driven("gpu-1", "570.86.15"), _driven("gpu-2", "550.54.15")
        )
    },
}
