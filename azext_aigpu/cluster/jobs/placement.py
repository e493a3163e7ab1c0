"""What of a manifest's placement leaves open whether its pods come to GPU nodes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from azext_aigpu.cluster.admission.reverse_rule import (
    GpuPools,
    Placement,
    is_gpu_placement,
    list_placements,
    list_undecided,
)
from azext_aigpu.cluster.object_parts import items, mapping

HOSTNAME = "kubernetes.io/hostname"
NVIDIA_RUNTIME = "nvidia"
"""How the RuntimeClasses begin that NVIDIA's operator makes: nvidia, nvidia-cdi, nvidia-legacy."""

_NUMBERS = ("Gt", "Lt")
"""Operators of an affinity that compare a label's number, and so want the label."""


def list_open(spec: Mapping[str, Any], pools: GpuPools) -> tuple[str, ...]:
    """Return what may send a pod to a GPU node and cannot be told from the manifest, in words.

    Beside pools of unsaid kind and sizes in no list: nodes by their names, which say nothing of their hardware; labels
    of GPU nodes that are compared as numbers, which the reverse rule leaves out; and NVIDIA's runtime classes, which
    may bring a selector and tolerations of their own.
    """
    hosts = [str(place) for place in list_placements(spec) if place.key == HOSTNAME]
    return (*list_undecided(spec, pools), *_by_name(spec), *hosts, *_by_affinity(spec, pools))


def _by_name(spec: Mapping[str, Any]) -> Iterator[str]:
    node, runtime = spec.get("nodeName"), str(spec.get("runtimeClassName") or "")
    if node:
        yield f"nodeName {node}"
    if runtime.startswith(NVIDIA_RUNTIME):
        yield f"runtimeClassName {runtime}"


def _by_affinity(spec: Mapping[str, Any], pools: GpuPools) -> Iterator[str]:
    required = mapping(
        mapping(mapping(spec, "affinity"), "nodeAffinity"), "requiredDuringSchedulingIgnoredDuringExecution"
    )
    for term in items(required, "nodeSelectorTerms"):
        for field in items(term, "matchFields"):
            if field.get("operator") == "In":
                yield f"required affinity {field.get('key')}={','.join(map(str, field.get('values') or ()))}"
        for one in items(term, "matchExpressions"):
            key = str(one.get("key"))
            compared = one.get("operator") in _NUMBERS
            if compared and is_gpu_placement(Placement(key, (), ""), pools):
                yield f"required affinity {key} {one.get('operator')} {','.join(map(str, one.get('values') or ()))}"
