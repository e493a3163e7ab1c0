"""The Lease that says that the agent lives and that the condition on the node is its word of the last round.

It is renewed only behind a round that ended and a condition that was written; so a condition that could not be
corrected runs out by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from node_agent.daemon.clocks import render_micro_time
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


def apply_heartbeat(kube: Kube, node: Node, namespace: str, holder: str, duration_s: int, now: float) -> None:
    """Renew the Lease, or make it. Raises KubeError."""
    try:
        kube.patch_lease(node.name, {"spec": build_spec(holder, duration_s, now)})
    except RefusedError as refused:
        if refused.code != 404:
            raise
        kube.create_lease(build_lease(node, namespace, holder, duration_s, now))
