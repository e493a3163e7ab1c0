"""The agent: round after round, what is seen becomes the state, and the state is brought to the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aigpu_contract.finding import Status
from aigpu_contract.reading import Reading
from aigpu_contract.verdict import Verdict
from node_agent.daemon import intent, xids
from node_agent.daemon.condition import STALE, TRUE
from node_agent.daemon.failures import Failures
from node_agent.daemon.faults import Faults, take_up
from node_agent.daemon.node import Node
from node_agent.daemon.parts import Parts
from node_agent.daemon.proof import Machine
from node_agent.daemon.reporters.cluster import ClusterReporter
from node_agent.daemon.reporters.event import WARNING, Event
from node_agent.daemon.reporters.round import publish_pause, publish_round
from node_agent.daemon.round import Remembered, Round, read_machine
from node_agent.daemon.sources import Sources
from node_agent.daemon.state import NOT_INJECTED_S, State, begin, observe, pause
from node_agent.daemon.taints import TAINT, wants_startup
from node_agent.daemon.xids import Xid


class Agent:
    """`turn` is one round. It returns why the process is to end, None to go on."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._started = read_machine(parts.settings.root)
        self._failures = Failures(parts.metrics, parts.log)
        self._sources = Sources(parts, self._failures)
        self._reporter = ClusterReporter(parts, self._sources, self._failures)
        self._remembered = Remembered()
        self._state = State(boot_id=self._started.boot_id)
        self._has_begun = False
        self.is_ready = False

    @property
    def outage(self) -> bool:
        """Whether a call of the API server did not succeed in the last round."""
        return self._failures.seen

    @property
    def state(self) -> State:
        """What the agent holds true of the node now."""
        return self._state

    def turn(self) -> str | None:
        """Run one round."""
        self._failures.forget()
        node = self._sources.read_node()
        last = self._sources.node
        if last is not None and not self._has_begun:
            self._begin(last)
        if last is not None and last.is_paused:
            return self._pause(last)
        self._take_xids()
        seen = self._examine(node)
        self._remembered = seen.left
        self._state = observe(self._state, seen.outcome, self._parts.boot_clock())
        self._report(seen)
        return self._reason_to_end(seen.machine)

    def _begin(self, node: Node) -> None:
        """Take up what the last agent left on the node, and hold a new node back before the first round."""
        boot, now = self._parts.boot_clock(), self._parts.server_time.now()
        kept = take_up(node, self._started.boot_id, boot)
        left = [Xid(number, gpu, boot) for number, gpu in sorted(kept.xids)]
        self._remembered = replace(
            self._remembered, xids=xids.remember(tuple(left), self._remembered.xids), lost=kept.lost
        )
        self._state = begin(node, self._started.boot_id, kept)
        said = self._state.condition
        if said is not None and said.status == TRUE and not self._reporter.is_word_in_force(node):
            self._state = replace(self._state, condition=STALE, is_judged=False)
        holds_back = self._parts.settings.mode == TAINT and wants_startup(node, self._state, now)
        self._reporter.begin(node.condition, holds_back=holds_back)
        self._parts.log.info("began", node=node.name, mode=self._parts.settings.mode, heldBack=holds_back)
        if self._state.condition != node.condition:
            self._reporter.write_condition(self._state, self._faults())
        self._reporter.write_taints(self._state)
        self._has_begun = True

    def _examine(self, node: Reading[Node]) -> Round:
        configmap = self._sources.read_configmap(node)
        declared, environ = self._parts.settings.declared, self._parts.environ
        expected = intent.build_intent(node, configmap, declared, environ)
        return self._parts.examiner.examine(node, expected, self._remembered)

    def _take_xids(self) -> None:
        if self._parts.watcher is None:
            return
        heard = self._parts.watcher.take()
        self._remembered = replace(self._remembered, deaf=self._parts.watcher.problem)
        self._keep(heard)

    def _keep(self, heard: Sequence[Xid]) -> None:
        """Count what was heard since the last round; what a restart must not forget is written down at once."""
        classes = self._parts.examiner.classes
        for one in heard:
            treatment = xids.treatment(one.number, classes)
            self._parts.metrics.count("aigpu_node_xids_total", {"xid": str(one.number), "class": treatment})
            self._parts.log.warning("XID", xid=one.number, gpu=one.gpu, treatment=treatment)
            if treatment != xids.APP:
                said = f"{one.gpu or 'a GPU'}: XID {one.number} ({treatment})"
                self._reporter.tell(Event(WARNING, "XIDSeen", said, str(one.number)))
                self._remembered = replace(self._remembered, xids=xids.remember(self._remembered.xids, [one]))
        if xids.lasting(self._remembered.xids, classes):
            self._reporter.write_faults(self._faults())

    def _faults(self) -> str | None:
        """Return the annotation of what a restart must not forget."""
        state, kept = self._state, self._remembered
        since = None if state.mismatch_since is None else int(state.mismatch_since)
        lasting = xids.lasting(kept.xids, self._parts.examiner.classes)
        return Faults(state.boot_id, lasting, state.bad_rounds, since, kept.lost).render()

    def _report(self, seen: Round) -> None:
        said = self._state.condition
        publish_round(self._parts.metrics, self._parts.settings, seen, said, self._parts.server_time.now())
        self._log(seen.verdict)
        self.is_ready = True
        self._write(seen)
        node = self._sources.node
        if self._parts.pods is not None and node is not None:
            for event in self._parts.pods.look(seen, node):
                self._reporter.tell(event)

    def _write(self, seen: Round | None = None) -> None:
        """Bring the state to the cluster; the Lease vouches for a condition that stands there."""
        is_written = self._reporter.write_condition(self._state, self._faults(), seen)
        self._reporter.write_taints(self._state)
        if is_written:
            self._reporter.renew()
        self._reporter.tell_change(self._state.condition)

    def _pause(self, node: Node) -> str | None:
        """Leave the devices alone: a driver can be taken out only while nobody has them open."""
        if self._parts.watcher is not None:
            self._keep(self._parts.watcher.close())
        self._state = pause(self._state)
        publish_pause(self._parts.metrics, self._state.condition)
        self.is_ready = True
        self._write()
        self._parts.log.info("paused", node=node.name)
        return self._reason_to_end(read_machine(self._parts.settings.root))

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
