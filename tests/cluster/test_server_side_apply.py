"""Why nodes are not written by server-side apply. The stand-in refuses it."""

from __future__ import annotations

from typing import Any

import pytest

from testbeds.cluster import Cluster
from testbeds.cluster.client import SERVER_SIDE_APPLY, Answer
from tests.cluster.conftest import MakeNode

pytestmark = pytest.mark.cluster

OURS = {"type": "aigpu.io/GPUReady", "status": "True"}


def apply(cluster: Cluster, path: str, node: str, **fields: Any) -> Answer:
    body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}, **fields}
    return cluster.admin.send("PATCH", f"{path}?fieldManager=aigpu-agent", body, SERVER_SIDE_APPLY)


def conditions(node: dict[str, Any]) -> list[str]:
    return [condition["type"] for condition in node["status"].get("conditions", [])]


def test_releasing_our_last_condition_takes_the_kubelets_too(cluster: Cluster, make_node: MakeNode) -> None:
    """A kubelet owns fields of its conditions, and nobody the list: it goes with its last owned entry."""
    node = make_node()
    path = f"/api/v1/nodes/{node}/status"
    beat = {"type": "Ready", "lastHeartbeatTime": "2026-01-01T00:00:00Z"}
    cluster.admin.patch(f"{path}?fieldManager=kubelet", {"status": {"conditions": [beat]}})
    applied = apply(cluster, path, node, status={"conditions": [OURS]}).body
    assert {"Ready", OURS["type"]} <= set(conditions(applied))
    assert conditions(apply(cluster, path, node).body) == []


def test_taints_of_another_owner_are_a_conflict(cluster: Cluster, make_node: MakeNode) -> None:
    taint = {"key": "aigpu.io/test", "effect": "NoSchedule"}
    node = make_node(taints=[{**taint, "key": "other"}])
    cluster.admin.patch(f"/api/v1/nodes/{node}", {"spec": {"taints": [{**taint, "key": "other"}, taint]}})
    answer = apply(cluster, f"/api/v1/nodes/{node}", node, spec={"taints": [taint]})
    assert (answer.status, answer.reason) == (409, "Conflict")
    assert ".spec.taints" in answer.message
