"""The agent: round after round, what is seen becomes the state, and the state is brought to the cluster.

A write that fails is tried again in the next round: each round compares the node as it stands with what it is to carry.
The order of writes makes every stop in between a true state: the condition first, then the taints that follow from it,
and the Lease, which says that the condition holds, last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from aigpu_contract.finding import Status
from aigpu_contract.labels import INTENT_CONFIGMAP, STARTUP_TAINT_KEY
from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.verdict import Verdict
from node_agent.daemon import intent, proof, xids
from node_agent.daemon.clocks import BootClock, ServerTime
from node_agent.daemon.condition import FALSE, REBOOTED, TRUE
from node_agent.daemon.kube import Kube, KubeError
from node_agent.daemon.node import Condition, Node
from node_agent.daemon.proof import Machine
from node_agent.daemon.reporters.condition import Report, apply_condition
from node_agent.daemon.reporters.event import NORMAL, WARNING, Event, Events
from node_agent.daemon.reporters.heartbeat import apply_heartbeat
from node_agent.daemon.reporters.log import Log
from node_agent.daemon.reporters.metrics import Metrics
from node_agent.daemon.reporters.round import publish_pause, publish_round
from node_agent.daemon.reporters.taint import Tainter
from node_agent.daemon.round import Examiner, Remembered, Round, read_machine
from node_agent.daemon.settings import LATE_INTERVALS, Settings
from node_agent.daemon.state import NOT_INJECTED_S, State, begin, observe, pause
from node_agent.daemon.taints import OBSERVE, TAINT, wants_startup
from node_agent.daemon.xids import Xid

CONFIGMAP_REST_S = 300.0
EXPIRED = "The node could not be proven in time and is held back no more."
BUDGET_NOTE = " Not tainted: as many nodes of the pool as may be are tainted already."


class Watcher(Protocol):
    """What listens for XIDs between the rounds."""

    def take(self) -> Sequence[Xid]:
        """Return what was reported since the last call, and see to it that somebody listens."""

    def wait(self, seconds: float) -> None:
        """Wait so long, or until something is reported."""

    def close(self) -> None:
        """Stop listening; the next `take` begins anew."""


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


class Agent:
    """`turn` is one round. It returns why the process is to end, None to go on."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._started = read_machine(parts.settings.root)
        self._node: Node | None = None
        self._read_at = 0.0
        self._configmap: Reading[Mapping[str, str] | None] = intent.NO_CONFIGMAP
        self._configmap_at: float | None = None
        self._remembered = Remembered()
        self._state = State(boot_id=self._started.boot_id)
        self._tainter = Tainter(parts.kube, parts.settings.mode, holds_back=False)
        self._events = Events(parts.kube)
        self._told: Condition | None = None
        self._exhausted_at: float | None = None
        self._renewed_at: float | None = None
        self.outage = False
        self.is_ready = False

    @property
    def state(self) -> State:
        """What the agent holds true of the node now."""
        return self._state

    def turn(self) -> str | None:
        """Run one round."""
        self.outage = False
        node = self._read_node()
        if self._node is not None and self._node.is_paused:
            return self._pause(self._node)
        self._take_xids()
        expected = intent.build_intent(
            node, self._read_configmap(node), self._parts.settings.declared, self._parts.environ
        )
        seen = self._parts.examiner.examine(node, expected, self._remembered)
        self._remembered = seen.left
        self._state = observe(self._state, seen.outcome, self._parts.boot_clock())
        self._report(seen)
        return self._reason_to_end(seen.machine)

    # ---- what is read of the cluster ----

    def _read_node(self) -> Reading[Node]:
        """Return the Node; for a few intervals without an answer, the last one stands."""
        now = self._parts.boot_clock()
        try:
            node = self._parts.kube.read_node()
        except KubeError as error:
            self._failed("node", error)
            rested = now - self._read_at
            if self._node is None or rested > LATE_INTERVALS * self._parts.settings.interval_s:
                return Unknown(f"the Node could not be read: {error}")
            return Known(self._node)
        is_first, self._node, self._read_at = self._node is None, node, now
        if is_first:
            self._begin(node)
        return Known(self._node)

    def _begin(self, node: Node) -> None:
        """Take up what the last agent left on the node, and hold a new node back before the first round."""
        self._state = begin(node, self._started.boot_id)
        at = self._parts.boot_clock()
        dead = xids.read_back(node.condition, self._started.boot_id, at)
        self._remembered = replace(self._remembered, xids=xids.remember(dead, self._remembered.xids))
        self._told = node.condition
        now = self._parts.server_time.now()
        holds_back = self._parts.settings.mode == TAINT and wants_startup(node, self._state, now)
        self._tainter = replace(self._tainter, holds_back=holds_back)
        self._parts.log.info("began", node=node.name, mode=self._parts.settings.mode, heldBack=holds_back)
        if self._state.condition == REBOOTED:
            self._write_condition()
        self._write_taints()

    def _read_configmap(self, node: Reading[Node]) -> Reading[Mapping[str, str] | None]:
        """Return the intent of adopted pools where the node needs it; what was read once stands through an outage."""
        if isinstance(node, Unknown) or not intent.needs_configmap(node.value):
            return intent.NO_CONFIGMAP
        now = self._parts.boot_clock()
        if self._configmap_at is not None and now - self._configmap_at < CONFIGMAP_REST_S:
            return self._configmap
        try:
            self._configmap, self._configmap_at = Known(self._parts.kube.read_intent(INTENT_CONFIGMAP)), now
        except KubeError as error:
            self._failed("intent", error)
            if self._configmap_at is None:
                return Unknown(f"the ConfigMap {INTENT_CONFIGMAP} could not be read: {error}")
        return self._configmap

    # ---- what is told to the cluster ----

    def _report(self, seen: Round) -> None:
        said = self._state.condition
        publish_round(self._parts.metrics, self._parts.settings, seen, said, self._parts.server_time.now())
        self._log(seen.verdict)
        self.is_ready = True
        written = self._write_condition(seen)
        self._write_taints()
        if written:
            self._renew()
        self._tell_change()
        if self._parts.pods is not None and self._node is not None:
            for event in self._parts.pods.look(seen, self._node):
                self._tell(event)

    def _write_condition(self, seen: Round | None = None) -> bool:
        """Bring the condition to the node; return whether it stands there now."""
        node, said = self._node, self._state.condition
        if node is None or said is None or self._parts.settings.mode == OBSERVE:
            return False
        if said.status == FALSE and self._exhausted_at is not None:
            said = replace(said, message=_noted(said.message))
        report = Report(said, node.proof, None)
        if seen is not None:
            vouching = proof.build_annotation(seen.left.proofs, seen.facts, node.proof)
            report = Report(said, vouching, seen.machine.driver)
        now = self._parts.server_time.now()
        return self._try("condition", lambda: apply_condition(self._parts.kube, node, report, now))

    def _write_taints(self) -> None:
        node = self._node
        if node is None or self._parts.settings.mode == OBSERVE:
            return
        before = self._exhausted_at
        now, boot = self._parts.server_time.now(), self._parts.boot_clock()

        def apply() -> Node:
            done = self._tainter.apply(node, self._state, now, boot, before)
            self._exhausted_at = done.exhausted_at
            return done.node

        self._try("taints", apply)
        if self._exhausted_at is not None and before is None:
            self._tell(Event(WARNING, "TaintBudgetExhausted", "The node failed and is not tainted." + BUDGET_NOTE))
        was_held = node.has_taint(STARTUP_TAINT_KEY) and not self._node_has_startup_taint()
        if was_held and not self._state.is_judged and self._parts.settings.mode == TAINT:
            self._tell(Event(WARNING, "StartupTaintExpired", EXPIRED))

    def _node_has_startup_taint(self) -> bool:
        return self._node is not None and self._node.has_taint(STARTUP_TAINT_KEY)

    def _renew(self) -> None:
        node, settings, boot = self._node, self._parts.settings, self._parts.boot_clock()
        # A little early is in time: the pauses between rounds are drawn.
        if node is None or (self._renewed_at is not None and boot - self._renewed_at < 0.9 * settings.heartbeat_s):
            return
        try:
            now = self._parts.server_time.now()
            apply_heartbeat(self._parts.kube, node, settings.namespace, settings.holder, settings.lease_s, now)
        except KubeError as error:
            self._parts.metrics.count("aigpu_node_heartbeat_failures_total")
            self._failed("heartbeat", error, is_counted=False)
        else:
            self._renewed_at = boot

    def _tell_change(self) -> None:
        said, told = self._state.condition, self._told
        if said is None or (told is not None and (told.status, told.reason) == (said.status, said.reason)):
            return
        self._parts.log.warning("condition changed", status=said.status, reason=said.reason, condition=said.message)
        if self._tell(Event(NORMAL if said.status == TRUE else WARNING, said.reason, said.message)):
            self._told = said

    def _tell(self, event: Event) -> bool:
        """Send an event; return False where it could not be sent and should be tried again."""
        node = self._node
        if node is None or self._parts.settings.mode == OBSERVE:
            return node is not None
        try:
            self._events.tell(node, event, self._parts.server_time.now(), self._parts.boot_clock())
        except KubeError as error:
            self._failed("event", error)
            return False
        return True

    def _try(self, what: str, write: Callable[[], Node]) -> bool:
        try:
            self._node = write()
        except KubeError as error:
            self._failed(what, error)
            return False
        return True

    def _failed(self, what: str, error: KubeError, *, is_counted: bool = True) -> None:
        self.outage = True
        if is_counted:
            self._parts.metrics.count("aigpu_node_write_failures_total", {"what": what})
        self._parts.log.error("the API server did not take it, or did not give it", concerning=what, error=str(error))

    # ---- what happens beside the rounds ----

    def _pause(self, node: Node) -> str | None:
        """Leave the devices alone: a driver can be taken out only while nobody has them open."""
        if self._parts.watcher is not None:
            self._parts.watcher.close()
        self._state = pause(self._state)
        publish_pause(self._parts.metrics, self._state.condition)
        self.is_ready = True
        if self._write_condition():
            self._renew()
        self._write_taints()
        self._tell_change()
        self._parts.log.info("paused", node=node.name)
        return self._reason_to_end(read_machine(self._parts.settings.root))

    def _take_xids(self) -> None:
        if self._parts.watcher is None:
            return
        classes = self._parts.examiner.classes
        for one in self._parts.watcher.take():
            treatment = xids.treatment(one.number, classes)
            self._parts.metrics.count("aigpu_node_xids_total", {"xid": str(one.number), "class": treatment})
            self._parts.log.warning("XID", xid=one.number, gpu=one.gpu, treatment=treatment)
            if treatment != xids.APP:
                self._tell(Event(WARNING, "XIDSeen", f"{one.gpu}: XID {one.number} ({treatment})", str(one.number)))
                self._remembered = replace(self._remembered, xids=xids.remember(self._remembered.xids, [one]))

    def _reason_to_end(self, machine: Machine) -> str | None:
        """Return why a new process, and with it a new container, is needed: libraries come in only at its start."""
        if machine.driver is not None and machine.driver != self._started.driver:
            before = self._started.driver or "no driver"
            return f"the kernel module is {machine.driver} and was {before} at the start: new libraries must come in"
        since = self._state.not_injected_since
        if since is not None and self._parts.boot_clock() - since >= NOT_INJECTED_S:
            return "the container has neither device nodes nor libraries: a new one may get them"
        return None

    def _log(self, verdict: Verdict) -> None:
        bad = [f"{one.id}: {one.reason}" for one in verdict.findings if one.status > Status.WARN]
        self._parts.log.info("round", verdict=verdict.status.name, findings=bad)


def _noted(message: str) -> str:
    """Return the message with the note before the mark of the boot, which stays at the end."""
    head, mark, boot = message.rpartition(" [boot ")
    return head + BUDGET_NOTE + mark + boot if mark else message + BUDGET_NOTE
