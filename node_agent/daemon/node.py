"""The agent's own Node as the API server has it, reduced to what the agent looks at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aigpu_contract import labels
from aigpu_contract.expectation import is_number
from node_agent.daemon.clocks import parse_time
from node_agent.preflight.labels_file import each_once

POOL_LABELS = ("agentpool", "kubernetes.azure.com/agentpool")
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
NO_SCHEDULE = "NoSchedule"

Taint = Mapping[str, Any]


@dataclass(frozen=True)
class Condition:
    """The agent's condition: `status` is True, False or Unknown, `reason` a name of `aigpu_contract.reasons`."""

    status: str
    reason: str
    message: str


@dataclass(frozen=True)
class Proof:
    """What the proof annotation says: a kernel was right on all of `gpus` GPUs, in this boot, with this driver."""

    boot_id: str
    driver: str
    gpus: int
    proven_at: str

    def render(self) -> str:
        """Return the annotation's value."""
        return json.dumps(
            {"bootId": self.boot_id, "driver": self.driver, "gpus": self.gpus, "provenAt": self.proven_at},
            separators=(",", ":"),
        )


@dataclass(frozen=True)
class Node:
    """`taints` are kept as they came: those of others go back unread. Times are seconds since 1970.

    `faults` is the text of the annotation of that name, None where there is none.
    """

    name: str
    uid: str = ""
    version: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    proof: Proof | None = None
    faults: str | None = None
    condition: Condition | None = None
    condition_written_at: float | None = None
    condition_changed_at: str = ""
    taints: tuple[Taint, ...] = ()
    created_at: float | None = None
    allocatable: Mapping[str, int] = field(default_factory=dict)

    @property
    def pool(self) -> str | None:
        """The AKS node pool; None where no label says it."""
        return next((self.labels[key] for key in POOL_LABELS if self.labels.get(key)), None)

    @property
    def is_paused(self) -> bool:
        """Whether somebody asks the agent to leave the devices alone; `false` takes it back."""
        return self.labels.get(labels.PAUSE_LABEL, "false") != "false"

    def has_taint(self, key: str) -> bool:
        """Return whether the agent's taint of this key is on the node."""
        return any(is_our_taint(taint, key) for taint in self.taints)


def is_our_taint(taint: Taint, key: str) -> bool:
    """Return whether a taint is the agent's: its key with another effect is somebody else's."""
    return taint.get("key") == key and taint.get("effect") == NO_SCHEDULE


def parse_node(body: Mapping[str, Any]) -> Node:
    """Return the Node of an API object; what is missing or of another form is left out."""
    metadata, status = body.get("metadata") or {}, body.get("status") or {}
    annotations = metadata.get("annotations") or {}
    raw = next((one for one in status.get("conditions") or () if one.get("type") == labels.CONDITION_TYPE), None)
    return Node(
        name=str(metadata.get("name", "")),
        uid=str(metadata.get("uid", "")),
        version=str(metadata.get("resourceVersion", "")),
        labels=dict(metadata.get("labels") or {}),
        proof=parse_proof(annotations.get(labels.PROOF_ANNOTATION)),
        faults=annotations.get(labels.FAULTS_ANNOTATION),
        condition=None if raw is None else _parse_condition(raw),
        condition_written_at=None if raw is None else parse_time(raw.get("lastHeartbeatTime")),
        condition_changed_at="" if raw is None else str(raw.get("lastTransitionTime") or ""),
        taints=tuple((body.get("spec") or {}).get("taints") or ()),
        created_at=parse_time(metadata.get("creationTimestamp")),
        allocatable=parse_resources(status.get("allocatable") or {}),
    )


def parse_proof(text: object) -> Proof | None:
    """Return what the annotation says; anything but the agent's own form proves nothing."""
    try:
        data = json.loads(str(text), object_pairs_hook=each_once)
        proof = Proof(data["bootId"], data["driver"], data["gpus"], data["provenAt"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    texts: tuple[object, ...] = (proof.boot_id, proof.driver, proof.proven_at)
    are_texts = all(isinstance(one, str) and one for one in texts)
    return proof if are_texts and type(proof.gpus) is int and proof.gpus > 0 else None


def parse_resources(given: Mapping[str, Any]) -> dict[str, int]:
    """Return the counted resources; quantities with a unit, such as memory, are none."""
    return {key: int(value) for key, value in given.items() if is_number(str(value))}


def _parse_condition(raw: Mapping[str, Any]) -> Condition:
    """Return the condition as it stands; a status that Kubernetes does not know is no statement at all."""
    status = raw.get("status")
    known = status if status in ("True", "False") else "Unknown"
    return Condition(known, str(raw.get("reason") or ""), str(raw.get("message") or ""))
