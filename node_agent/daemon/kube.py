"""The few calls that the agent makes of the Kubernetes API, and how they fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from node_agent.daemon.node import Node, Taint

Body = Mapping[str, Any]


class KubeError(Exception):
    """A call did not succeed, for now or for good; the text says why in one sentence."""


class UnreachableError(KubeError):
    """No answer came, or one that says to come back later, and trying again did not help."""


class RefusedError(KubeError):
    """The server answered and said no. `code` is the HTTP status, `reason` the Status's word, such as Conflict."""

    def __init__(self, code: int, reason: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.reason = reason


class Kube(Protocol):
    """The API server as the agent's identity sees it. Every call raises KubeError.

    Leases are in the agent's namespace, events about nodes in `default`. What is written comes back as it now stands.
    """

    def read_node(self, *, newest: bool = False) -> Node:
        """Return our own Node; from the server's cache, unless it must be the newest."""

    def patch_status(self, body: Body) -> Node:
        """Merge into our Node by its status subresource, lists by their keys; metadata is written too."""

    def patch_taints(self, taints: Sequence[Taint], version: str) -> Node:
        """Replace the whole list of taints, if the Node is still of that version: else a RefusedError of 409."""

    def list_nodes(self, selector: Mapping[str, str | None]) -> Sequence[Node]:
        """Return the Nodes with these labels, None for a label that must not be there."""

    def read_lease(self, name: str) -> Body | None:
        """Return a Lease, None where there is none."""

    def create_lease(self, body: Body) -> None:
        """Create a Lease."""

    def patch_lease(self, name: str, body: Body) -> None:
        """Merge into a Lease."""

    def create_event(self, body: Body) -> None:
        """Create an event."""

    def patch_event(self, name: str, body: Body) -> None:
        """Merge into an event."""

    def read_intent(self, name: str) -> Mapping[str, str] | None:
        """Return the data of a ConfigMap of our namespace, None where there is none."""

    def list_pods(self) -> Sequence[Body]:
        """Return the pods that are bound to our node."""
