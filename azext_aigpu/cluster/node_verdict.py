"""What a reader may believe of a node: the agent's condition, held against everything that contradicts it. Pure.

The agent's True is believed only while its Lease is fresh and nothing else that the cluster says speaks against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aigpu_contract import labels
from aigpu_contract.duration import render_duration
from aigpu_contract.expectation import Expectation, is_number, parse_labels
from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.rendering import count
from azext_aigpu.cluster.heartbeat import Heartbeat
from azext_aigpu.cluster.moments import Moment
from azext_aigpu.cluster.node_facts import FALSE, TRUE, UNKNOWN, NodeFacts

INSTALL = "az aigpu agent status; az aigpu agent install puts the agent on GPU nodes"
AGENT_OF_NODE = (
    f"kubectl -n {labels.NAMESPACE} get pods --field-selector spec.nodeName=NODE shows the agent of the node"
)
AHEAD_S = 60.0
"""How far in the future a renewal may lie: the server's clock is known to the second, and the list takes seconds."""


@dataclass(frozen=True)
class Verdict:
    """True, False or Unknown, why, and what to do about it."""

    status: str
    reason: str
    message: str = ""
    next_step: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What a node is judged by beside itself.

    `heartbeats` by node name; Unknown where the Leases could not be read, and then nothing is proven. `intents` are
    the labels that the ConfigMap gives to pools that other tools made; Unknown where it could not be read.
    `clock_doubt` is why `now` is this machine's time and not the API server's: an age by it may be any, so a heartbeat
    that looks fresh proves nothing.
    """

    now: Moment
    heartbeats: Reading[Mapping[str, Heartbeat]]
    intents: Reading[Mapping[str, Mapping[str, str]]]
    taint_key: str
    gpu_pools: frozenset[str] = frozenset()
    clock_doubt: str = ""


def intended_labels(node: NodeFacts, around: Surroundings) -> Mapping[str, str]:
    """Return the labels that carry a node's intent: its own, and for what it has not the ConfigMap's for its pool."""
    by_pool = around.intents.value if isinstance(around.intents, Known) else {}
    return {**by_pool.get(node.pool, {}), **node.labels}


def is_meant(node: NodeFacts, around: Surroundings) -> bool:
    """Return whether somebody declared the node to have GPUs: by label, taint, ConfigMap or --gpu-pools."""
    declared = labels.has_gpu_intent(intended_labels(node, around), node.taint_keys, around.taint_key)
    return declared is not None or node.pool in around.gpu_pools


def is_gpu_node(node: NodeFacts, around: Surroundings) -> bool:
    """Return whether a node belongs among the GPU nodes: it was meant to be one, or it has the hardware."""
    return is_meant(node, around) or node.has_gpu_hardware


def judge_node(node: NodeFacts, around: Surroundings) -> Verdict:
    """Return what may be believed of a GPU node. False is believed always, True only when nothing contradicts it."""
    condition = node.condition
    intent = parse_labels(intended_labels(node, around))
    if condition is not None and condition.status == FALSE:
        return Verdict(FALSE, condition.reason, condition.message, f"az aigpu node show -n {node.name}")
    if isinstance(intent, Unknown):
        return _without_intent(intent, around)
    if condition is None:
        return Verdict(UNKNOWN, "NoAgent", "no agent has said anything about this node", INSTALL)
    if condition.status != TRUE:
        return Verdict(
            UNKNOWN, condition.reason or "ProofMissing", condition.message, AGENT_OF_NODE.replace("NODE", node.name)
        )
    return next(_list_doubts(node, intent.value, around), Verdict(TRUE, condition.reason, condition.message))


def _without_intent(intent: Unknown, around: Surroundings) -> Verdict:
    step = "make the pool with az aigpu nodepool add, or declare it: az aigpu nodepool adopt"
    if isinstance(around.intents, Unknown):
        message = f"{intent.reason}, and ConfigMap {labels.INTENT_CONFIGMAP} could not be read: {around.intents.reason}"
        return Verdict(UNKNOWN, "IntentMissing", message, step)
    reason = "IntentMissing" if intent.reason.endswith("is missing") else "IntentUnreadable"
    return Verdict(UNKNOWN, reason, intent.reason, step)


def _list_doubts(node: NodeFacts, intent: Expectation, around: Surroundings) -> Iterator[Verdict]:
    """Yield what speaks against a True, what to look at first coming first."""
    yield from _doubt_heartbeat(node, around)
    if node.is_paused:
        step = f"kubectl label node {node.name} {labels.PAUSE_LABEL}- lets it go on"
        yield Verdict(UNKNOWN, "AgentPaused", f"label {labels.PAUSE_LABEL} stops the agent", step)
    if not node.is_ready:
        step = f"kubectl describe node {node.name}"
        yield Verdict(UNKNOWN, "NodeNotReady", "Kubernetes does not call the node Ready", step)
    yield from _doubt_size(node, intent)
    yield from _doubt_proof(node, intent)
    yield from _doubt_kubelet(node, intent)


def _doubt_heartbeat(node: NodeFacts, around: Surroundings) -> Iterator[Verdict]:
    step = AGENT_OF_NODE.replace("NODE", node.name)
    if isinstance(around.heartbeats, Unknown):
        message = f"the agents' Leases could not be read: {around.heartbeats.reason}"
        yield Verdict(UNKNOWN, "HeartbeatUnreadable", message, "give the right to list leases, then run this again")
        return
    beat = around.heartbeats.value.get(node.name)
    age = beat.age_s(around.now) if beat is not None else None
    if beat is None or age is None or beat.holds_s is None:
        what = "there is no Lease" if beat is None else "the Lease does not say when it was renewed, or for how long"
        yield Verdict(UNKNOWN, "HeartbeatStale", f"True, but {what} of this node in {labels.NAMESPACE}", step)
    elif age > beat.holds_s:
        message = f"True, but the agent was last heard {render_duration(age)} ago; its word holds {beat.holds_s}s"
        yield Verdict(UNKNOWN, "HeartbeatStale", message, step)
    elif around.clock_doubt:
        message = f"True, but how old the agent's word is cannot be told: {around.clock_doubt}"
        yield Verdict(UNKNOWN, "ClockUnreadable", message, "kubectl auth whoami must work: Kubernetes 1.28 or newer")
    elif age < -AHEAD_S:
        message = f"the agent's Lease is renewed {render_duration(-age)} in the future: a clock is wrong"
        yield Verdict(UNKNOWN, "HeartbeatStale", message, "compare the clocks of the node and of the API server")


def _doubt_size(node: NodeFacts, intent: Expectation) -> Iterator[Verdict]:
    if node.size and node.size.lower() != intent.sku.lower():
        message = f"True, but the node is a {node.size} and the intent {intent.sku}"
        yield Verdict(UNKNOWN, "ProofContradictory", message, AGENT_OF_NODE.replace("NODE", node.name))


def _doubt_proof(node: NodeFacts, intent: Expectation) -> Iterator[Verdict]:
    step = AGENT_OF_NODE.replace("NODE", node.name)
    proof = node.proof
    if proof is None or proof.gpus is None or proof.proven_at is None:
        message = f"True, but annotation {labels.PROOF_ANNOTATION} is missing or cannot be read"
        yield Verdict(UNKNOWN, "ProofMissing", message, step)
        return
    if not proof.boot_id or proof.boot_id != node.boot_id:
        yield Verdict(UNKNOWN, "ProofOutdated", "True, but the proof is of another boot of the machine", step)
    if proof.gpus != intent.gpu_count:
        message = f"True, but the proof has {count(proof.gpus, 'GPU')} and the intent {intent.gpu_count}"
        yield Verdict(UNKNOWN, "ProofContradictory", message, step)


def _doubt_kubelet(node: NodeFacts, intent: Expectation) -> Iterator[Verdict]:
    """Yield where the kubelet offers less or more than what was intended; a DRA pool has no counted resource."""
    offer = intent.offer
    if offer.is_uncounted:
        return
    if offer.resource is None or offer.number is None:
        missing = labels.RESOURCE if offer.resource is None else labels.RESOURCE_COUNT
        step = f"declare it: az aigpu nodepool adopt, or label the pool: {missing}=..."
        message = f"True, but label {missing} is missing, so what the kubelet must offer is not known"
        yield Verdict(UNKNOWN, "IntentMissing", message, step)
        return
    offered = node.offered.get(offer.resource, "0")
    if not is_number(offered) or int(offered) != offer.number:
        message = f"True, but the kubelet offers {offered} {offer.resource} and the intent has {offer.number}"
        yield Verdict(UNKNOWN, "ProofContradictory", message, "look at the device plugin's pod on this node")
