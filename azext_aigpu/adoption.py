"""Intent for a pool that another tool owns: what the agent is to hold its nodes to, and the lines for its source. Pure.

The intent is what the user says. The pool's own size is held against it, and never stands in for it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract import labels
from aigpu_contract.finding import Finding
from azext_aigpu import body, review
from azext_aigpu.rules.reserved import is_reserved_for_labels, is_reserved_for_taints
from azext_aigpu.spec import PoolSpec

RULES = ("sku-known", "sku-is-cuda-gpu", "sku-matches-intent", "contract-labels")
"""The rules about what a pool is. How it is built otherwise is its owner's business."""

SIZE_OPTION = "--node-vm-size"
"""What the rules name to have another size. The command here has no such option: the pool is its owner's."""

FIELD_MANAGER = "aigpu-adopt-"
"""One manager for each pool: a second apply by the same manager would take the first pool's key away."""


@dataclass(frozen=True)
class Intent:
    """What the user says that the pool's nodes are to have; `size` or both others are there."""

    gpu_model: str | None = None
    gpu_count: int | None = None
    size: str | None = None


@dataclass(frozen=True)
class Lines:
    """Labels and taints for the owner's source, whole: those that the pool has already are among them."""

    labels: Mapping[str, str]
    taints: list[str]


def build_adopted(spec: PoolSpec, intent: Intent) -> PoolSpec:
    """Return the pool `spec` as it is by the user's words about its GPUs."""
    return dataclasses.replace(spec, gpu_model=intent.gpu_model, gpu_count=intent.gpu_count)


def review_adopted(adopted: PoolSpec) -> tuple[Finding, ...]:
    """Return what stands against holding the pool's nodes to that."""
    stops = review.stopping(item for item in review.review_spec(adopted) if item.id in RULES)
    return tuple(
        dataclasses.replace(one, next_step=one.next_step.replace(SIZE_OPTION, "in its owner's source, the VM size"))
        for one in stops
    )


def list_contradictions(spec: PoolSpec, intent: Intent, contract: Mapping[str, str]) -> Iterator[str]:
    """Yield where the pool is something else than the user says, its size first, then its own labels."""
    if intent.size and intent.size.lower() != (spec.node_vm_size or "").lower():
        yield f"its size is {spec.node_vm_size}, and --expect-size says {intent.size}"
    for key in (labels.SKU, labels.GPU_MODEL, labels.GPU_COUNT):
        there = spec.labels.get(key)
        if there is not None and there.lower() != contract.get(key, "").lower():
            yield f"its label {key} is {there!r}, and by what was given it would be {contract.get(key)!r}"


def declares_itself(spec: PoolSpec) -> bool:
    """Return whether the pool's own labels say something of its GPUs: then the agent takes those alone."""
    return any(key in spec.labels for key in labels.CONTRACT_LABELS)


def build_contract(adopted: PoolSpec) -> dict[str, str]:
    """Return the labels that say what the nodes are to have; empty where the number of GPUs is not known."""
    expectation = body.build_expectation(adopted)
    return expectation.to_labels() if expectation else {}


def build_configmap(name: str, contract: Mapping[str, str]) -> dict[str, Any]:
    """Return the ConfigMap with the key of this pool alone; a server-side apply leaves those of other pools."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": labels.INTENT_CONFIGMAP, "namespace": labels.NAMESPACE},
        "data": {name: json.dumps(dict(contract), indent=2)},
    }


def build_lines(adopted: PoolSpec, contract: Mapping[str, str]) -> Lines:
    """Return what the owner's source is to say. AKS takes the taint on pools of mode User only."""
    own = {key: value for key, value in adopted.labels.items() if not is_reserved_for_labels(key)}
    taints = adopted.all_taints if (adopted.mode or "User") == "User" else adopted.node_taints
    return Lines({**own, **contract}, [str(one) for one in taints if not is_reserved_for_taints(one.key)])
