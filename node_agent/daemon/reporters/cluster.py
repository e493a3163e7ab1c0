"""What is told to the cluster in a round: condition, taints, Lease, events.

A write that fails is tried again in the next round: each round compares the node as it stands with what it is to carry.
The order of writes makes every stop in between a true state: the condition first, then the taints that follow from it,
and the Lease, which says that the condition holds, last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aigpu_contract.labels import STARTUP_TAINT_KEY
from node_agent.daemon import proof
from node_agent.daemon.condition import FALSE, MOST_CHARACTERS, TRUE
from node_agent.daemon.failures import Failures
from node_agent.daemon.kube import KubeError
from node_agent.daemon.node import Condition, Node
from node_agent.daemon.parts import Parts
from node_agent.daemon.reporters.condition import Report, apply_condition, apply_faults
from node_agent.daemon.reporters.event import NORMAL, WARNING, Event, Events
from node_agent.daemon.reporters.heartbeat import apply_heartbeat, is_in_force
from node_agent.daemon.reporters.taint import Tainter
from node_agent.daemon.round import Round
from node_agent.daemon.sources import Sources
from node_agent.daemon.state import State
from node_agent.daemon.taints import OBSERVE, TAINT

EXPIRED = "The node could not be proven in time and is held back no more."
BUDGET_NOTE = " Not tainted: as many nodes of the pool as may be are tainted already."


class ClusterReporter:
    """Writes to the cluster, and keeps in `sources` the Node as it then stands. In mode `observe` it writes nothing."""

    def __init__(self, parts: Parts, sources: Sources, failures: Failures) -> None:
        self._parts = parts
        self._sources = sources
        self._failures = failures
        self._tainter = Tainter(parts.kube, parts.settings.mode, holds_back=False)
        self._events = Events(parts.kube)
        self._told: Condition | None = None
        self._exhausted_at: float | None = None
        self._renewed_at: float | None = None

    def begin(self, told: Condition | None, *, holds_back: bool) -> None:
        """Take up where the last agent ended: what it told, and whether the node is one that is held back."""
        self._told = told
        self._tainter = replace(self._tainter, holds_back=holds_back)

    def is_word_in_force(self, node: Node) -> bool:
        """Return whether the Lease of the last agent still holds; one that cannot be read does not."""
        try:
            return is_in_force(self._parts.kube.read_lease(node.name), self._parts.server_time.now())
        except KubeError as error:
            self._failures.note("heartbeat", error, is_counted=False)
            return False

    def write_condition(self, state: State, faults: str | None, seen: Round | None = None) -> bool:
        """Bring the condition and the annotations to the node; return whether they stand there now."""
        node, said = self._writable(), state.condition
        if node is None or said is None:
            return False
        said = replace(said, message=build_message(said.message, is_exhausted=self._is_exhausted(said)))
        report = Report(said, node.proof, None, faults)
        if seen is not None:
            vouching = proof.build_annotation(seen.left.proofs, seen.facts, node.proof)
            report = Report(said, vouching, seen.machine.driver, faults)
        now = self._parts.server_time.now()
        return self._try("condition", lambda: apply_condition(self._parts.kube, node, report, now))

    def write_faults(self, faults: str | None) -> None:
        """Bring the annotation of faults alone to the node: what was heard must outlive a round that does not end."""
        node = self._writable()
        if node is not None:
            self._try("faults", lambda: apply_faults(self._parts.kube, node, faults))

    def write_taints(self, state: State) -> None:
        """Bring the taints to the node, within the pool's budget."""
        node = self._writable()
        if node is None:
            return
        before = self._exhausted_at
        now, boot = self._parts.server_time.now(), self._parts.boot_clock()

        def apply() -> Node:
            done = self._tainter.apply(node, state, now, boot, before)
            self._exhausted_at = done.exhausted_at
            return done.node

        self._try("taints", apply)
        if self._exhausted_at is not None and before is None:
            self.tell(Event(WARNING, "TaintBudgetExhausted", "The node failed and is not tainted." + BUDGET_NOTE))
        after = self._sources.node
        is_let_go = node.has_taint(STARTUP_TAINT_KEY) and after is not None and not after.has_taint(STARTUP_TAINT_KEY)
        if is_let_go and not state.is_judged and self._parts.settings.mode == TAINT:
            self.tell(Event(WARNING, "StartupTaintExpired", EXPIRED))

    def renew(self) -> None:
        """Renew the Lease when it is time."""
        node, settings, boot = self._sources.node, self._parts.settings, self._parts.boot_clock()
        # A little early is in time: the pauses between rounds are drawn.
        if node is None or (self._renewed_at is not None and boot - self._renewed_at < 0.9 * settings.heartbeat_s):
            return
        try:
            now = self._parts.server_time.now()
            apply_heartbeat(self._parts.kube, node, settings.namespace, settings.holder, settings.lease_s, now)
        except KubeError as error:
            self._parts.metrics.count("aigpu_node_heartbeat_failures_total")
            self._failures.note("heartbeat", error, is_counted=False)
        else:
            self._renewed_at = boot

    def tell_change(self, said: Condition | None) -> None:
        """Send an event where status or reason are others than those of the last one."""
        told = self._told
        if said is None or (told is not None and (told.status, told.reason) == (said.status, said.reason)):
            return
        self._parts.log.warning("condition changed", status=said.status, reason=said.reason, condition=said.message)
        if self.tell(Event(NORMAL if said.status == TRUE else WARNING, said.reason, said.message)):
            self._told = said

    def tell(self, event: Event) -> bool:
        """Send an event; return False where it could not be sent and should be tried again."""
        node = self._writable()
        if node is None:
            return self._sources.node is not None
        try:
            self._events.tell(node, event, self._parts.server_time.now(), self._parts.boot_clock())
        except KubeError as error:
            self._failures.note("event", error)
            return False
        return True

    def _writable(self) -> Node | None:
        return None if self._parts.settings.mode == OBSERVE else self._sources.node

    def _is_exhausted(self, said: Condition) -> bool:
        return said.status == FALSE and self._exhausted_at is not None

    def _try(self, what: str, write: Callable[[], Node]) -> bool:
        try:
            self._sources.node = write()
        except KubeError as error:
            self._failures.note(what, error)
            return False
        return True


def build_message(message: str, *, is_exhausted: bool) -> str:
    """Return the message with or without the note of the budget, once, before the mark of the boot at its end."""
    head, mark, boot = message.replace(BUDGET_NOTE, "").rpartition(" [boot ")
    text, end = (head, mark + boot) if mark else (boot, "")
    if not is_exhausted:
        return text + end
    return text[: MOST_CHARACTERS - len(BUDGET_NOTE + end)] + BUDGET_NOTE + end
