"""The reverse rule: a pod that targets a GPU pool must ask for a GPU. Pure; the policy says the same in CEL.

Every function takes the plain data of a pod (`metadata`, `spec`) as a manifest or the API server gives it. What has
another type than the API wants counts as absent: whether a manifest has the API's form is looked at elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract import labels, skus
from aigpu_contract.cpu_sizes import parse_cpu_size
from aigpu_contract.visible_devices import VOID, parse_visible_to_cuda
from azext_aigpu.cluster.object_parts import items, mapping

Data = Mapping[str, Any]

GPU_LABELS: Mapping[str, str] = {key: labels.FIXED_LABELS[key] for key in (labels.HARDWARE, labels.GPU_TYPE)}
"""Labels of which one value means a GPU pool. `workload` is none of them: it says what runs there."""

ACCELERATOR = "kubernetes.azure.com/accelerator"
"""AKS sets it on the nodes of GPU sizes and on no others, so any value means a GPU pool."""

CONTRACT_PREFIX = "aigpu.io/"
POOL_KEYS = ("agentpool", "kubernetes.azure.com/agentpool")
INSTANCE_TYPE_KEYS = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
GPU_RESOURCES = ("nvidia.com/gpu", "nvidia.com/gpu.shared")
MIG_PREFIX = "nvidia.com/mig-"

CUDA_VISIBLE = "CUDA_VISIBLE_DEVICES"
NVIDIA_VISIBLE = "NVIDIA_VISIBLE_DEVICES"
REFERENCE = "$("
"""In a variable's value: the kubelet puts another variable in, so what is written is not what the container gets."""

_QUANTITY = re.compile(r"\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?", re.ASCII)
_AFFINITY = ("nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")


@dataclass(frozen=True)
class GpuPools:
    """What tells a GPU pool of a cluster. `names` are its node pools with GPUs; None where nobody said which."""

    taint_key: str = labels.DEFAULT_TAINT.key
    names: frozenset[str] | None = None


@dataclass(frozen=True)
class Placement:
    """A key that a pod's nodes must have, by nodeSelector or required affinity; no values for `Exists`."""

    key: str
    values: tuple[str, ...]
    where: str

    def __str__(self) -> str:
        return f"{self.where} {self.key}" + (f"={','.join(self.values)}" if self.values else "")


def breaks_rule(pod: Data, pools: GpuPools) -> bool:
    """Return whether `pod` targets a GPU pool, asks for no GPU and is not exempt."""
    spec = mapping(pod, "spec")
    return bool(list_targets(spec, pools)) and not list_asking(spec) and not is_exempt(pod)


def list_targets(spec: Data, pools: GpuPools) -> tuple[str, ...]:
    """Return what sends a pod to a GPU pool, in words: `toleration sku`, `nodeSelector hardware=gpu`.

    Never NotIn, DoesNotExist, preferred affinity or a toleration without a key: log collectors and the like have them.
    """
    tolerated = [f"toleration {pools.taint_key}"] if pools.taint_key in _tolerated_keys(spec) else []
    return (*tolerated, *(str(place) for place in list_placements(spec) if is_gpu_placement(place, pools)))


def list_undecided(spec: Data, pools: GpuPools) -> tuple[str, ...]:
    """Return what may send a pod to a GPU pool and cannot be told: pools of unsaid kind, sizes in no list."""
    return tuple(str(place) for place in list_placements(spec) if _is_undecided(place, pools))


def list_placements(spec: Data) -> tuple[Placement, ...]:
    """Return every key that nodeSelector or a required In or Exists affinity wants of a node."""
    selector = mapping(spec, "nodeSelector")
    chosen = [Placement(key, (str(value),), "nodeSelector") for key, value in selector.items()]
    return (*chosen, *_required(spec))


def is_gpu_placement(place: Placement, pools: GpuPools) -> bool:
    """Return whether nodes with this key (and one of these values) are GPU nodes.

    `Exists` counts for keys that only GPU nodes have; every AKS node has a pool and an instance type.
    """
    if place.key in GPU_LABELS:
        return not place.values or GPU_LABELS[place.key] in place.values
    if place.key in POOL_KEYS:
        return bool(frozenset(place.values) & (pools.names or frozenset()))
    if place.key in INSTANCE_TYPE_KEYS:
        return any(_is_gpu_size(value) for value in place.values)
    return place.key == ACCELERATOR or place.key.startswith(CONTRACT_PREFIX)


def list_asking(spec: Data) -> tuple[str, ...]:
    """Return the names of the app containers that ask for a GPU and can see it."""
    return tuple(str(one.get("name")) for one in items(spec, "containers") if asks(one) and not is_blanked(one))


def asks(container: Data) -> bool:
    """Return whether a container limits a GPU resource above 0, or names a ResourceClaim."""
    return bool(gpu_limits(container)) or bool(list_claims(container))


def gpu_limits(container: Data) -> dict[str, Any]:
    """Return the GPU resources that a container limits above 0, with their quantities."""
    limits = mapping(mapping(container, "resources"), "limits")
    return {key: value for key, value in limits.items() if is_gpu_resource(key) and is_above_zero(value)}


def list_claims(container: Data) -> tuple[Data, ...]:
    """Return the ResourceClaims that a container names (Dynamic Resource Allocation)."""
    return tuple(items(mapping(container, "resources"), "claims"))


def is_gpu_resource(name: str) -> bool:
    """Return whether NVIDIA's device plugin hands out a GPU, or a part of one, under this resource name."""
    return name in GPU_RESOURCES or name.startswith(MIG_PREFIX)


def is_above_zero(quantity: object) -> bool:
    """Return whether a Kubernetes quantity (`1`, `"2"`, `1000m`) is above 0; what is no quantity is not."""
    match = _QUANTITY.fullmatch(str(quantity)) if isinstance(quantity, (int, str)) else None
    return match is not None and re.search("[1-9]", match.group(1)) is not None


def is_blanked(container: Data) -> bool:
    """Return whether the manifest hides every GPU from a container by CUDA_VISIBLE_DEVICES: its first entry is none.

    The API server looks no further: a device that is named twice is for the job's own checks.
    """
    value = env_value(container, CUDA_VISIBLE)
    if value is None or REFERENCE in value:
        return False
    visible = parse_visible_to_cuda(value)
    return visible.hides_all and visible.repeated is None


def is_exempt(pod: Data) -> bool:
    """Return whether a pod may target a GPU pool and ask for no GPU: a DaemonSet's, or a CPU-only one that sees none.

    The annotation alone is not enough: AKS's container runtime hands all GPUs to a container that asks for none, unless
    NVIDIA_VISIBLE_DEVICES is void in it.
    """
    return is_of_daemonset(pod) or bool(cpu_only_reason(pod) and not list_not_void(mapping(pod, "spec")))


def is_of_daemonset(pod: Data) -> bool:
    """Return whether the DaemonSet controller made the pod, by its owner."""
    owners = items(mapping(pod, "metadata"), "ownerReferences")
    return any(owner.get("kind") == "DaemonSet" and owner.get("controller") is True for owner in owners)


def cpu_only_reason(pod: Data) -> str:
    """Return the reason of the annotation `aigpu.io/cpu-only`; empty where there is none."""
    reason = mapping(mapping(pod, "metadata"), "annotations").get(labels.CPU_ONLY_ANNOTATION)
    return reason.strip() if isinstance(reason, str) else ""


def list_not_void(spec: Data) -> tuple[str, ...]:
    """Return the names of the containers, init containers too, that do not set NVIDIA_VISIBLE_DEVICES=void."""
    every = [*items(spec, "initContainers"), *items(spec, "containers")]
    return tuple(str(one.get("name")) for one in every if env_value(one, NVIDIA_VISIBLE) != VOID)


def env_value(container: Data, name: str) -> str | None:
    """Return the literal value of a variable, None where there is none or it comes from elsewhere.

    The last entry of a name wins, and an entry without a value is the empty text, as the API has it.
    """
    found = [entry for entry in items(container, "env") if entry.get("name") == name]
    if not found or found[-1].get("valueFrom") is not None:
        return None
    value = found[-1].get("value")
    return "" if value is None else str(value)


def _tolerated_keys(spec: Data) -> list[Any]:
    return [toleration.get("key") for toleration in items(spec, "tolerations")]


def _required(spec: Data) -> Iterator[Placement]:
    node, required = _AFFINITY
    for term in items(mapping(mapping(mapping(spec, "affinity"), node), required), "nodeSelectorTerms"):
        for expression in items(term, "matchExpressions"):
            values = expression.get("values")
            if expression.get("operator") == "Exists":
                yield Placement(str(expression.get("key")), (), "required affinity")
            elif expression.get("operator") == "In" and isinstance(values, list):
                yield Placement(str(expression.get("key")), tuple(map(str, values)), "required affinity")


def _is_undecided(place: Placement, pools: GpuPools) -> bool:
    if place.key in POOL_KEYS:
        return bool(place.values) and pools.names is None
    if place.key not in INSTANCE_TYPE_KEYS or is_gpu_placement(place, pools):
        return False
    return any(skus.lookup(value) is None and parse_cpu_size(value) is None for value in place.values)


def _is_gpu_size(name: str) -> bool:
    sku = skus.lookup(name)
    return sku is not None and sku.is_cuda_gpu
