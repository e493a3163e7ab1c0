"""Events about the node, for people who ask `kubectl describe node`: one object a reason, counted up, and few."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from node_agent.daemon.clocks import render_time
from node_agent.daemon.kube import Body, Kube, RefusedError
from node_agent.daemon.node import Node

NORMAL, WARNING = "Normal", "Warning"
COMPONENT = "aigpu-agent"
BURST = 10.0
REFILL_S = 300.0
"""Ten events at once, then one in five minutes, as client-go does for each object."""
REST_S = 300.0
"""Seconds before the same event is counted up."""
LIFE_S = 3600.0
"""Seconds after which the API server forgets an event, and we do too: pods come and go without end."""
MOST_CHARACTERS = 1024


@dataclass(frozen=True)
class Event:
    """What happened to the node. Events with another `subject`, such as a pod's name, are others."""

    kind: str
    reason: str
    message: str
    subject: str = ""


@dataclass
class _Sent:
    name: str
    first: str
    count: int
    at: float


@dataclass
class Events:
    """Sends events, and drops what would be too many; `now` is the server's time, `boot` the boot clock."""

    kube: Kube
    _sent: dict[tuple[str, str, str], _Sent] = field(default_factory=dict)
    _credit: float = BURST
    _filled_at: float | None = None

    def tell(self, node: Node, event: Event, now: float, boot: float) -> bool:
        """Create the event or count it up; return False where it is one too many. Raises KubeError."""
        key = (event.kind, event.reason, event.subject)
        self._sent = {one: sent for one, sent in self._sent.items() if boot - sent.at < LIFE_S}
        before = self._sent.get(key)
        if (before is not None and boot - before.at < REST_S) or not self._spend(boot):
            return False
        if before is not None and self._count_up(before, event, now, boot):
            return True
        name = f"{node.name}.{uuid.uuid4().hex[:16]}"
        body = build_event(node, event, name, render_time(now))
        self.kube.create_event(body)
        self._sent[key] = _Sent(name, render_time(now), 1, boot)
        return True

    def _count_up(self, before: _Sent, event: Event, now: float, boot: float) -> bool:
        body = {
            "count": before.count + 1,
            "lastTimestamp": render_time(now),
            "message": event.message[:MOST_CHARACTERS],
        }
        try:
            self.kube.patch_event(before.name, body)
        except RefusedError as refused:
            if refused.code != 404:  # events live for an hour
                raise
            return False
        before.count, before.at = before.count + 1, boot
        return True

    def _spend(self, boot: float) -> bool:
        if self._filled_at is not None:
            self._credit = min(BURST, self._credit + (boot - self._filled_at) / REFILL_S)
        self._filled_at = boot
        if self._credit < 1:
            return False
        self._credit -= 1
        return True


def build_event(node: Node, event: Event, name: str, moment: str) -> Body:
    """Return the core/v1 Event; about a node it must be in `default`, which kubectl describe looks through."""
    body: dict[str, Any] = {
        "metadata": {"name": name, "namespace": "default"},
        "involvedObject": {"apiVersion": "v1", "kind": "Node", "name": node.name, "uid": node.uid},
        "reason": event.reason,
        "message": event.message[:MOST_CHARACTERS],
        "type": event.kind,
        "count": 1,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "source": {"component": COMPONENT, "host": node.name},
    }
    return body
