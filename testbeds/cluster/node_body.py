"""The Node that a fake kubelet registers. Pure."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

GPU = "nvidia.com/gpu"
LEASE_NAMESPACE = "kube-node-lease"
LEASE_S = 40
NOT_READY = "node.kubernetes.io/not-ready"
"""The taint that the server gives to every node that is created, and the controllers lift when it is Ready."""

_PLATFORM = {"os": "linux", "arch": "amd64"}


@dataclass(frozen=True)
class FakeNode:
    """A node that is Ready. `gpus` is what its kubelet offers as nvidia.com/gpu; None: it names no such resource."""

    name: str
    gpus: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Mapping[str, str]] = ()
    conditions: Sequence[Mapping[str, str]] = ()
    resources: Mapping[str, str] = field(default_factory=dict)
    boot_id: str = field(default_factory=lambda: str(uuid.uuid4()))


def build_node(node: FakeNode, now: datetime.datetime, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the object to create; `labels` are added to the node's own."""
    # The older pair too, as a kubelet writes both; the controllers would add it later.
    own = {f"{age}kubernetes.io/{key}": value for age in ("", "beta.") for key, value in _PLATFORM.items()}
    own["kubernetes.io/hostname"] = node.name
    resources = {"cpu": "24", "memory": "220Gi", "ephemeral-storage": "200Gi", "pods": "110", **node.resources}
    if node.gpus is not None:
        resources[GPU] = str(node.gpus)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "labels": {**own, **labels, **node.labels},
            "annotations": dict(node.annotations),
        },
        "spec": {"taints": [dict(taint) for taint in node.taints]},
        "status": {
            "capacity": resources,
            "allocatable": resources,
            "addresses": [{"type": "Hostname", "address": node.name}],
            "conditions": [*_kubelet_conditions(now), *(dict(condition) for condition in node.conditions)],
            "nodeInfo": _node_info(node.boot_id),
        },
    }


def build_lease(node: Mapping[str, Any], now: datetime.datetime) -> dict[str, Any]:
    """Return the Lease of a node that was created, as its kubelet makes it."""
    name = node["metadata"]["name"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": LEASE_NAMESPACE, "ownerReferences": [owner]},
        "spec": {"holderIdentity": name, "leaseDurationSeconds": LEASE_S, "renewTime": micro_time(now)},
    }


def micro_time(moment: datetime.datetime) -> str:
    """Return the form that a Lease wants, always with six decimals."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _kubelet_conditions(now: datetime.datetime) -> list[dict[str, str]]:
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {
        "MemoryPressure": ("False", "KubeletHasSufficientMemory"),
        "DiskPressure": ("False", "KubeletHasNoDiskPressure"),
        "PIDPressure": ("False", "KubeletHasSufficientPID"),
        "Ready": ("True", "KubeletReady"),
    }
    return [
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": reason,
            "lastHeartbeatTime": moment,
            "lastTransitionTime": moment,
        }
        for kind, (status, reason) in said.items()
    ]


def _node_info(boot_id: str) -> dict[str, str]:
    return {
        "machineID": "0",
        "systemUUID": "0",
        "bootID": boot_id,
        "kernelVersion": "5.15.0-1092-azure",
        "osImage": "Ubuntu 22.04.5 LTS",
        "containerRuntimeVersion": "containerd://1.7.28-1",
        "kubeletVersion": "v1.36.2",
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": "amd64",
    }
