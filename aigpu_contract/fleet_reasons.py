"""The reasons of `az aigpu node`, `scan` and `agent status`: name, meaning in one sentence, usual next step."""

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
        "ClockUnreadable",
        "The API server's clock could not be read, so how old the agent's word is cannot be told.",
        "Have kubectl auth whoami work: Kubernetes 1.28 or newer, and a kubectl of that age.",
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
        "The node is called ready, and its size, its proof or its kubelet is another than was intended.",
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
        "AgentStarting",
        "The agent's DaemonSet was made or changed just now, and its pods are on their way.",
        "Look again in a few minutes with az aigpu agent status.",
    ),
    (
        "AgentNowhere",
        "No node is meant to run the agent: none has a label of a GPU pool, or there is no GPU node now.",
        "Name pools without labels with az aigpu agent install --gpu-pools.",
    ),
    (
        "AgentNotReady",
        "Nodes that are meant to run the agent have none that is ready, and nothing is known of them.",
        "Look at the agent's pods with kubectl get pods -n aigpu-system -o wide.",
    ),
    (
        "AgentKeptOff",
        "GPU nodes have no agent: taints keep it off, or it was not told that their pool has GPUs.",
        "Name the taints with --tolerate, or the pools with --gpu-pools, of az aigpu agent install.",
    ),
    (
        "AgentImageDiffers",
        "Nodes run another image of the agent than the one that was asked for, or several under one name.",
        "Install an image by its digest.",
    ),
    (
        "InstallationAltered",
        "An object of the installation is missing, or is not what az aigpu agent install made it.",
        "Run az aigpu agent install again, or find out who changed it.",
    ),
    (
        "InstallationOfAnotherVersion",
        "Another version of the extension installed the agent, so its objects cannot be held to what this one makes.",
        "Run az aigpu agent install again with this version.",
    ),
    (
        "InstallationUndeclared",
        "Nothing on the cluster says which options the agent was installed with.",
        "Run az aigpu agent install, which writes them down.",
    ),
    (
        "InstallationUnreadable",
        "A part of the installation could not be read, so nothing is known of it.",
        "Get the right to read it.",
    ),
    (
        "PolicyUnchecked",
        "The API server's controller has not checked the types in an admission policy yet.",
        "Look again in a minute with az aigpu agent status.",
    ),
    (
        "PolicyDoubted",
        "The API server's controller doubts an expression of an admission policy: it may fail when it is needed.",
        "Run az aigpu agent install of a newer version, and tell the project.",
    ),
    (
        "DevicePluginMissing",
        "No device plugin runs on GPU nodes, so they offer no GPU to any pod.",
        "Install one with az aigpu agent install --with-device-plugin.",
    ),
    (
        "DevicePluginNotReady",
        "The device plugin does not run on every node that is meant to have it.",
        "Look at its pods and their logs.",
    ),
    (
        "OperandKeptOff",
        "The agent's taints keep a DaemonSet off new nodes that they need before they have a GPU to prove.",
        "Give it the tolerations, or install with --mode condition.",
    ),
    (
        "KindUnreadable",
        "A kind of object could not be read in the cluster, so nothing is said about it.",
        "Get the right to list it in the whole cluster.",
    ),
)
