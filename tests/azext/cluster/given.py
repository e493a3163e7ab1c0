"""What the tests of nodes and scans start from: objects in the API's own form, in which all is well."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from aigpu_contract.reading import Known, Reading
from azext_aigpu.cluster.heartbeat import Heartbeat, parse_heartbeat
from azext_aigpu.cluster.node_facts import NodeFacts, parse_node
from azext_aigpu.cluster.node_verdict import Surroundings

Moment = datetime.datetime
NOW = Moment(2026, 11, 26, 12, 0, 0, tzinfo=datetime.timezone.utc)
A100 = "Standard_NC24ads_A100_v4"
CPU = "Standard_D16s_v5"
IMAGE = "AKSUbuntu-2204gen2containerd-202611.06.0"
DRIVER = "570.86.15"
TAINT = {"key": "sku", "value": "gpu", "effect": "NoSchedule"}
TARGETS = {"nodeSelector": {"hardware": "gpu"}, "tolerations": [{"key": "sku", "operator": "Exists"}]}
VOID = [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}]
INTENT = {
    "hardware": "gpu",
    "gpu-type": "nvidia",
    "aigpu.io/sku": A100,
    "aigpu.io/gpu-model": "a100-80gb",
    "aigpu.io/gpu-count": "1",
    "aigpu.io/resource": "gpu",
    "aigpu.io/resource-count": "1",
}
"""The labels of a pool that this tool made."""


def written(moment: Moment, fraction: bool = False) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if fraction else "%Y-%m-%dT%H:%M:%SZ")


def ago(**span: float) -> Moment:
    return NOW - datetime.timedelta(**span)


MADE, STARTED, HEARD = ago(days=3), ago(hours=10), ago(seconds=20)


def place(pool: str, size: str) -> dict[str, str]:
    """Return the labels that AKS puts on every node."""
    return {
        "agentpool": pool,
        "kubernetes.azure.com/agentpool": pool,
        "kubernetes.azure.com/node-image-version": IMAGE,
        "node.kubernetes.io/instance-type": size,
        "topology.kubernetes.io/region": "eastus",
    }


def node(
    name: str = "gpu-0",
    *,
    pool: str = "gpu",
    size: str = A100,
    labels: Mapping[str, str] | None = None,
    taints: Sequence[Mapping[str, str]] = (TAINT,),
    offers: Mapping[str, str] | None = None,
    ready: str = "True",
    created: Moment = MADE,
    gpu_ready: Mapping[str, Any] | None = None,
    proof: object = None,
    boot: str = "boot-1",
) -> dict[str, Any]:
    """Return a Node of a pool of ours that no agent has looked at."""
    conditions = [{"type": "Ready", "status": ready}, *([dict(gpu_ready)] if gpu_ready is not None else [])]
    text = proof if isinstance(proof, str) else json.dumps(proof)
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": written(created),
            "labels": {**place(pool, size), **(INTENT if labels is None else labels)},
            "annotations": {} if proof is None else {"aigpu.io/proof": text},
        },
        "spec": {"taints": [dict(taint) for taint in taints]},
        "status": {
            "conditions": conditions,
            "allocatable": {"cpu": "24", **({"nvidia.com/gpu": "1"} if offers is None else offers)},
            "nodeInfo": {"bootID": boot},
        },
    }


def said(status: str, reason: str = "Passed", message: str = "") -> dict[str, str]:
    """Return the agent's condition."""
    since = written(ago(hours=5))
    return {
        "type": "aigpu.io/GPUReady",
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": since,
    }


def proof(**fields: Any) -> dict[str, Any]:
    return {"bootId": "boot-1", "driver": DRIVER, "gpus": 1, "provenAt": written(ago(hours=2)), **fields}


def proven(name: str = "gpu-0", **changes: Any) -> dict[str, Any]:
    """Return a Node that its agent has proven."""
    labels = {**INTENT, "aigpu.io/driver": DRIVER}
    return node(name, **{"labels": labels, "gpu_ready": said("True"), "proof": proof(), **changes})


def lease(name: str = "gpu-0", renewed: Moment | None = HEARD, **spec: Any) -> dict[str, Any]:
    fields = {"holderIdentity": "aigpu-agent-x", "leaseDurationSeconds": 180, **spec}
    if renewed is not None:
        fields["renewTime"] = written(renewed, fraction=True)
    return {"metadata": {"name": name, "namespace": "aigpu-system"}, "spec": fields}


def around(*leases: Mapping[str, Any], **fields: Any) -> Surroundings:
    """Return surroundings with these Leases; without any, with a fresh one of gpu-0."""
    beats: Reading[Mapping[str, Heartbeat]] = Known(
        {beat.node: beat for beat in map(parse_heartbeat, leases or (lease(),))}
    )
    return Surroundings(**{"now": NOW, "heartbeats": beats, "intents": Known({}), "taint_key": "sku", **fields})


def facts(**changes: Any) -> NodeFacts:
    return parse_node(node(**changes))


def container(name: str = "main", limits: Mapping[str, str] | None = None, env: object = ()) -> dict[str, Any]:
    return {"name": name, "resources": {"limits": dict(limits or {})}, "env": env}


def pod(
    name: str = "train-x",
    *containers: Mapping[str, Any],
    namespace: str = "team-a",
    on: str = "gpu-0",
    phase: str = "Running",
    started: Moment | None = STARTED,
    owner: tuple[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    spec: Mapping[str, Any] = TARGETS,
) -> dict[str, Any]:
    """Return a Pod that targets the GPU pool and asks for no GPU."""
    owners = [] if owner is None else [{"kind": owner[0], "name": owner[1], "controller": True}]
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "ownerReferences": owners,
            "annotations": dict(annotations or {}),
            "labels": dict(labels or {}),
        },
        "spec": {**spec, "nodeName": on, "containers": list(containers or (container(),))},
        "status": {"phase": phase, **({"startTime": written(started)} if started else {})},
    }


def template(*containers: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    """Return a pod template that targets the GPU pool and asks for no GPU."""
    return {"metadata": {}, "spec": {**TARGETS, "containers": list(containers or (container(),)), **spec}}


def job(name: str = "train", pod_template: object = None, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "team-a"},
        "spec": {"template": pod_template or template()},
        "status": status,
    }
