"""Nodes without a kubelet, for tests that want each change of a node to be their own."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Protocol

from testbeds.cluster.client import STRATEGIC_MERGE, Client
from testbeds.cluster.cluster import wait_until
from testbeds.cluster.node_body import NOT_READY, FakeNode, build_node


class Server(Protocol):
    """Any API server, real or not."""

    @property
    def admin(self) -> Client:
        """Its administrator's client."""
        ...

    @property
    def has_controllers(self) -> bool:
        """Whether something reacts to a new node."""
        ...

    @property
    def own_labels(self) -> Mapping[str, str]:
        """What marks the objects of this run."""
        ...


def add_bare_node(server: Server, node: FakeNode) -> None:
    """Create the node, and wait until the controllers have done with it what they do with a new one.

    They lift the taint that the server gives to every new node, and note an annotation. Where there are none, the
    taint is lifted here.
    """
    path = f"/api/v1/nodes/{node.name}"
    server.admin.post(
        "/api/v1/nodes", build_node(node, datetime.datetime.now(datetime.timezone.utc), server.own_labels)
    )
    if server.has_controllers:
        wait_until(lambda: _is_settled(server.admin.get(path)), f"{path} was not left alone by the controllers")
    else:
        server.admin.patch(path, {"spec": {"taints": [dict(taint) for taint in node.taints]}}, STRATEGIC_MERGE)


def _is_settled(node: dict[str, Any]) -> bool:
    keys = {taint["key"] for taint in node["spec"].get("taints", [])}
    return NOT_READY not in keys and "node.alpha.kubernetes.io/ttl" in node["metadata"].get("annotations", {})
