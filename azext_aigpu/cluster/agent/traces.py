"""What the agent leaves on nodes: two taints, a condition, a label, two annotations; finding them and taking them off.

A taint that outlived the agent would keep a node empty for ever; a condition that outlived it would say True of a node
that nobody looks at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aigpu_contract import labels
from azext_aigpu.cluster.kubectl import Kubectl
from azext_aigpu.cluster.object_parts import items, mapping
from azext_aigpu.cluster.paging import read_list

NODES = "/api/v1/nodes"
AT_ONCE = 100
"""Names of nodes on one command line."""

_TAINTS = (labels.STARTUP_TAINT_KEY, labels.STATUS_TAINT_KEY)
_ANNOTATIONS = (labels.PROOF_ANNOTATION, labels.FAULTS_ANNOTATION)
_EFFECT = "NoSchedule"
_NO_CONDITION = {"status": {"conditions": [{"$patch": "delete", "type": labels.CONDITION_TYPE}]}}


@dataclass(frozen=True)
class NodeTraces:
    """A node and what of the agent's is on it. `taints` are keys."""

    name: str
    taints: tuple[str, ...]
    condition: bool
    label: bool
    annotation: bool


def parse_traces(data: Mapping[str, Any]) -> NodeTraces | None:
    """Return what of the agent's is on a Node of the API, None where there is nothing."""
    metadata = mapping(data, "metadata")
    taints = items(mapping(data, "spec"), "taints")
    found = NodeTraces(
        name=str(metadata.get("name", "")),
        taints=tuple(str(one["key"]) for one in taints if one.get("key") in _TAINTS and one.get("effect") == _EFFECT),
        condition=any(one.get("type") == labels.CONDITION_TYPE for one in items(mapping(data, "status"), "conditions")),
        label=labels.DRIVER in mapping(metadata, "labels"),
        annotation=any(key in mapping(metadata, "annotations") for key in _ANNOTATIONS),
    )
    return found if found.taints or found.condition or found.label or found.annotation else None


def read_traces(kubectl: Kubectl) -> list[NodeTraces]:
    """Return the nodes that carry something of the agent's. Raises KubectlError."""
    return read_list(kubectl, NODES, parse_traces)


def remove_traces(kubectl: Kubectl, found: Sequence[NodeTraces]) -> None:
    """Take everything off the nodes, the taints first. Raises KubectlError."""
    for key in _TAINTS:
        _run(kubectl, ("taint", "node"), [one for one in found if key in one.taints], f"{key}:{_EFFECT}-")
    patch = ("--subresource=status", "--type=strategic", f"--patch={json.dumps(_NO_CONDITION)}")
    _run(kubectl, ("patch", "node"), [one for one in found if one.condition], *patch)
    _run(kubectl, ("label", "node"), [one for one in found if one.label], f"{labels.DRIVER}-")
    # kubectl takes no offence at an annotation that is not there.
    _run(kubectl, ("annotate", "node"), [one for one in found if one.annotation], *(f"{key}-" for key in _ANNOTATIONS))


def _run(kubectl: Kubectl, verb: tuple[str, str], nodes: Sequence[NodeTraces], *change: str) -> None:
    for names in _groups([one.name for one in nodes]):
        kubectl.run(*verb, *names, *change)


def _groups(names: Sequence[str]) -> Iterator[Iterable[str]]:
    for start in range(0, len(names), AT_ONCE):
        yield names[start : start + AT_ONCE]
