"""A pool as Karpenter's NodePool and AKSNodeClass, for node auto-provisioning. Pure.

Kinds, versions, fields and well-known labels: the API package `v1beta1` of Azure/karpenter-provider-azure, and its
examples for `karpenter.sh/v1`. Labels and taint are the contract's, so the agent, the admission policy and the job's
preflight take such a node for a GPU node as any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from azext_aigpu.export.pool import Export, list_unwritten, write_comments
from azext_aigpu.spec import PoolSpec

NODE_POOL = "karpenter.sh/v1"
CLASS_GROUP = "karpenter.azure.com"
NODE_CLASS = f"{CLASS_GROUP}/v1beta1"
IMAGE_FAMILIES = ("Ubuntu", "Ubuntu2204", "Ubuntu2404", "AzureLinux")
GPU_RESOURCE = "nvidia.com/gpu"
LEAST_MAX_PODS, MOST_MAX_PODS = 10, 250
CONSOLIDATE_AFTER = "10m"
"""As long as the cluster autoscaler waits by default before it takes an empty node away."""

KUBELET: Mapping[str, str] = {
    "cpuManagerPolicy": "cpuManagerPolicy",
    "cpuCfsQuota": "cpuCFSQuota",
    "cpuCfsQuotaPeriod": "cpuCFSQuotaPeriod",
    "imageGcHighThreshold": "imageGCHighThresholdPercent",
    "imageGcLowThreshold": "imageGCLowThresholdPercent",
    "topologyManagerPolicy": "topologyManagerPolicy",
    "allowedUnsafeSysctls": "allowedUnsafeSysctls",
    "containerLogMaxFiles": "containerLogMaxFiles",
    "podMaxPids": "podPidsLimit",
}
_WRITTEN = frozenset(
    {
        "node_vm_size",
        "os_type",
        "vm_set_type",
        "mode",
        "priority",
        "labels",
        "node_taints",
        "tags",
        "node_osdisk_size",
        "zones",
        "vnet_subnet_id",
        "enable_encryption_at_host",
        "enable_fips_image",
        "enable_artifact_streaming",
        "enable_cluster_autoscaler",
        "node_count",
        "min_count",
        "max_count",
        "kubelet_config",
    }
)
_NO_FIELD = "neither kind has a field for it that means the same"


class NoLimitError(Exception):
    """How many GPUs the pool may grow to is not known."""


def list_notes(export: Export) -> tuple[str, ...]:
    """Return what a reader of the document has to know."""
    spec = export.spec
    written = _WRITTEN | {"os_sku"} if spec.os_sku in IMAGE_FAMILIES else _WRITTEN
    written |= {"max_pods"} if _has_room(spec) else frozenset()
    # That AKS installs the driver is what the provider does by itself.
    written |= {"gpu_driver"} if spec.gpu_driver == "Install" else frozenset()
    unwritten = list_unwritten(spec, written, _NO_FIELD)
    return (*export.notes, *unwritten, *_list_unwritten_kubelet(spec), *_list_differences(spec))


def _list_unwritten_kubelet(spec: PoolSpec) -> Iterator[str]:
    for key, value in (spec.kubelet_config or {}).items():
        if key not in KUBELET and value is not None:
            yield f"Left out: kubeletConfig.{key}: {value}; {_NO_FIELD}."


def _list_differences(spec: PoolSpec) -> Iterator[str]:
    if spec.min_count or not spec.enable_cluster_autoscaler:
        yield "Karpenter keeps no least number of nodes: it makes them when pods ask for GPUs, and removes empty ones."
    if spec.most_nodes == 0:
        yield "The pool has no nodes and may get none, so the limit is 0."


def write_karpenter(export: Export) -> str:
    """Return both documents. Raises NoLimitError."""
    head = write_comments(list_notes(export), "#")
    return head + yaml.safe_dump_all(
        [build_node_class(export.spec), build_node_pool(export)],
        sort_keys=False,
        width=120,
        allow_unicode=True,
        explicit_start=True,
    )


def build_node_pool(export: Export) -> dict[str, Any]:
    """Return the NodePool: one size, the contract's labels and taint, as many GPUs as the pool may grow to.

    Raises NoLimitError.
    """
    spec = export.spec
    template = {
        "metadata": {"labels": dict(spec.labels)},
        "spec": {
            "nodeClassRef": {"group": CLASS_GROUP, "kind": "AKSNodeClass", "name": spec.name},
            "taints": [{"key": one.key, "value": one.value, "effect": one.effect} for one in spec.node_taints],
            "requirements": [_require(key, *values) for key, values in _list_requirements(export)],
            # A node pool of AKS takes no node away for its age, and a job on it may run for weeks.
            "expireAfter": "Never",
        },
    }
    return {
        "apiVersion": NODE_POOL,
        "kind": "NodePool",
        "metadata": {"name": spec.name},
        "spec": {
            "template": template,
            "disruption": {"consolidationPolicy": "WhenEmpty", "consolidateAfter": CONSOLIDATE_AFTER},
            "limits": {GPU_RESOURCE: str(_count_most_gpus(spec))},
        },
    }


def _count_most_gpus(spec: PoolSpec) -> int:
    """Return how many GPUs the pool may grow to. Raises NoLimitError: Karpenter takes no limit for no end."""
    if spec.most_nodes is None:
        raise NoLimitError(f"Azure's answer does not say how many nodes pool '{spec.name}' may have")
    if spec.wanted_gpus is None:
        raise NoLimitError(f"nobody says how many GPUs a node of pool '{spec.name}' has")
    return spec.most_nodes * spec.wanted_gpus


def build_node_class(spec: PoolSpec) -> dict[str, Any]:
    """Return the AKSNodeClass: what the machines are, beside their size."""
    fields: dict[str, Any] = {
        "imageFamily": spec.os_sku if spec.os_sku in IMAGE_FAMILIES else None,
        "osDiskSizeGB": spec.node_osdisk_size,
        "vnetSubnetID": spec.vnet_subnet_id,
        "fipsMode": "FIPS" if spec.enable_fips_image else None,
        "maxPods": spec.max_pods if _has_room(spec) else None,
        "security": {"encryptionAtHost": True} if spec.enable_encryption_at_host else None,
        # The provider switches it on by itself where nothing is said.
        "artifactStreaming": {"enabled": bool(spec.enable_artifact_streaming)},
        "kubelet": _build_kubelet(spec.kubelet_config or {}) or None,
        "tags": dict(spec.tags) or None,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    return {"apiVersion": NODE_CLASS, "kind": "AKSNodeClass", "metadata": {"name": spec.name}, "spec": given}


def _list_requirements(export: Export) -> Iterator[tuple[str, tuple[str, ...]]]:
    spec = export.spec
    yield f"{CLASS_GROUP}/sku-name", (spec.sku.size if spec.sku else str(spec.node_vm_size),)
    yield "kubernetes.io/os", ("linux",)
    if spec.sku and spec.sku.architecture:
        yield "kubernetes.io/arch", (ARCHITECTURES[spec.sku.architecture],)
    yield "karpenter.sh/capacity-type", ("spot" if spec.is_spot else "on-demand",)
    if spec.zones:
        yield "topology.kubernetes.io/zone", tuple(f"{export.region}-{zone}" for zone in spec.zones)


ARCHITECTURES: Mapping[str, str] = {"x64": "amd64", "arm64": "arm64"}


def _require(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


def _has_room(spec: PoolSpec) -> bool:
    return spec.max_pods is not None and LEAST_MAX_PODS <= spec.max_pods <= MOST_MAX_PODS


def _build_kubelet(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {KUBELET[key]: value for key, value in settings.items() if key in KUBELET and value is not None}
