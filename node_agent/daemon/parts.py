"""What an agent is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from node_agent.daemon.clocks import BootClock, ServerTime
from node_agent.daemon.kube import Kube
from node_agent.daemon.node import Node
from node_agent.daemon.reporters.event import Event
from node_agent.daemon.reporters.log import Log
from node_agent.daemon.reporters.metrics import Metrics
from node_agent.daemon.round import Examiner, Round
from node_agent.daemon.settings import Settings
from node_agent.daemon.xids import Xid


class Watcher(Protocol):
    """What listens for XIDs between the rounds."""

    @property
    def problem(self) -> str:
        """Why nobody has listened for a while, empty where somebody does."""

    def take(self) -> Sequence[Xid]:
        """Return what was reported since the last call, and see to it that somebody listens."""

    def wait(self, seconds: float) -> None:
        """Wait so long, or until something is reported."""

    def close(self) -> Sequence[Xid]:
        """Stop listening, and return what was reported until now; the next `take` begins anew."""


class PodWatch(Protocol):
    """What looks at the pods of the node."""

    def look(self, seen: Round, node: Node) -> Sequence[Event]:
        """Return what is to be told of pods after a round."""


@dataclass(frozen=True)
class Parts:
    """What an agent is made of."""

    settings: Settings
    kube: Kube
    examiner: Examiner
    server_time: ServerTime
    boot_clock: BootClock
    metrics: Metrics
    log: Log
    environ: Mapping[str, str]
    watcher: Watcher | None = None
    pods: PodWatch | None = None
