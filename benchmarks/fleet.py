"""A fleet in an API server, as the measurements need it: proven GPU nodes, their heartbeats, a pod on each."""

from __future__ import annotations

import datetime
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from testbeds.cluster import Cluster, FakeNode
from testbeds.cluster.node_body import build_node, micro_time

IMAGES = 40
SENDERS = 8
NAMESPACE = "aigpu-system"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
JOBS = "team-a"
INTENT = {
    "agentpool": "gpu",
    "kubernetes.azure.com/agentpool": "gpu",
    "kubernetes.azure.com/node-image-version": "AKSUbuntu-2204gen2containerd-202611.06.0",
    "node.kubernetes.io/instance-type": "Standard_ND96isr_H100_v5",
    "hardware": "gpu",
    "gpu-type": "nvidia",
    "aigpu.io/sku": "Standard_ND96isr_H100_v5",
    "aigpu.io/gpu-model": "h100-80gb",
    "aigpu.io/gpu-count": "8",
    "aigpu.io/resource": "gpu",
    "aigpu.io/resource-count": "8",
    "aigpu.io/driver": "570.86.15",
}


def prepare(cluster: Cluster) -> None:
    """Make the namespaces, and the service account that no controller makes here."""
    for name in (NAMESPACE, JOBS):
        cluster.admin.post("/api/v1/namespaces", {"metadata": {"name": name}})
    cluster.admin.post(f"/api/v1/namespaces/{JOBS}/serviceaccounts", {"metadata": {"name": "default"}})


def add_nodes(cluster: Cluster, first: int, end: int) -> None:
    """Add the nodes of these numbers."""
    now = datetime.datetime.now(datetime.timezone.utc)
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(lambda number: _add(cluster, f"aks-gpu-12345678-vmss{number:06}", now), range(first, end)))


def _add(cluster: Cluster, name: str, now: datetime.datetime) -> None:
    cluster.admin.post("/api/v1/nodes", _build_node(name, now))
    # It holds for a year: nobody renews it here.
    spec = {"holderIdentity": name, "leaseDurationSeconds": 365 * 86_400, "renewTime": micro_time(now)}
    cluster.admin.post(LEASES, {"metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec})
    cluster.admin.post(f"/api/v1/namespaces/{JOBS}/pods", _build_pod(name))


def _build_node(name: str, now: datetime.datetime) -> dict[str, Any]:
    proof = {"bootId": name, "driver": "570.86.15", "gpus": 8, "provenAt": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
    node = FakeNode(
        name,
        gpus=8,
        labels=INTENT,
        annotations={"aigpu.io/proof": json.dumps(proof)},
        conditions=[{"type": "aigpu.io/GPUReady", "status": "True", "reason": "Passed"}],
        boot_id=name,
    )
    body: dict[str, Any] = build_node(node, now, {})
    image = "mcr.microsoft.com/oss/v2/kubernetes/some-component"
    body["status"]["images"] = [
        {"names": [f"{image}-{number}@sha256:{number:064x}", f"{image}-{number}:v1.2.{number}"], "sizeBytes": 123456789}
        for number in range(IMAGES)
    ]
    return body


def _build_pod(node: str) -> dict[str, Any]:
    container = {
        "name": "train",
        "image": "example.azurecr.io/train:1",
        "resources": {"limits": {"nvidia.com/gpu": "8", "cpu": "90", "memory": "1800Gi"}},
        "env": [{"name": f"SETTING_{number}", "value": "x" * 40} for number in range(20)],
    }
    spec = {
        "nodeName": node,
        "nodeSelector": {"hardware": "gpu"},
        "tolerations": [{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}],
        "containers": [container],
    }
    return {"metadata": {"name": f"train-{node}", "namespace": JOBS}, "spec": spec}
