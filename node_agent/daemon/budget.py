"""The taint budget: at most a tenth of a pool, and at least one node, carries the taint of a failed verdict.

A bad driver release fails everywhere at once; without a budget the autoscaler would buy new bad nodes for all of them.
K Leases stand for K places; a node that wants the taint takes one first. What makes a place free is not the age of its
Lease but that its holder is gone or carries no taint.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract.labels import STATUS_TAINT_KEY
from node_agent.daemon.clocks import parse_time, render_micro_time
from node_agent.daemon.kube import Kube, RefusedError
from node_agent.daemon.node import POOL_LABELS, Node

PART = 10
TAKING_S = 120
"""Seconds that a holder may take from its place to its taint."""
NO_POOL = "none"
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Pool:
    """The nodes of a pool, and those of them that carry the taint."""

    name: str
    nodes: frozenset[str]
    tainted: frozenset[str]

    @property
    def places(self) -> int:
        """How many nodes of the pool may carry the taint at a time."""
        return max(1, len(self.nodes) // PART)


def pool_selector(node: Node) -> dict[str, str | None]:
    """Return the labels of the node's pool; nodes without a pool are one."""
    key = next((key for key in POOL_LABELS if node.labels.get(key)), None)
    return dict.fromkeys(POOL_LABELS) if key is None else {key: node.labels[key]}


def build_pool(node: Node, nodes: Iterable[Node]) -> Pool:
    """Return the pool of `node` from its members."""
    members = {one.name: one for one in nodes}
    tainted = frozenset(name for name, one in members.items() if one.has_taint(STATUS_TAINT_KEY))
    return Pool(node.pool or NO_POOL, frozenset(members) | {node.name}, tainted)


def lease_name(pool: str, place: int) -> str:
    """Return the name of a place's Lease, which must be one of DNS."""
    return f"taint-budget-{_NOT_IN_A_NAME.sub('-', pool.lower()).strip('-') or NO_POOL}-{place}"


def is_free(lease: Mapping[str, Any] | None, node: str, pool: Pool, now: float) -> bool:
    """Return whether `node` may take a place: nobody's, its own, of a node that is gone or that took no taint."""
    spec = (lease or {}).get("spec") or {}
    holder = spec.get("holderIdentity")
    if not holder or holder == node or holder not in pool.nodes:
        return True
    taken_at = parse_time(spec.get("renewTime"))
    return holder not in pool.tainted and (taken_at is None or now - taken_at > TAKING_S)


def take_place(kube: Kube, node: Node, now: float) -> str | None:
    """Take a place for the node's taint; return its Lease, None where none is free. Raises KubeError."""
    pool = build_pool(node, kube.list_nodes(pool_selector(node)))
    if len(pool.tainted - {node.name}) >= pool.places:
        return None
    for place in range(pool.places):
        name = lease_name(pool.name, place)
        lease = kube.read_lease(name)
        if is_free(lease, node.name, pool, now) and _take(kube, name, lease, node.name, now):
            return name
    return None


def leave_place(kube: Kube, node: Node, now: float) -> None:
    """Give back the place that the node holds, if it holds one. Raises KubeError."""
    pool = build_pool(node, kube.list_nodes(pool_selector(node)))
    for place in range(pool.places):
        name = lease_name(pool.name, place)
        lease = kube.read_lease(name)
        if lease is not None and (lease.get("spec") or {}).get("holderIdentity") == node.name:
            _take(kube, name, lease, None, now)
            return


def _take(kube: Kube, name: str, lease: Mapping[str, Any] | None, holder: str | None, now: float) -> bool:
    """Write the holder into a Lease; return False where somebody else was faster. Raises KubeError."""
    spec = {"holderIdentity": holder, "leaseDurationSeconds": TAKING_S, "renewTime": render_micro_time(now)}
    try:
        if lease is None:
            kube.create_lease({"metadata": {"name": name}, "spec": spec})
        else:
            kube.patch_lease(
                name, {"metadata": {"resourceVersion": lease["metadata"]["resourceVersion"]}, "spec": spec}
            )
    except RefusedError as refused:
        if refused.code == 409:
            return False
        raise
    return True
