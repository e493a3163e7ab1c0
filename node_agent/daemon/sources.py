"""What is read of the cluster: our own Node, and the intent of adopted pools.

Each stands for a while when the API server gives no answer, and then it is Unknown: what was true of the cluster once
is no reason to go on calling a node proven.
"""

from __future__ import annotations

from collections.abc import Mapping

from aigpu_contract.duration import render_duration
from aigpu_contract.labels import INTENT_CONFIGMAP
from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.daemon import intent
from node_agent.daemon.failures import Failures
from node_agent.daemon.kube import KubeError
from node_agent.daemon.node import Node
from node_agent.daemon.parts import Parts
from node_agent.daemon.settings import LATE_INTERVALS

CONFIGMAP_REST_S = 300.0
"""Seconds before the ConfigMap is read anew."""


class Sources:
    """`node` is our Node as last read or written, None before the first answer."""

    def __init__(self, parts: Parts, failures: Failures) -> None:
        self.node: Node | None = None
        self._parts = parts
        self._failures = failures
        self._read_at = 0.0
        self._configmap: Mapping[str, str] | None = None
        self._configmap_at: float | None = None

    @property
    def late_s(self) -> float:
        """How much later than it should have been renewed a word still holds, in seconds."""
        return LATE_INTERVALS * self._parts.settings.interval_s

    def read_node(self) -> Reading[Node]:
        """Return the Node; for a few intervals without an answer, the last one stands.

        The first one is the newest: the server's cache may lack what the last agent wrote a moment before its end.
        """
        now = self._parts.boot_clock()
        try:
            node = self._parts.kube.read_node(newest=self.node is None)
        except KubeError as error:
            self._failures.note("node", error)
            if self.node is None or now - self._read_at > self.late_s:
                return Unknown(f"the Node could not be read: {error}")
            return Known(self.node)
        self.node, self._read_at = node, now
        return Known(node)

    def read_configmap(self, node: Reading[Node]) -> Reading[Mapping[str, str] | None]:
        """Return the intent of adopted pools where the node needs it.

        What was read stands until it is due, and as long after that as the agent's own word does.
        """
        if isinstance(node, Unknown) or not intent.needs_configmap(node.value):
            return intent.NO_CONFIGMAP
        now = self._parts.boot_clock()
        if self._configmap_at is not None and now - self._configmap_at < CONFIGMAP_REST_S:
            return Known(self._configmap)
        try:
            self._configmap, self._configmap_at = self._parts.kube.read_intent(INTENT_CONFIGMAP), now
        except KubeError as error:
            self._failures.note("intent", error)
            return self._last_configmap(now, error)
        return Known(self._configmap)

    def _last_configmap(self, now: float, error: KubeError) -> Reading[Mapping[str, str] | None]:
        if self._configmap_at is None:
            return Unknown(f"the ConfigMap {INTENT_CONFIGMAP} could not be read: {error}")
        age = now - self._configmap_at
        if age > CONFIGMAP_REST_S + self.late_s:
            return Unknown(f"the ConfigMap {INTENT_CONFIGMAP} was last read {render_duration(age)} ago: {error}")
        return Known(self._configmap)
