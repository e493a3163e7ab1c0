"""Judges whether every GPU node has an agent: a DaemonSet counts no node whose taints keep it off. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aigpu_contract import labels
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Reading, Unknown
from aigpu_contract.rendering import count
from azext_aigpu.cluster.admission.reverse_rule import ACCELERATOR
from azext_aigpu.cluster.agent.rollout import STATUS, AgentPod
from azext_aigpu.cluster.manifests.placing import build_tolerations
from azext_aigpu.cluster.manifests.settings import AgentSettings
from azext_aigpu.cluster.node_facts import NodeFacts, parse_node
from azext_aigpu.cluster.object_parts import mapping
from azext_aigpu.cluster.sightings import shorten

COVERAGE_ID = "agent-coverage"
_OS = "kubernetes.io/os"
_PASSING = (
    "node.kubernetes.io/",
    "node.cloudprovider.kubernetes.io/",
    "startup-taint.cluster-autoscaler.kubernetes.io/",
    "node.cilium.io/agent-not-ready",
    "ToBeDeletedByClusterAutoscaler",
)
"""How the keys of taints begin that a node has only while it comes or goes, or that a DaemonSet's pods tolerate."""


def parse_linux_node(data: Mapping[str, Any]) -> NodeFacts | None:
    """Return what is kept of a node; None for one of another system, where the agent is not meant to run."""
    system = mapping(mapping(data, "metadata"), "labels").get(_OS, "linux")
    return parse_node(data) if system == "linux" else None


def review_coverage(
    nodes: Reading[Sequence[NodeFacts]], pods: Reading[Sequence[AgentPod]], settings: AgentSettings, again: str
) -> Iterator[Finding]:
    """Yield the GPU nodes without an agent: kept off by taints, not named, or not told why."""
    if isinstance(nodes, Unknown):
        yield _unread(nodes.reason)
    if isinstance(nodes, Unknown) or isinstance(pods, Unknown):
        return
    covered = {pod.node for pod in pods.value}
    bare = [
        node
        for node in nodes.value
        if node.name not in covered and (node.has_gpu_hardware or _is_meant(node, settings))
    ]
    kept_off = {node.name: _keeping_off(node, settings) for node in bare}
    tainted = [node for node in bare if kept_off[node.name]]
    unnamed = [node for node in bare if not kept_off[node.name] and not _is_meant(node, settings)]
    others = [node for node in bare if node not in tainted and node not in unnamed]
    if tainted:
        keys = sorted({key for node in tainted for key in kept_off[node.name]})
        yield _kept_off(tainted, keys, settings, again)
    if unnamed:
        yield _unnamed(unnamed, settings, again)
    if others:
        yield _without(others)


def _is_meant(node: NodeFacts, settings: AgentSettings) -> bool:
    """Return whether the agent's affinity takes the node."""
    labelled = labels.SKU in node.labels or node.labels.get(ACCELERATOR) == "nvidia"
    return labelled or bool(node.pool and node.pool in settings.gpu_pools)


def _keeping_off(node: NodeFacts, settings: AgentSettings) -> list[str]:
    tolerated = {one["key"] for one in build_tolerations(settings)}
    return [key for key in node.repelling_keys if key not in tolerated and not key.startswith(_PASSING)]


def _kept_off(nodes: Sequence[NodeFacts], keys: Sequence[str], settings: AgentSettings, again: str) -> Finding:
    every = " ".join((*settings.tolerated, *keys))
    return Finding(
        COVERAGE_ID,
        "AgentKeptOff",
        Status.FAIL,
        f"taints keep the agent off {count(len(nodes), 'GPU node')}, and nothing is known of the GPUs there",
        seen=f"taint {', '.join(keys)} on {shorten(sorted(node.name for node in nodes))}",
        wanted="an agent on every GPU node",
        next_step=f"{again} --tolerate {every}   (it takes the place of an earlier --tolerate)",
    )


def _unnamed(nodes: Sequence[NodeFacts], settings: AgentSettings, again: str) -> Finding:
    pools = sorted({node.pool for node in nodes if node.pool})
    every = ",".join(sorted({*settings.gpu_pools, *pools})) or "NAME,NAME"
    return Finding(
        COVERAGE_ID,
        "AgentKeptOff",
        Status.FAIL,
        f"no agent is meant to run on {count(len(nodes), 'GPU node')} without a label of ours: their pool is not named",
        seen=f"pool {', '.join(pools) or 'unknown'}: {shorten(sorted(node.name for node in nodes))}",
        wanted="an agent on every GPU node",
        next_step=f"{again} --gpu-pools {every}   (it takes the place of an earlier --gpu-pools)",
    )


def _without(nodes: Sequence[NodeFacts]) -> Finding:
    name = min(node.name for node in nodes)
    return Finding(
        COVERAGE_ID,
        "AgentNotReady",
        Status.UNKNOWN,
        f"there is no pod of the agent for {count(len(nodes), 'GPU node')}, which may come or go just now",
        seen=shorten(sorted(node.name for node in nodes)),
        wanted="an agent on every GPU node",
        next_step=f"look again in a minute: {STATUS}; then: kubectl describe node {name}",
    )


def _unread(reason: str) -> Finding:
    return Finding(
        COVERAGE_ID,
        "InstallationUnreadable",
        Status.UNKNOWN,
        f"the nodes could not be read, so it is not known whether every GPU node has an agent: {reason}",
        wanted="the right to list nodes",
        next_step="kubectl auth can-i list nodes",
    )
