"""When CUDA is asked, and what an earlier proof stands for. Pure.

A kernel runs once for a boot and a driver version. Its result, the whole of what CUDA said, is carried into later
rounds as a fact, as long as NVML shows the same GPUs. After a restart of the agent the annotation on the node vouches
for the kernel, and CUDA is only started anew. A proof that failed is tried again, ever more rarely.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace

from aigpu_contract.finding import Status
from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.verdict import Verdict
from node_agent.checks import cuda_init, cuda_kernel
from node_agent.daemon.node import Proof
from node_agent.facts import NOT_READ, Cuda, CudaDevice, Facts, Library, Nvml
from node_agent.probes.cuda import held_devices

LONGEST_WAIT = 14
"""Rounds between two tries at a proof that failed."""
SAYS_NOTHING_OF_CUDA = frozenset(
    {"intent", "vm-size", "gpu-model", "gpu-memory", "driver-version", "cuda-version", "kubelet-resource", "mig-mode"}
)
"""Checks whose fault leaves an earlier proof standing; after every other fault a new kernel is wanted."""
STANDS_BESIDE = frozenset({cuda_init.ID, cuda_kernel.ID, "uuid-match", "xid"})
"""Checks whose fault does not stand in the way of a new kernel: it is what shows whether the fault is still there."""
DISTRUSTED = Unknown("a fault took the last proof away; a kernel runs when nothing else is at fault any more")
CUDA_CHANGED = Unknown("the GPUs are not those of the last proof; CUDA is asked again in the next round")


class Ask(enum.Enum):
    """What a round asks of CUDA: nothing, to start, or to start and compute."""

    NOTHING = "nothing"
    START = "start"
    KERNEL = "kernel"


@dataclass(frozen=True)
class Machine:
    """What a proof holds for: this boot, this driver. None where it could not be read."""

    boot_id: str | None
    driver: str | None


@dataclass(frozen=True)
class Carried:
    """A proof: what CUDA said, and the GPUs that NVML showed beside it; `at` is the boot clock, in seconds."""

    machine: Machine
    cuda: Cuda
    uuids: frozenset[str]
    proven_at: str
    at: float


@dataclass(frozen=True)
class Memory:
    """What is known of proofs. `last` is what CUDA said when it was last asked without a proof coming of it.

    `is_held`, `is_faulty`: in the last round somebody else computed, or something beside CUDA was at fault.
    """

    carried: Carried | None = None
    last: Reading[Cuda] = NOT_READ
    tries: int = 0
    wait: int = 0
    is_held: bool = False
    is_faulty: bool = False
    has_seen_annotation: bool = False


def plan(memory: Memory, annotation: Proof | None, machine: Machine) -> Ask:
    """Return what the coming round is to ask; without the id of the boot, nothing that a kernel shows could be kept."""
    carried = memory.carried
    if machine.boot_id is None or (carried is not None and carried.machine == machine):
        return Ask.NOTHING
    if memory.is_faulty or (memory.wait > 0 and (memory.is_held or not _is_busy(memory.last))):
        return Ask.NOTHING
    return Ask.START if memory.tries == 0 and is_vouched_for(annotation, machine) else Ask.KERNEL


def is_vouched_for(annotation: Proof | None, machine: Machine) -> bool:
    """Return whether the annotation is of this boot and this driver."""
    return annotation is not None and (annotation.boot_id, annotation.driver) == (machine.boot_id, machine.driver)


def on_demand(memory: Memory, annotation: Proof | None) -> Memory:
    """Return the memory after a look at the node: taking the annotation away asks for a new kernel."""
    if memory.carried is None:
        return memory
    if annotation is not None:
        return replace(memory, has_seen_annotation=True)
    return Memory(tries=1) if memory.has_seen_annotation else memory


def settle(memory: Memory, ask: Ask, facts: Facts, annotation: Proof | None, machine: Machine) -> Facts:
    """Return the facts of a round with what earlier proofs stand for."""
    if ask is Ask.KERNEL:
        return facts
    if ask is Ask.START:
        return replace(facts, cuda=_vouch(facts, annotation, machine))
    carried = memory.carried
    if carried is None or carried.machine != machine:
        return replace(facts, cuda=memory.last)
    seen = read_uuids(facts.nvml)
    return replace(facts, cuda=Known(carried.cuda) if seen in (None, carried.uuids) else CUDA_CHANGED)


def _vouch(facts: Facts, annotation: Proof | None, machine: Machine) -> Reading[Cuda]:
    """Return what CUDA said, with the kernel of the annotation on each device that started well."""
    nvml = facts.nvml.value if isinstance(facts.nvml, Known) else None
    holds = is_vouched_for(annotation, machine) and nvml is not None and annotation is not None
    if (
        not holds
        or not isinstance(facts.cuda, Known)
        or nvml is None
        or annotation is None
        or nvml.count != annotation.gpus
    ):
        return facts.cuda
    devices = tuple(_vouched(device) for device in facts.cuda.value.devices)
    return Known(replace(facts.cuda.value, devices=devices))


def _vouched(device: CudaDevice) -> CudaDevice:
    is_well = device.error is None and not device.wrong_result and bool(device.skipped)
    return replace(device, proof=cuda_kernel.KERNEL, skipped="") if is_well else device


def learn(memory: Memory, ask: Ask, facts: Facts, verdict: Verdict, this: Carried) -> Memory:
    """Return the memory after a round whose facts are settled and judged; `this` is the proof that it may be."""
    faults = _faults(verdict) - SAYS_NOTHING_OF_CUDA
    is_held = isinstance(facts.nvml, Known) and bool(held_devices(facts.nvml.value, 0))
    memory = replace(memory, is_held=is_held, is_faulty=bool(faults - STANDS_BESIDE))
    if memory.is_faulty or (memory.carried is not None and (faults or facts.cuda == CUDA_CHANGED)):
        return replace(memory, carried=None, last=DISTRUSTED, tries=1, wait=0)
    if ask is Ask.NOTHING:
        return replace(memory, wait=max(0, memory.wait - 1))
    if is_proven(verdict) and not faults:
        return replace(memory, carried=this, last=DISTRUSTED, tries=0, wait=0, has_seen_annotation=False)
    tries = memory.tries + 1
    wait = min(2 ** (tries - 1) - 1, LONGEST_WAIT)
    return replace(memory, carried=None, last=DISTRUSTED if is_proven(verdict) else facts.cuda, tries=tries, wait=wait)


def build_proof(facts: Facts, machine: Machine, proven_at: str, at: float) -> Carried:
    """Return the proof that these facts would be."""
    cuda = facts.cuda.value if isinstance(facts.cuda, Known) else Cuda(library=Library(""))
    return Carried(machine, cuda, read_uuids(facts.nvml) or frozenset(), proven_at, at)


def build_annotation(memory: Memory, facts: Facts, before: Proof | None) -> Proof | None:
    """Return what the annotation is to say, None for no annotation.

    One that nobody has looked behind yet stays. A proof that only wrote memory is not written down: after a restart it
    would pass for a kernel.
    """
    carried = memory.carried
    if carried is None:
        return before if memory.tries == 0 else None
    boot_id, driver = carried.machine.boot_id, carried.machine.driver
    count = facts.nvml.value.count if isinstance(facts.nvml, Known) else None
    if boot_id is None or driver is None or any(one.proof != cuda_kernel.KERNEL for one in carried.cuda.devices):
        return None
    return Proof(boot_id, driver, count, carried.proven_at) if count else before


def read_uuids(nvml: Reading[Nvml]) -> frozenset[str] | None:
    """Return the UUIDs of the GPUs that NVML shows, None where it does not tell them."""
    if not isinstance(nvml, Known) or nvml.value.init_error is not None or nvml.value.count is None:
        return None
    return frozenset(device.uuid or f"GPU {device.index}" for device in nvml.value.devices)


def _faults(verdict: Verdict) -> frozenset[str]:
    return frozenset(finding.id for finding in verdict.findings if finding.status is Status.FAIL)


def is_proven(verdict: Verdict) -> bool:
    """Return whether CUDA started and computed rightly on every device."""
    return all(_worst_of(verdict, check) in (Status.PASS, Status.WARN) for check in (cuda_init.ID, cuda_kernel.ID))


def has_computed(facts: Facts) -> bool:
    """Return whether every device computed in this round; a waiver lets a node pass on which none did."""
    devices = facts.cuda.value.devices if isinstance(facts.cuda, Known) else ()
    return bool(devices) and all(one.proof is not None and not one.skipped for one in devices)


def _worst_of(verdict: Verdict, check: str) -> Status:
    statuses: Iterable[Status] = (finding.status for finding in verdict.findings if finding.id == check)
    return max(statuses, default=Status.UNKNOWN)


def _is_busy(last: Reading[Cuda]) -> bool:
    return isinstance(last, Known) and any(device.skipped for device in last.value.devices)
