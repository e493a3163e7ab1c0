"""What is kept of a Node: some hundred bytes of the ten thousand that the API server sends. Pure."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract import labels, skus
from aigpu_contract.expectation import is_number
from azext_aigpu.cluster.admission.reverse_rule import (
    ACCELERATOR,
    INSTANCE_TYPE_KEYS,
    POOL_KEYS,
    is_above_zero,
    is_gpu_resource,
)
from azext_aigpu.cluster.moments import Moment, parse_moment
from azext_aigpu.cluster.object_parts import items, mapping
from azext_aigpu.cluster.tolerations import PREFERENCES

IMAGE_VERSION = "kubernetes.azure.com/node-image-version"
REGION = "topology.kubernetes.io/region"
PRIORITY = "kubernetes.azure.com/scalesetpriority"
OUR_TAINTS = {labels.STARTUP_TAINT_KEY: "unverified", labels.STATUS_TAINT_KEY: "unhealthy"}
"""The agent's taints, and what each says of the node."""

READY = "Ready"
"""The kubelet's own condition."""

TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"
_KEPT = frozenset({*labels.CONTRACT_LABELS, labels.HARDWARE, labels.GPU_TYPE, ACCELERATOR})


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a node; `since` is when its status last changed."""

    status: str
    reason: str
    message: str
    since: Moment | None


@dataclass(frozen=True, slots=True)
class Proof:
    """What the agent last proved: GPUs that NVML showed, with which driver, on which boot, and when."""

    boot_id: str
    driver: str
    gpus: int | None
    proven_at: Moment | None


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """One node. `offered` are the GPU resources that its kubelet offers, `taint_keys` the keys of all its taints.

    `repelling_keys` are those of taints that keep pods away, and do not only make the scheduler prefer other nodes.
    """

    name: str
    pool: str
    size: str
    labels: Mapping[str, str]
    image_version: str
    driver: str
    condition: Condition | None
    is_ready: bool
    boot_id: str
    proof: Proof | None
    offered: Mapping[str, str]
    taint_keys: tuple[str, ...]
    is_paused: bool
    created: Moment | None
    region: str = ""
    is_spot: bool = False
    repelling_keys: tuple[str, ...] = ()

    @property
    def sku(self) -> skus.Sku | None:
        """Return the catalogue's row of the node's size."""
        return skus.lookup(self.size)

    @property
    def gpus_offered(self) -> int:
        """Return how many GPUs, or parts of one, the kubelet offers under any of NVIDIA's names."""
        return sum(int(count) for count in self.offered.values() if is_number(count))

    @property
    def has_gpu_hardware(self) -> bool:
        """Return whether size, AKS's own label or the kubelet say that there is an NVIDIA GPU."""
        sku = self.sku
        by_size = sku is not None and sku.is_cuda_gpu
        return by_size or ACCELERATOR in self.labels or any(map(is_above_zero, self.offered.values()))


def parse_node(data: Mapping[str, Any]) -> NodeFacts:
    """Return what is kept of a Node of the API. What has not the API's type counts as absent."""
    metadata, spec, status = (mapping(data, key) for key in ("metadata", "spec", "status"))
    # Of thousands of nodes nearly all have the same words: they are kept once.
    own = {key: sys.intern(value) for key, value in mapping(metadata, "labels").items() if isinstance(value, str)}
    conditions = {str(one.get("type")): one for one in items(status, "conditions")}
    ready, ours = conditions.get(READY), conditions.get(labels.CONDITION_TYPE)
    return NodeFacts(
        name=str(metadata.get("name", "")),
        pool=_first(own, POOL_KEYS),
        size=_first(own, INSTANCE_TYPE_KEYS),
        labels={key: own[key] for key in _KEPT if key in own},
        image_version=own.get(IMAGE_VERSION, ""),
        driver=own.get(labels.DRIVER, ""),
        condition=None if ours is None else _parse_condition(ours),
        is_ready=ready is not None and ready.get("status") == TRUE,
        boot_id=str(mapping(status, "nodeInfo").get("bootID", "")),
        proof=_parse_proof(mapping(metadata, "annotations").get(labels.PROOF_ANNOTATION)),
        offered=_parse_offered(mapping(status, "allocatable"), own),
        taint_keys=tuple(str(taint.get("key", "")) for taint in items(spec, "taints")),
        is_paused=labels.PAUSE_LABEL in own,
        created=parse_moment(metadata.get("creationTimestamp")),
        region=own.get(REGION, ""),
        is_spot=own.get(PRIORITY) == "spot",
        repelling_keys=tuple(
            str(taint.get("key", "")) for taint in items(spec, "taints") if taint.get("effect") not in PREFERENCES
        ),
    )


def _parse_condition(data: Mapping[str, Any]) -> Condition:
    since = parse_moment(data.get("lastTransitionTime"))
    status, reason, message = (sys.intern(str(data.get(key) or "")) for key in ("status", "reason", "message"))
    return Condition(status, reason, message, since)


def _parse_proof(text: object) -> Proof | None:
    try:
        data = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    gpus = data.get("gpus")
    return Proof(
        boot_id=str(data.get("bootId", "")),
        driver=sys.intern(str(data.get("driver", ""))),
        gpus=gpus if isinstance(gpus, int) and not isinstance(gpus, bool) else None,
        proven_at=parse_moment(data.get("provenAt")),
    )


def _parse_offered(allocatable: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, str]:
    """Return the GPU resources: NVIDIA's network operator offers resources of the same domain that are no GPU.

    A device plugin may be told to use other names; the one that the pool's label says is taken for what it is.
    """
    declared = labels.resource_name(own.get(labels.RESOURCE, labels.NO_RESOURCE))
    return {
        sys.intern(key): sys.intern(str(value))
        for key, value in allocatable.items()
        if is_gpu_resource(key) or key == declared
    }


def _first(own: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((own[key] for key in keys if own.get(key)), "")
