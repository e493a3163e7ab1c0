"""One round: look at the machine, add what earlier proofs stand for, judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.verdict import Verdict
from node_agent.checks import cuda_init, cuda_kernel, cuda_version, judge_facts, uuid_match
from node_agent.checks.findings import Words, unclear
from node_agent.daemon import proof, xids
from node_agent.daemon.clocks import BootClock, ServerTime, read_boot_clock, render_time
from node_agent.daemon.node import INSTANCE_TYPE, Node
from node_agent.daemon.proof import Ask, Machine, Memory
from node_agent.daemon.state import Outcome, rejudge
from node_agent.daemon.xids import Xid, XidClass
from node_agent.expected import Expected
from node_agent.facts import Facts
from node_agent.modes import LOOP
from node_agent.preflight.output import describe
from node_agent.probes.driver_files import BOOT_ID, read_boot_id, read_module
from node_agent.probes.round import Deadlines, ProbeRequest
from node_agent.probes.vm_size import METADATA_HOST

OF_CUDA = frozenset({cuda_init.ID, cuda_kernel.ID, cuda_version.ID, uuid_match.ID})
"""Checks that judge what CUDA said, now or when it was last asked."""

Probe = Callable[[ProbeRequest], Facts]


@dataclass(frozen=True)
class Look:
    """Where and how to look. `metadata_host` is asked only where no label names the VM size."""

    root: str = "/"
    metadata_host: str | None = METADATA_HOST
    deadlines: Deadlines = field(default_factory=Deadlines)


@dataclass(frozen=True)
class Remembered:
    """What one round leaves to the next: proofs, and XIDs that still count.

    `lost` says why they may be not all, `deaf` why none are heard; both are empty where all is well.
    """

    proofs: Memory = field(default_factory=Memory)
    xids: tuple[Xid, ...] = ()
    lost: str = ""
    deaf: str = ""


@dataclass(frozen=True)
class Round:
    """What a round saw and came to, and what it leaves."""

    facts: Facts
    expected: Expected
    verdict: Verdict
    ask: Ask
    machine: Machine
    left: Remembered

    @property
    def outcome(self) -> Outcome:
        """The round as the state takes it; a fault that only stale words of CUDA show is no second look."""
        faults = {finding.id for finding in self.verdict.findings if finding.status is Status.FAIL}
        is_fresh = self.ask is not Ask.NOTHING or bool(faults - OF_CUDA)
        return Outcome(self.verdict, self.machine.boot_id, describe(self.facts), is_fresh=is_fresh)


@dataclass(frozen=True)
class Examiner:
    """Runs rounds. `probe` looks at the machine; `classes` say what XIDs mean."""

    look: Look
    probe: Probe
    classes: Mapping[int, XidClass]
    server_time: ServerTime
    boot_clock: BootClock = read_boot_clock

    def examine(self, node: Reading[Node], expected: Expected, before: Remembered) -> Round:
        """Look at the machine, add what earlier proofs stand for, and judge."""
        machine = read_machine(self.look.root)
        annotation = node.value.proof if isinstance(node, Known) else None
        proofs = proof.on_demand(before.proofs, annotation) if isinstance(node, Known) else before.proofs
        ask = proof.plan(proofs, annotation, machine)
        seen = replace(self.probe(build_request(self.look, node, expected, ask)), kubelet_resources=read_offer(node))
        facts = proof.settle(proofs, ask, seen, annotation, machine)
        verdict = judge_facts(facts, expected, LOOP)
        is_new = ask is Ask.KERNEL and proof.is_proven(verdict) and proof.has_computed(facts)
        left = xids.forget(before.xids, self.classes, facts, self.boot_clock(), proven=is_new)
        of_xids = xids.judge_xids(left, self.classes, facts)
        doubts = [*xids.judge_lost(before.lost), *xids.judge_deaf(before.deaf), *judge_boot(machine)]
        verdict = rejudge((*verdict.findings, *of_xids, *doubts))
        is_vouched = ask is Ask.START and annotation is not None
        proven_at = annotation.proven_at if is_vouched and annotation else render_time(self.server_time.now())
        this = proof.build_proof(facts, machine, proven_at, self.boot_clock())
        after = replace(before, proofs=proof.learn(proofs, ask, facts, verdict, this), xids=left)
        return Round(facts, expected, verdict, ask, machine, after)


def read_machine(root: str) -> Machine:
    """Return the boot and the driver version, from files that the kernel writes."""
    boot_id, module = read_boot_id(root), read_module(root)
    return Machine(
        (boot_id.value or None) if isinstance(boot_id, Known) else None,
        module.value.version if isinstance(module, Known) and module.value.loaded else None,
    )


def judge_boot(machine: Machine) -> list[Finding]:
    """Return the doubt where the boot has no id: what was proven or reported cannot be held to be of this boot."""
    if machine.boot_id is not None:
        return []
    words = Words(
        "nobody can tell in which boot this is",
        seen=f"no id in {BOOT_ID}",
        wanted="the id that the kernel draws at each boot",
        next_step=f"cat {BOOT_ID}, in the agent's container",
    )
    return [unclear("boot-id", "BootUnknown", words)]


def build_request(look: Look, node: Reading[Node], expected: Expected, ask: Ask) -> ProbeRequest:
    """Return what to look at. The metadata service is asked only where no label of the node names the VM size."""
    size = node.value.labels.get(INSTANCE_TYPE) if isinstance(node, Known) else None
    host = look.metadata_host if size is None and expected.vm_size else None
    return ProbeRequest(
        LOOP,
        look.root,
        cuda=ask is not Ask.NOTHING,
        kernel=ask is Ask.KERNEL,
        vm_size_label=size,
        metadata_host=host,
        deadlines=look.deadlines,
    )


def read_offer(node: Reading[Node]) -> Reading[Mapping[str, int]]:
    """Return what the kubelet offers by the Node's allocatable resources."""
    return node if isinstance(node, Unknown) else Known(node.value.allocatable)
