"""Judges who offers the GPUs to jobs: without NVIDIA's device plugin no pod can ask for nvidia.com/gpu. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from aigpu_contract import labels
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Reading, Unknown
from aigpu_contract.rendering import count
from azext_aigpu.cluster.agent.review import PLUGIN_IMAGES, DaemonSetFacts, list_kept_off
from azext_aigpu.cluster.agent.rollout import STATUS
from azext_aigpu.cluster.node_facts import NodeFacts
from azext_aigpu.cluster.sightings import shorten

PLUGIN_ID = "device-plugin"
_WANTED = "NVIDIA's device plugin, the GPU Operator, or a pool whose GPU software AKS manages"


def list_plugins(daemonsets: Reading[Sequence[DaemonSetFacts]]) -> list[DaemonSetFacts]:
    """Return the DaemonSets that run NVIDIA's device plugin, the one for most nodes first."""
    every = [] if isinstance(daemonsets, Unknown) else [one for one in daemonsets.value if one.runs(PLUGIN_IMAGES)]
    return sorted(every, key=lambda one: -(one.desired or 0))


def review_plugins(
    daemonsets: Reading[Sequence[DaemonSetFacts]], nodes: Reading[Sequence[NodeFacts]] | None, again: str
) -> Iterator[Finding]:
    """Yield what keeps GPUs from being offered; `nodes` are looked at where DaemonSets alone do not tell."""
    if isinstance(daemonsets, Unknown):
        yield _unread("the DaemonSets of the cluster", daemonsets.reason, "kubectl auth can-i list daemonsets -A")
        return
    plugins = list_plugins(daemonsets)
    for one in plugins:
        if not one.is_counted or one.ready != one.desired:
            yield _not_ready(one)
    if isinstance(nodes, Unknown):
        yield _unread("the nodes", nodes.reason, "kubectl auth can-i list nodes")
    # Where a controller has not counted yet, it is not known for which nodes its plugin is meant.
    elif nodes is not None and all(one.is_counted for one in plugins):
        without = _without_gpus(nodes.value)
        has_gpus = any(node.gpus_offered for node in nodes.value)
        if without and has_gpus and not plugins:
            yield _not_everywhere(without)
        elif without:
            yield _missing(plugins, without, again)
        elif not plugins and not has_gpus:
            yield _not_named(again)


def review_kept_off(daemonsets: Reading[Sequence[DaemonSetFacts]]) -> Iterator[Finding]:
    """Yield the DaemonSets of NVIDIA's that mode taint keeps off new nodes, which then never have a GPU to prove."""
    titles = [] if isinstance(daemonsets, Unknown) else list_kept_off(daemonsets.value)
    if titles:
        keys = (labels.STARTUP_TAINT_KEY, labels.STATUS_TAINT_KEY)
        yield Finding(
            PLUGIN_ID,
            "OperandKeptOff",
            Status.FAIL,
            "mode taint keeps what a node needs before it has a GPU to prove off every new node",
            seen=f"{shorten(titles)} without these tolerations",
            wanted="; ".join(f"key {key}, operator Exists" for key in keys),
            next_step="add them (for the GPU Operator: daemonsets.tolerations of its ClusterPolicy), or install the "
            "agent with --mode condition",
        )


def _without_gpus(nodes: Iterable[NodeFacts]) -> list[NodeFacts]:
    """Return the nodes with an NVIDIA GPU whose kubelet offers none, but for those that offer it by resource claims."""
    return [
        node
        for node in nodes
        if node.has_gpu_hardware and not node.gpus_offered and node.labels.get(labels.RESOURCE) != labels.NO_RESOURCE
    ]


def _not_ready(one: DaemonSetFacts) -> Finding:
    seen = f"ready {_shown(one.ready)}, desired {_shown(one.desired)}"
    return Finding(
        PLUGIN_ID,
        "DevicePluginNotReady",
        Status.UNKNOWN,
        f"the device plugin {one.title} is not ready on every node that is meant to have it, and those offer no GPU",
        seen=seen if one.is_counted else "its controller has not looked at it as it is now",
        wanted="ready on each of them",
        next_step=f"kubectl describe daemonset -n {one.namespace} {one.name}; its pods: kubectl get pods -n "
        f"{one.namespace} -o wide",
    )


def _not_everywhere(nodes: Sequence[NodeFacts]) -> Finding:
    return Finding(
        PLUGIN_ID,
        "DevicePluginNotReady",
        Status.UNKNOWN,
        f"{count(len(nodes), 'GPU node')} without a GPU on offer, while others offer theirs with no DaemonSet for it, "
        "as where AKS manages the GPU software: they may have come just now",
        seen=f"no nvidia.com resource on {shorten(sorted(node.name for node in nodes))}",
        wanted=_WANTED,
        next_step=f"look again in a few minutes: {STATUS}; then: kubectl describe node {nodes[0].name}",
    )


def _missing(plugins: Sequence[DaemonSetFacts], nodes: Sequence[NodeFacts], again: str) -> Finding:
    titles = shorten([one.title for one in plugins])
    problem = (
        f"the device plugin is not meant to run on nodes with GPUs ({titles})"
        if plugins
        else ("the cluster has no device plugin")
    )
    step = (
        f"give {titles} the tolerations and labels of these nodes: kubectl describe node {nodes[0].name}"
        if plugins
        else _bring(again)
    )
    return Finding(
        PLUGIN_ID,
        "DevicePluginMissing",
        Status.FAIL,
        f"{problem}: on {count(len(nodes), 'GPU node')} no pod can ask for nvidia.com/gpu",
        seen=f"no nvidia.com resource on {shorten(sorted(node.name for node in nodes))}",
        wanted=_WANTED,
        next_step=step,
    )


def _not_named(again: str) -> Finding:
    return Finding(
        PLUGIN_ID,
        "DevicePluginMissing",
        Status.WARN,
        "the cluster has no device plugin: GPU nodes that come offer no GPU, unless AKS manages their GPU software",
        seen="no DaemonSet with NVIDIA's k8s-device-plugin, and no node that offers a GPU",
        wanted=_WANTED,
        next_step=_bring(again),
    )


def _bring(again: str) -> str:
    return f"{again} --with-device-plugin, unless the GPU Operator or AKS is to bring one"


def _unread(what: str, reason: str, command: str) -> Finding:
    return Finding(
        PLUGIN_ID,
        "InstallationUnreadable",
        Status.UNKNOWN,
        f"{what} could not be read, so it is not known whether anything offers the GPUs to jobs: {reason}",
        wanted="the right to list them in the whole cluster",
        next_step=command,
    )


def _shown(number: int | None) -> str:
    return "?" if number is None else str(number)
