"""Judges a cluster that has no agent: GPU pools without GPUs, pods without a GPU request, GPUs without a pod. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aigpu_contract.finding import Finding, Status
from azext_aigpu.cluster.live_objects import LiveObject
from azext_aigpu.cluster.node_facts import NodeFacts
from azext_aigpu.cluster.node_verdict import Surroundings
from azext_aigpu.cluster.scan_objects import count_asked, review_pods, review_refused
from azext_aigpu.cluster.scan_pools import is_pool_node, review_idle, review_pool
from azext_aigpu.cluster.sightings import Sighting

READ_ID = "reading"
NODES_READ, PODS_READ = "nodes", "pods"
"""Keys of `ClusterState.unread`."""


@dataclass(frozen=True)
class ClusterState:
    """What was read: all nodes, the pods and workloads that matter, and by name what could not be read and why."""

    nodes: Sequence[NodeFacts]
    around: Surroundings
    pods: Sequence[LiveObject] = ()
    workloads: Sequence[LiveObject] = ()
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusals:
    """What enforcing the reverse rule would refuse, and what could not be read or told.

    Enforce only where both are empty: what was not read may be refused too.
    """

    refused: tuple[Sighting, ...]
    unknown: tuple[Sighting, ...]


@dataclass(frozen=True)
class Scan:
    """What a scan saw. `warnings` are for people."""

    state: ClusterState
    sightings: tuple[Sighting, ...]
    gpu_pools: frozenset[str]
    warnings: tuple[str, ...] = ()

    @property
    def pool_nodes(self) -> tuple[NodeFacts, ...]:
        """Return the nodes that stand in a GPU pool."""
        around = self.state.around
        return tuple(node for node in self.state.nodes if node.pool in self.gpu_pools or is_pool_node(node, around))


def review_cluster(state: ClusterState) -> list[Sighting]:
    """Return everything there is to say, worst first and then the dearest first."""
    gpu_nodes = {node.name: node for node in state.nodes if is_pool_node(node, state.around)}
    running = list(review_pods(state.pods, gpu_nodes, state.around))
    told = frozenset(one.what for one in running if one.enforcing_refuses)
    elsewhere = [pod for pod in state.pods if pod.node not in gpu_nodes]
    found = [*_list_unread(state), *_review_pools(state), *running]
    found += review_refused(state.workloads, elsewhere, told)
    if PODS_READ not in state.unread:
        found += review_idle(gpu_nodes.values(), count_asked(state.pods), state.around)
    return sorted(found, key=lambda one: (-one.status, -(one.hourly or 0), one.what))


def _review_pools(state: ClusterState) -> list[Sighting]:
    by_pool: defaultdict[str, list[NodeFacts]] = defaultdict(list)
    for node in state.nodes:
        by_pool[node.pool].append(node)
    return [one for pool, nodes in by_pool.items() for one in review_pool(pool, nodes, state.around)]


def _list_unread(state: ClusterState) -> list[Sighting]:
    unread = dict(state.unread)
    if not state.nodes:
        unread.setdefault(NODES_READ, "the cluster has no node, so nothing can be told of its pools")
    return [_unread(what, why) for what, why in unread.items()]


def _unread(what: str, why: str) -> Sighting:
    finding = Finding(
        READ_ID,
        "KindUnreadable",
        Status.UNKNOWN,
        "this could not be read, so nothing is said about it",
        seen=why,
        wanted="an answer, and the right to read it in the whole cluster",
        next_step="docs/reference/permissions.md has the rights that scan needs",
    )
    return Sighting(finding, what)
