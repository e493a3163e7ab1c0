"""What a Kubernetes API server says to those who patch nodes: one list of cases, for the real one and the stand-in.

The stand-in is right as far as the cases of this folder go, and no further. What only a real server does is tested
beside this folder. Here are the paths, bodies and patches that the cases share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testbeds.cluster.client import JSON_MERGE, STRATEGIC_MERGE, Answer
from tests.cluster.conftest import Server

Make = Callable[[str, dict[str, Any]], dict[str, Any]]
"""The type of the fixture `make`."""

NODES = "/api/v1/nodes"
OURS = {"type": "aigpu.io/GPUReady", "status": "True", "reason": "Proven", "message": "8 GPUs"}
TAINT = {"key": "aigpu.io/test", "effect": "NoSchedule", "value": "x"}
PATCHES = {"strategic": STRATEGIC_MERGE, "json merge": JSON_MERGE}


def path(node: str) -> str:
    """Return the path of a node."""
    return f"{NODES}/{node}"


def status_path(node: str) -> str:
    """Return the path of a node's status."""
    return f"{NODES}/{node}/status"


def patch(api: Server, where: str, body: Any, kind: str = STRATEGIC_MERGE) -> Answer:
    """Send a patch, whatever the answer."""
    return api.admin.send("PATCH", where, body, kind)


def conditions(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the conditions of a node by type."""
    return {condition["type"]: condition for condition in node["status"]["conditions"]}


def version(api: Server, node: str) -> str:
    """Return the resource version of a node."""
    return str(api.admin.get(path(node))["metadata"]["resourceVersion"])
