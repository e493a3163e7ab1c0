"""The taints on the node, within the pool's budget. The list is written whole, onto the version it was made of."""

from __future__ import annotations

from dataclasses import dataclass

from aigpu_contract.labels import STATUS_TAINT_KEY
from node_agent.daemon import budget
from node_agent.daemon.kube import Kube, RefusedError
from node_agent.daemon.node import Node
from node_agent.daemon.state import State
from node_agent.daemon.taints import Wanted, build_taints, want, without_budget

CONFLICT = 409
ATTEMPTS = 3
BUDGET_REST_S = 600.0
"""Seconds before the pool is listed anew after no place was free."""


@dataclass(frozen=True)
class Tainting:
    """The node as it now stands, and since when the budget is used up: boot clock, None where it is not."""

    node: Node
    exhausted_at: float | None = None


@dataclass(frozen=True)
class Tainter:
    """Sets and lifts the node's taints. `now` is the server's time, `boot` the boot clock, both in seconds."""

    kube: Kube
    mode: str
    holds_back: bool

    def apply(self, node: Node, state: State, now: float, boot: float, exhausted_at: float | None) -> Tainting:
        """Bring the node's taints to what the state wants. Raises KubeError."""
        wanted = want(node, state, self.mode, now, holds_back=self.holds_back)
        if wanted.status is not None and not node.has_taint(STATUS_TAINT_KEY):
            rests = exhausted_at is not None and boot - exhausted_at < BUDGET_REST_S
            if rests or budget.take_place(self.kube, node, now) is None:
                wanted = without_budget(wanted, node, now, holds_back=self.holds_back)
                return Tainting(self._write(node, wanted), exhausted_at if rests else boot)
        written = self._write(node, wanted)
        if node.has_taint(STATUS_TAINT_KEY) and wanted.status is None:
            budget.leave_place(self.kube, written, now)
        return Tainting(written)

    def _write(self, node: Node, wanted: Wanted) -> Node:
        """Write the list; where the node has changed meanwhile, make it of the newest one. Raises KubeError."""
        for attempt in range(ATTEMPTS):
            taints = build_taints(node, wanted)
            if taints is None:
                return node
            try:
                return self.kube.patch_taints(taints, node.version)
            except RefusedError as refused:
                if refused.code != CONFLICT or attempt == ATTEMPTS - 1:
                    raise
                node = self.kube.read_node(newest=True)
        return node
