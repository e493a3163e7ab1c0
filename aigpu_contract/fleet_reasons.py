"""The reasons of `az aigpu node` and `az aigpu scan`: name, meaning in one sentence, usual next step."""

from __future__ import annotations

from typing import Tuple

Row = Tuple[str, str, str]

FLEET_REASONS: Tuple[Row, ...] = (
    (
        "NoAgent",
        "No agent has said anything about a GPU node.",
        "Install the agent with az aigpu agent install.",
    ),
    (
        "HeartbeatStale",
        "The agent said that all is well and has not been heard since for longer than its word holds.",
        "Read the agent's logs on that node.",
    ),
    (
        "HeartbeatUnreadable",
        "The agents' Leases could not be read, so nothing that they said can be believed.",
        "Get the right to list leases in namespace aigpu-system.",
    ),
    (
        "AgentPaused",
        "A label stops the agent on the node, so what it said before is no longer looked at.",
        "Take the label aigpu.io/pause away when the driver is upgraded.",
    ),
    (
        "NodeNotReady",
        "The agent says that the GPUs are well, and Kubernetes that the node is not Ready.",
        "Look at the node with kubectl describe node.",
    ),
    (
        "ProofOutdated",
        "The proof that a node carries is of another boot of the machine.",
        "Wait for the agent's next round, or read its logs.",
    ),
    (
        "ProofContradictory",
        "The node is called ready, and its proof or its kubelet has another number of GPUs than was intended.",
        "Compare the counts with az aigpu node show.",
    ),
    (
        "DriverSkew",
        "Nodes of one node image version have different drivers.",
        "Upgrade the pool's node image, which makes the nodes anew.",
    ),
    (
        "CPUOnlyPodOnGPUNode",
        "A pod runs on a GPU pool and asks for no GPU.",
        "Limit nvidia.com/gpu, or move the pod to a CPU pool.",
    ),
    (
        "NoGPUOnGPUPool",
        "A pool is declared to have GPUs, and its nodes offer none.",
        "Make the pool with a GPU size, or repair its device plugin.",
    ),
    (
        "GPUsNotOfferedYet",
        "New nodes of a GPU pool offer no GPU yet; drivers and device plugins take minutes.",
        "Look again in a few minutes.",
    ),
    (
        "GPUsNotRequested",
        "Nodes offer GPUs that no pod asks for.",
        "Let the autoscaler take the nodes away.",
    ),
    (
        "KindUnreadable",
        "A kind of object could not be read in the cluster, so nothing is said about it.",
        "Get the right to list it in the whole cluster.",
    ),
)
