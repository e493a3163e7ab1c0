"""Commands that several findings end with. NAMES in capitals are the reader's to fill in."""

from __future__ import annotations

from aigpu_contract import labels
from node_agent.expected import Expected

LOOK_AT_DRIVER = "nvidia-smi -q, and dmesg -T | grep -i -e nvrm -e xid, on the node"
REBOOT_OR_REPLACE = (
    "kubectl drain NODE --ignore-daemonsets --delete-emptydir-data and reboot it; if that does not help: "
    "az aks nodepool delete-machines -g GROUP --cluster-name CLUSTER -n POOL --machine-names NODE"
)
RECREATE_POOL = (
    "az aigpu nodepool add with the right --node-vm-size, then delete the wrong pool: a size cannot be changed"
)
ASK_FOR_GPU = "set resources.limits of the container to nvidia.com/gpu: N, so that it is scheduled where a GPU is free"
CORRECT_LABELS = (
    f"correct the pool's labels: {labels.SKU} is a VM size, {labels.GPU_COUNT} and {labels.RESOURCE_COUNT} are numbers "
    f"above 0, {labels.MIN_DRIVER} is a driver version; "
    "az aigpu nodepool show -g GROUP --cluster-name CLUSTER -n POOL shows them"
)
MORE_FACTS = "aigpu-preflight facts, or aigpu-agent facts on a node, shows every reading"


def look_at_node(expected: Expected) -> str:
    """Return how to see what is wrong with the node, from where the reader stands."""
    return LOOK_AT_DRIVER if expected.on_the_node else f"kubectl describe node NODE (conditions); {LOOK_AT_DRIVER}"
