"""Which of the two taints stand on the node, and the list that puts them there. Pure.

The list is written whole, so every taint of others goes back exactly as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from aigpu_contract.labels import STARTUP_TAINT_KEY, STATUS_TAINT_KEY, is_label_value
from node_agent.daemon.condition import FALSE, TRUE
from node_agent.daemon.node import NO_SCHEDULE, Node, Taint, is_our_taint
from node_agent.daemon.state import State

STARTUP_LIFE_S = 600.0
"""Seconds after the node's creation for which it may be held back; the autoscaler gives a node up at 900."""

OBSERVE, CONDITION, TAINT = "observe", "condition", "taint"
MODES = (OBSERVE, CONDITION, TAINT)
"""What the agent may write: nothing, the condition, the taints too."""


@dataclass(frozen=True)
class Wanted:
    """Which taints are to stand, each with its value; None for one that is not."""

    startup: str | None = None
    status: str | None = None


def wants_startup(node: Node, state: State, now: float) -> bool:
    """Return whether a node that is first met is to be held back: young, and nothing said of it in this boot."""
    if state.is_judged or not is_young(node, now):
        return False
    return node.has_taint(STARTUP_TAINT_KEY) or state.condition is None


def is_young(node: Node, now: float) -> bool:
    """Return whether the node may still be held back; one without a time of creation may not."""
    return node.created_at is not None and now - node.created_at < STARTUP_LIFE_S


def want(node: Node, state: State, mode: str, now: float, *, holds_back: bool) -> Wanted:
    """Return the taints that are to stand in `mode`. `holds_back`: the node is one that `wants_startup` named.

    In mode `condition` the agent takes its own taints away: those of an earlier mode would stand for ever.
    """
    if mode != TAINT:
        return Wanted()
    said = state.condition
    startup = "" if holds_back and not state.is_judged and is_young(node, now) else None
    if said is not None and said.status == FALSE:
        return Wanted(startup, said.reason if is_label_value(said.reason) else "")
    if said is not None and said.status == TRUE:
        return Wanted(startup)
    return Wanted(startup, "" if node.has_taint(STATUS_TAINT_KEY) else None)


def without_budget(wanted: Wanted, node: Node, now: float, *, holds_back: bool) -> Wanted:
    """Return what is to stand when no taint for a failed verdict may be added: a young node stays held back."""
    return replace(wanted, status=None, startup="" if holds_back and is_young(node, now) else None)


def build_taints(node: Node, wanted: Wanted) -> list[Taint] | None:
    """Return the node's whole list with the taints that are wanted, None where it is that already."""
    values = {STARTUP_TAINT_KEY: wanted.startup, STATUS_TAINT_KEY: wanted.status}
    lifted = [key for key, value in values.items() if value is None]
    kept = [one for one in node.taints if not any(is_our_taint(one, key) for key in lifted)]
    added = [
        {"key": key, "value": value, "effect": NO_SCHEDULE}
        for key, value in values.items()
        if value is not None and not node.has_taint(key)
    ]
    return [*kept, *added] if added or len(kept) != len(node.taints) else None
