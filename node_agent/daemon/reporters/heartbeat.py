"""The Lease that says that the agent lives and that the condition on the node is its word of the last round.

It is renewed only behind a round that ended and a condition that was written; so a condition that could not be
corrected runs out by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from node_agent.daemon.clocks import parse_time, render_micro_time
from node_agent.daemon.kube import Kube, RefusedError
from node_agent.daemon.node import Node


def build_lease(node: Node, namespace: str, holder: str, duration_s: int, now: float) -> dict[str, Any]:
    """Return the Lease of a node; it goes when the node goes."""
    owner = {"apiVersion": "v1", "kind": "Node", "name": node.name, "uid": node.uid}
    metadata = {"name": node.name, "namespace": namespace, "ownerReferences": [owner]}
    return {"metadata": metadata, "spec": build_spec(holder, duration_s, now)}


def build_spec(holder: str, duration_s: int, now: float) -> Mapping[str, Any]:
    """Return what a renewal writes."""
    return {"holderIdentity": holder, "leaseDurationSeconds": duration_s, "renewTime": render_micro_time(now)}


def is_in_force(lease: Mapping[str, Any] | None, now: float) -> bool:
    """Return whether the word of whoever renewed this Lease still holds; `now` is the server's time.

    Nobody's word does, nor that of a Lease that does not say when it was renewed, or says a time to come.
    """
    spec = (lease or {}).get("spec") or {}
    renewed_at, duration_s = parse_time(spec.get("renewTime")), spec.get("leaseDurationSeconds")
    return renewed_at is not None and type(duration_s) is int and abs(now - renewed_at) < duration_s


def apply_heartbeat(kube: Kube, node: Node, namespace: str, holder: str, duration_s: int, now: float) -> None:
    """Renew the Lease, or make it. Raises KubeError."""
    try:
        kube.patch_lease(node.name, {"spec": build_spec(holder, duration_s, now)})
    except RefusedError as refused:
        if refused.code != 404:
            raise
        kube.create_lease(build_lease(node, namespace, holder, duration_s, now))
