"""Reads a cluster for `scan`, and tells `agent install --enforce` what enforcing would refuse. Installs nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.parallel import Started
from azext_aigpu.cluster.admission.reverse_policy import EXEMPT_NAMESPACES
from azext_aigpu.cluster.admission.reverse_rule import GpuPools
from azext_aigpu.cluster.admission.workload_kinds import WORKLOADS, WorkloadKind
from azext_aigpu.cluster.fleet import NODES, read_intents
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.live_objects import LiveObject, Pools, reduce_pod, reduce_workload
from azext_aigpu.cluster.node_facts import NodeFacts, parse_node
from azext_aigpu.cluster.node_verdict import Surroundings
from azext_aigpu.cluster.paging import read_list
from azext_aigpu.cluster.scan_objects import REFUSE_ID
from azext_aigpu.cluster.scan_pools import is_pool_node
from azext_aigpu.cluster.scan_review import NODES_READ, PODS_READ, READ_ID, ClusterState, Refusals, Scan, review_cluster
from azext_aigpu.cluster.served import BUILT_IN, Served, read_served
from azext_aigpu.cluster.server_clock import read_clock

T = TypeVar("T")

PODS = "/api/v1/pods"
_ABSENT = Unknown("the API server does not serve it")
_LOST = ("missing", "unconfigured", "unreachable", "unauthorized")
"""Kinds of failure that concern the whole cluster, not one kind of object."""


def would_refuse(
    kubectl: Kubectl,
    taint_key: str,
    gpu_pools: frozenset[str] = frozenset(),
    exempt_namespaces: Iterable[str] = (),
) -> Refusals:
    """Return what the policy `aigpu-gpu-pods` would refuse of what stands in the cluster. Raises KubectlError."""
    scan = scan_cluster(kubectl, taint_key, gpu_pools, exempt_namespaces)
    return Refusals(
        tuple(one for one in scan.sightings if one.enforcing_refuses),
        tuple(one for one in scan.sightings if one.finding.id in (READ_ID, REFUSE_ID) and not one.enforcing_refuses),
    )


def scan_cluster(
    kubectl: Kubectl,
    taint_key: str,
    gpu_pools: frozenset[str] = frozenset(),
    exempt_namespaces: Iterable[str] = (),
    empty_pools: frozenset[str] = frozenset(),
) -> Scan:
    """Return what there is to say about a cluster.

    `empty_pools` are GPU pools that somebody else knows: those without a node could not be told otherwise.
    What cannot be read is told, never left out. Raises KubectlError where the cluster cannot be reached at all.
    """
    clock = Started(lambda: read_clock(kubectl))
    intents = Started(lambda: read_intents(kubectl))
    served = Started(lambda: _read_groups(kubectl))
    unread: dict[str, str] = {}
    nodes = _take(_read(kubectl, NODES, parse_node), NODES_READ, unread)
    said = intents.result()
    if isinstance(said, Unknown):
        unread["intent of pools that other tools made"] = said.reason
    around = Surroundings(clock.result().now, Known({}), said, taint_key, gpu_pools, clock.result().doubt)
    pools = _build_pools(nodes, around, exempt_namespaces, empty_pools)
    on_gpu = frozenset(node.name for node in nodes if is_pool_node(node, around))
    pods = Started(lambda: _read(kubectl, PODS, reduce_pod(pools, on_gpu)))
    workloads = _read_workloads(kubectl, served.result(), pools, unread)
    state = ClusterState(nodes, around, _take(pods.result(), PODS_READ, unread), workloads, unread)
    warning = clock.result().warning
    names = pools.gpu.names or frozenset()
    return Scan(state, tuple(review_cluster(state)), names, (warning,) if warning else ())


def _read_groups(kubectl: Kubectl) -> Reading[Served]:
    try:
        return Known(read_served(kubectl))
    except KubectlError as error:
        return _failed(error)


def _build_pools(
    nodes: Iterable[NodeFacts], around: Surroundings, exempt_namespaces: Iterable[str], empty: frozenset[str]
) -> Pools:
    every = frozenset(node.pool for node in nodes if node.pool)
    by_nodes = {node.pool for node in nodes if node.pool and is_pool_node(node, around)}
    by_intent = set(around.intents.value) if isinstance(around.intents, Known) else set()
    names = frozenset(by_nodes | by_intent | around.gpu_pools | (empty - every))
    return Pools(GpuPools(around.taint_key, names), every | names, frozenset((*EXEMPT_NAMESPACES, *exempt_namespaces)))


def _read_workloads(
    kubectl: Kubectl, served: Reading[Served], pools: Pools, unread: dict[str, str]
) -> list[LiveObject]:
    """Return the workloads that matter, every kind at the same time."""
    started: dict[str, Started[Reading[list[LiveObject]]]] = {}
    for kind in WORKLOADS:
        versions = served.value.versions(kind.group) if isinstance(served, Known) else kind.versions
        known = [version for version in kind.versions if version in versions]
        others = [version for version in versions if version not in kind.versions]
        if known:
            started[_title(kind)] = Started(functools.partial(_read_kind, kubectl, kind, known, others, pools))
        elif versions:
            unread[_title(kind)] = _not_in(kind, versions).reason
        elif kind.group in BUILT_IN:
            unread[_title(kind)] = f"the server does not name {kind.group} among its API groups, which every one has"
    if isinstance(served, Unknown):
        unread["the list of API groups"] = served.reason
    return [one for title, reading in started.items() for one in _take(reading.result(), title, unread)]


def _read_kind(
    kubectl: Kubectl, kind: WorkloadKind, versions: Iterable[str], others: Iterable[str], pools: Pools
) -> Reading[list[LiveObject]]:
    """Return the objects of one kind; none where no version of its group has it, not even one of the `others`."""
    reduce = reduce_workload(kind, pools)
    for version in versions:
        found = _read(kubectl, _path(kind, version), reduce)
        if found != _ABSENT:
            return found
    if kind.group in BUILT_IN:
        return Unknown(f"the server has no {kind.resource} of {kind.group}, which every one has")
    for version in others:
        if _read(kubectl, _path(kind, version), reduce) != _ABSENT:
            return _not_in(kind, [version])
    return Known([])


def _not_in(kind: WorkloadKind, versions: Iterable[str]) -> Unknown:
    wanted = " or ".join(kind.versions)
    return Unknown(f"{kind.group} is served as {', '.join(versions)}; {wanted} is what can be read")


def _path(kind: WorkloadKind, version: str) -> str:
    return f"/apis/{kind.group}/{version}/{kind.resource}"


def _read(kubectl: Kubectl, path: str, reduce: Callable[[Mapping[str, Any]], T | None]) -> Reading[list[T]]:
    try:
        return Known(read_list(kubectl, path, reduce))
    except KubectlError as error:
        return _ABSENT if error.kind == "not-found" else _failed(error)


def _failed(error: KubectlError) -> Unknown:
    """Return why something could not be read. Raises the error where it concerns the whole cluster."""
    if error.kind in _LOST:
        raise error
    return Unknown(error.text.rstrip("."))


def _take(reading: Reading[list[T]], what: str, unread: dict[str, str]) -> list[T]:
    if isinstance(reading, Unknown):
        unread[what] = reading.reason
        return []
    return reading.value


def _title(kind: WorkloadKind) -> str:
    return f"{kind.resource}.{kind.group}" if kind.group not in BUILT_IN else kind.resource
