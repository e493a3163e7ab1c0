"""The condition, the two annotations and the driver label: one strategic-merge patch, written when it changes.

One patch carries them all, so that no True is ever seen without the proof behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aigpu_contract.labels import CONDITION_TYPE, DRIVER, FAULTS_ANNOTATION, PROOF_ANNOTATION, is_label_value
from node_agent.daemon.clocks import render_time
from node_agent.daemon.kube import Kube
from node_agent.daemon.node import Condition, Node, Proof

MESSAGE_REST_S = 600.0
"""Seconds before a message alone is written anew: some carry numbers that grow with each round."""


@dataclass(frozen=True)
class Report:
    """What the node is to carry. `driver` None leaves the label as it is; `faults` is the text of that annotation."""

    condition: Condition
    proof: Proof | None
    driver: str | None
    faults: str | None = None


def build_patch(node: Node, report: Report, now: float) -> dict[str, Any] | None:
    """Return the patch that brings the node to what is reported, None where it is there already."""
    metadata: dict[str, Any] = {}
    annotations: dict[str, str | None] = {}
    if report.proof != node.proof:
        annotations[PROOF_ANNOTATION] = None if report.proof is None else report.proof.render()
    if report.faults != node.faults:
        annotations[FAULTS_ANNOTATION] = report.faults
    if annotations:
        metadata["annotations"] = annotations
    driver = report.driver
    if driver is not None and is_label_value(driver) and node.labels.get(DRIVER) != driver:
        metadata["labels"] = {DRIVER: driver}
    is_new = _is_new(node, report.condition, now)
    if not metadata and not is_new:
        return None
    # The condition goes along even when it stands already: a True and its proof must not come apart.
    status = {"conditions": [_build_condition(node, report.condition, now)]}
    return {**({"metadata": metadata} if metadata else {}), "status": status}


def apply_condition(kube: Kube, node: Node, report: Report, now: float) -> Node:
    """Write what differs; return the Node as it then stands. Raises KubeError."""
    patch = build_patch(node, report, now)
    return node if patch is None else kube.patch_status(patch)


def apply_faults(kube: Kube, node: Node, faults: str | None) -> Node:
    """Write the annotation of faults alone, where it differs; return the Node as it then stands. Raises KubeError."""
    if faults == node.faults:
        return node
    return kube.patch_status({"metadata": {"annotations": {FAULTS_ANNOTATION: faults}}})


def _is_new(node: Node, wanted: Condition, now: float) -> bool:
    there = node.condition
    if there is None or (there.status, there.reason) != (wanted.status, wanted.reason):
        return True
    written_at = node.condition_written_at
    return there.message != wanted.message and (written_at is None or now - written_at >= MESSAGE_REST_S)


def _build_condition(node: Node, wanted: Condition, now: float) -> dict[str, str]:
    moment = render_time(now)
    there = node.condition
    stands = there is not None and there.status == wanted.status
    return {
        "type": CONDITION_TYPE,
        "status": wanted.status,
        "reason": wanted.reason,
        "message": wanted.message,
        "lastHeartbeatTime": moment,
        "lastTransitionTime": node.condition_changed_at or moment if stands else moment,
    }
