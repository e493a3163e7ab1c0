"""Where the agent and the device plugin run: nodes meant to have NVIDIA GPUs, whatever they turned out to be. Pure."""

from __future__ import annotations

from typing import Any

from aigpu_contract import labels
from azext_aigpu.cluster.admission.reverse_rule import ACCELERATOR
from azext_aigpu.cluster.manifests.settings import AgentSettings

POOL_LABEL = "agentpool"
SPOT_TAINT_KEY = "kubernetes.azure.com/scalesetpriority"
"""AKS puts it on every node of a spot pool."""

PLUGIN_TAINT_KEY = "nvidia.com/gpu"
"""What many clusters have on GPU nodes; AKS tolerates it by itself for pods that ask for the resource."""


def build_affinity(settings: AgentSettings) -> dict[str, Any]:
    """Return the affinity: our label, or AKS's, or a named pool; never a label that the node's own GPUs gave it.

    A CPU machine in a pool that was meant to have GPUs is where the agent is needed most.
    """
    terms = [
        {"key": labels.SKU, "operator": "Exists"},
        {"key": ACCELERATOR, "operator": "In", "values": ["nvidia"]},
    ]
    if settings.gpu_pools:
        terms.append({"key": POOL_LABEL, "operator": "In", "values": list(settings.gpu_pools)})
    required = {"nodeSelectorTerms": [{"matchExpressions": [term]} for term in terms]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def build_tolerations(settings: AgentSettings) -> list[dict[str, str]]:
    """Return what the pool's taints need, and the agent's own. Not everything: a node may be closed on purpose.

    The DaemonSet controller adds those for a node that is not ready, cordoned or short of memory, disk or processes.
    """
    keys = (settings.taint_key, PLUGIN_TAINT_KEY, SPOT_TAINT_KEY, *settings.tolerated)
    pool = [{"key": key, "operator": "Exists"} for key in dict.fromkeys(keys)]
    own = (labels.STARTUP_TAINT_KEY, labels.STATUS_TAINT_KEY)
    return [*pool, *({"key": key, "operator": "Exists", "effect": "NoSchedule"} for key in own)]
