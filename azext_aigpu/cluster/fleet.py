"""Reads what is known of the nodes: four reads beside one another, the long ones in pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from aigpu_contract import labels
from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.parallel import Started
from azext_aigpu.cluster import heartbeat
from azext_aigpu.cluster.heartbeat import Heartbeat, parse_heartbeat
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.node_facts import NodeFacts, parse_node
from azext_aigpu.cluster.node_verdict import Surroundings
from azext_aigpu.cluster.object_parts import mapping
from azext_aigpu.cluster.paging import read_list
from azext_aigpu.cluster.server_clock import Clock, read_clock

NODES = "/api/v1/nodes"
INTENT = f"/api/v1/namespaces/{labels.NAMESPACE}/configmaps/{labels.INTENT_CONFIGMAP}"
LEASES_A_PAGE = 5000
"""A Lease has a tenth of a Node's bytes."""

Intents = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Fleet:
    """Nodes, and what they are judged by. `warnings` are for people."""

    nodes: tuple[NodeFacts, ...]
    around: Surroundings
    warnings: tuple[str, ...]


def read_fleet(kubectl: Kubectl, taint_key: str, gpu_pools: frozenset[str]) -> Fleet:
    """Return every node of the cluster. Raises KubectlError where the nodes themselves cannot be read."""
    beats = Started(lambda: read_heartbeats(kubectl))
    intents = Started(lambda: read_intents(kubectl))
    clock = Started(lambda: read_clock(kubectl))
    nodes = tuple(read_list(kubectl, NODES, parse_node))
    return _build_fleet(nodes, clock.result(), beats.result(), intents.result(), taint_key, gpu_pools)


def read_one(kubectl: Kubectl, name: str, taint_key: str) -> Fleet:
    """Return one node. Raises KubectlError, of kind `not-found` where there is none of this name."""
    beats = Started(lambda: _read_heartbeat(kubectl, name))
    intents = Started(lambda: read_intents(kubectl))
    clock = Started(lambda: read_clock(kubectl))
    node = parse_node(kubectl.get_raw(f"{NODES}/{quote(name, safe='')}"))
    return _build_fleet((node,), clock.result(), beats.result(), intents.result(), taint_key, frozenset())


def read_heartbeats(kubectl: Kubectl) -> Reading[Mapping[str, Heartbeat]]:
    """Return the agents' heartbeats by node, or Unknown where the Leases cannot be read."""
    try:
        beats = read_list(kubectl, heartbeat.PATH, parse_heartbeat, LEASES_A_PAGE)
    except KubectlError as error:
        return Unknown(error.text.rstrip("."))
    return Known({beat.node: beat for beat in beats})


def read_intents(kubectl: Kubectl) -> Reading[Intents]:
    """Return the intent of pools that other tools made, by pool name; none where there is no such ConfigMap."""
    try:
        data = mapping(kubectl.get_raw(INTENT), "data")
    except KubectlError as error:
        return Known({}) if error.kind == "not-found" else Unknown(error.text.rstrip("."))
    return parse_intents(data)


def parse_intents(data: Mapping[str, Any]) -> Reading[Intents]:
    """Return the labels of each pool; Unknown where one of them cannot be read, for nobody knows what it would say."""
    intents: dict[str, dict[str, str]] = {}
    for pool, text in data.items():
        try:
            found = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            return Unknown(f"key {pool} of ConfigMap {labels.INTENT_CONFIGMAP} is no JSON object of labels")
        intents[pool] = found
    return Known(intents)


def _read_heartbeat(kubectl: Kubectl, name: str) -> Reading[Mapping[str, Heartbeat]]:
    try:
        beat = parse_heartbeat(kubectl.get_raw(f"{heartbeat.PATH}/{quote(name, safe='')}"))
    except KubectlError as error:
        return Known({}) if error.kind == "not-found" else Unknown(error.text.rstrip("."))
    return Known({beat.node: beat})


def _build_fleet(
    nodes: tuple[NodeFacts, ...],
    clock: Clock,
    beats: Reading[Mapping[str, Heartbeat]],
    intents: Reading[Intents],
    taint_key: str,
    gpu_pools: frozenset[str],
) -> Fleet:
    around = Surroundings(clock.now, beats, intents, taint_key, gpu_pools, clock.doubt)
    unread = [reading.reason for reading in (beats, intents) if isinstance(reading, Unknown)]
    warnings = [clock.warning, *(f"Could not be read: {reason}." for reason in unread)]
    return Fleet(nodes, around, tuple(text for text in warnings if text))
