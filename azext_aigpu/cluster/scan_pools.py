"""Judges the pools of a cluster: those that are to have GPUs and offer none, and GPUs that nobody asks for. Pure.

Expectation comes from what was declared (labels, taint, ConfigMap, --gpu-pools, in the last place the pool's name),
observation from what the kubelets offer.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from aigpu_contract import labels, skus
from aigpu_contract.cpu_sizes import parse_cpu_size
from aigpu_contract.expectation import is_number
from aigpu_contract.finding import Finding, Status
from aigpu_contract.rendering import count
from azext_aigpu.cluster.moments import Moment
from azext_aigpu.cluster.node_facts import NodeFacts
from azext_aigpu.cluster.node_verdict import Surroundings, intended_labels, is_meant
from azext_aigpu.cluster.sightings import Sighting, cost_nodes, shorten

POOL_ID, IDLE_ID = "gpu-pool", "idle-gpus"
STARTING_S = 15 * 60
"""The driver and the device plugin of a new node take minutes; the autoscaler gives up on it after 15."""

_TAINTS = ("nvidia.com/gpu",)
"""Taints of GPU nodes beside the configured one: it is the one that NVIDIA's own DaemonSets tolerate."""
_SHORTEST_MODEL = 4
_MODELS = {model.partition("-")[0] for model in skus.models()}
_NAMED = re.compile("|".join(["gpu", "cuda", "nvidia", *sorted(m for m in _MODELS if len(m) >= _SHORTEST_MODEL)]))


def is_pool_node(node: NodeFacts, around: Surroundings) -> bool:
    """Return whether a node stands in a GPU pool: meant by somebody, tainted as one, or with the hardware."""
    return is_meant(node, around) or node.has_gpu_hardware or bool({*node.taint_keys} & {*_TAINTS})


def review_pool(pool: str, nodes: Sequence[NodeFacts], around: Surroundings) -> Iterator[Sighting]:
    """Yield the nodes of a GPU pool that offer no GPU; those that have just come apart from the others."""
    declared = sorted({why for node in nodes for why in [_why_gpu(node, around)] if why})
    if not declared and not (pool and _NAMED.search(pool.lower())):
        return
    without = [node for node in nodes if node.gpus_offered == 0 and not _is_dra(node, around)]
    for is_new in (False, True):
        concerned = [node for node in without if _is_starting(node, around.now) == is_new]
        if concerned:
            finding = _pool_without(concerned, len(nodes), declared, is_new)
            since = {node.name: node.created for node in concerned}
            yield Sighting(finding, f"Node pool {pool or '?'}", pool, cost_nodes(concerned, around, since))


def review_idle(nodes: Iterable[NodeFacts], asked: Mapping[str, int], around: Surroundings) -> Iterator[Sighting]:
    """Yield, for each pool, the nodes that offer GPUs nobody asks for; `asked` are GPUs by node."""
    idle: defaultdict[str, list[NodeFacts]] = defaultdict(list)
    for node in nodes:
        if node.gpus_offered and not asked.get(node.name):
            idle[node.pool].append(node)
    for pool, concerned in idle.items():
        finding = Finding(
            IDLE_ID,
            "GPUsNotRequested",
            Status.WARN,
            f"no pod asks for a GPU on {count(len(concerned), 'node')}",
            seen=f"{_describe_offer(concerned)} on {shorten(sorted(node.name for node in concerned))}",
            wanted="pods that ask for them, or no such nodes",
            next_step="let the autoscaler take them away: az aigpu nodepool update -g GROUP --cluster-name CLUSTER "
            f"-n {pool or 'POOL'} -e --min-count 0 --max-count N",
        )
        yield Sighting(finding, f"Node pool {pool or '?'}", pool, cost_nodes(concerned, around, {}))


def _why_gpu(node: NodeFacts, around: Surroundings) -> str | None:
    """Return what makes a node one of a GPU pool, in words."""
    declared = labels.has_gpu_intent(intended_labels(node, around), (), around.taint_key)
    taint = next((f"taint {key}" for key in (around.taint_key, *_TAINTS) if key in node.taint_keys), None)
    if declared or taint:
        return declared or taint
    if node.pool in around.gpu_pools:
        return "--gpu-pools"
    return f"size {node.size}" if node.has_gpu_hardware else None


def _is_dra(node: NodeFacts, around: Surroundings) -> bool:
    """Return whether the node's GPUs come by Dynamic Resource Allocation, which no counted resource shows.

    A label alone does not make a CPU size one of them.
    """
    return intended_labels(node, around).get(labels.RESOURCE) == labels.NO_RESOURCE and node.has_gpu_hardware


def _is_starting(node: NodeFacts, now: Moment) -> bool:
    could = node.sku is not None and node.sku.is_cuda_gpu
    return could and node.created is not None and (now - node.created).total_seconds() < STARTING_S


def _pool_without(nodes: Sequence[NodeFacts], total: int, declared: Sequence[str], is_new: bool) -> Finding:
    sizes = sorted({node.size or "unknown size" for node in nodes})
    return Finding(
        POOL_ID,
        "GPUsNotOfferedYet" if is_new else "NoGPUOnGPUPool",
        Status.UNKNOWN if is_new else Status.FAIL if declared else Status.WARN,
        f"{len(nodes)} of {count(total, 'node')} of a GPU pool {_offers(len(nodes), is_new)}",
        seen="; ".join(_describe_size(size) for size in sizes),
        wanted=f"GPUs, as {', '.join(declared)} says" if declared else "GPUs, as the pool's name says",
        next_step=_pool_step(nodes, is_new),
    )


def _offers(number: int, is_new: bool) -> str:
    if number == 1:
        return "offers no GPU" + (", and is new" if is_new else "")
    return "offer no GPU" + (", and are new" if is_new else "")


def _describe_size(size: str) -> str:
    sku, cpu = skus.lookup(size), parse_cpu_size(size)
    if sku is not None:
        return f"{size} has {sku.describe()}" + ("" if sku.is_cuda_gpu else ", on which CUDA does not run")
    return f"{size} is a {cpu.description} size and has no GPU" if cpu else f"{size} is not in the catalogue"


def _pool_step(nodes: Sequence[NodeFacts], is_new: bool) -> str:
    if is_new:
        return "scan again in a few minutes"
    if any(node.sku is not None and node.sku.is_cuda_gpu for node in nodes):
        return "look at the device plugin: kubectl get pods -A -o wide | grep -i device-plugin; then az aigpu node list"
    return "make the pool anew with a GPU size: az aigpu nodepool add; az aigpu sku list shows the sizes"


def _describe_offer(nodes: Iterable[NodeFacts]) -> str:
    offered: Counter[str] = Counter()
    for node in nodes:
        offered.update({name: int(number) for name, number in node.offered.items() if is_number(number)})
    return ", ".join(f"{number} {name}" for name, number in sorted(offered.items()) if number)
