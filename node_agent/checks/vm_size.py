"""The machine is the VM size that was asked for: the one mistake that every other tool overlooks."""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from aigpu_contract import skus
from aigpu_contract.cpu_sizes import parse_cpu_size
from aigpu_contract.finding import Blame, Finding
from aigpu_contract.reading import Known
from node_agent import modes
from node_agent.checks.findings import Words, fault, not_applicable, passed, unclear
from node_agent.checks.next_steps import ASK_FOR_GPU, RECREATE_POOL
from node_agent.expected import Expected
from node_agent.facts import Facts

ID = "vm-size"
MODES = modes.EVERY_MODE

_LABEL = "node.kubernetes.io/instance-type"


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Compare the size of the machine with the intent; the metadata service is often blocked, and need not answer."""
    seen = _sizes_seen(facts)
    if len({size.lower() for _, size in seen}) > 1:
        yield _contradictory(seen)
    elif not seen:
        yield _unseen(expected)
    else:
        yield _compare(seen[0], expected)


def _sizes_seen(facts: Facts) -> Tuple[Tuple[str, str], ...]:
    readings = ((f"label {_LABEL}", facts.vm_size_label), ("the metadata service", facts.vm_size_metadata))
    return tuple((where, reading.value) for where, reading in readings if isinstance(reading, Known))


def _unseen(expected: Expected) -> Finding:
    if expected.vm_size is None:
        return not_applicable(ID, "no VM size was asked for, and none could be read")
    words = Words(
        "the size of this machine could not be read",
        seen="neither the node's label nor the metadata service",
        wanted=expected.vm_size,
        next_step=f"kubectl get node NODE -L {_LABEL}",
    )
    return unclear(ID, "ReadingUnknown", words)


def _contradictory(seen: Tuple[Tuple[str, str], ...]) -> Finding:
    words = Words(
        "two sources name different sizes for this machine",
        seen=", ".join(f"{size} by {where}" for where, size in seen),
        wanted="one size",
        next_step=f"kubectl get node NODE -L {_LABEL}, and az vmss show for the pool's scale set",
    )
    return unclear(ID, "VMSizeContradictory", words)


def _compare(seen: Tuple[str, str], expected: Expected) -> Finding:
    where, size = seen
    without_cuda = _without_cuda(size)
    if expected.vm_size is not None and size.lower() != expected.vm_size.lower():
        if without_cuda is None and skus.lookup(expected.vm_size) is None:
            return _no_such_size(seen, expected, expected.vm_size)
        problem = "the machine is not the VM size that was asked for"
        return _wrong(expected, problem, f"{size} by {where}{without_cuda or ''}", expected.vm_size)
    if without_cuda is not None:
        return _wrong(expected, "the machine is of a size without an NVIDIA GPU", size + without_cuda, "a GPU size")
    if expected.vm_size is None:
        return not_applicable(ID, f"no VM size was asked for; this machine is {size}")
    return passed(ID, f"the machine is {size}, as asked for", f"by {where}")


def _no_such_size(seen: Tuple[str, str], expected: Expected, wanted: str) -> Finding:
    """Return that nobody can tell what was meant: a mistyped size blames no machine.

    A CPU size does not come here: with GPUs expected of it, the intent contradicts itself.
    """
    from datetime import date  # noqa: PLC0415 (only for a typo)

    near = ", ".join(sku.size for sku in skus.names_like(wanted, date.today()))  # noqa: DTZ011 (sizes on offer)
    where, size = seen
    words = Words(
        f"no GPU size {wanted!r} is known, and the machine has another: the expectation cannot be read",
        seen=f"{size} by {where}",
        wanted=f"one of {near}, or the size that Azure calls the machine" if near else "a size of Azure's",
        next_step=f"correct the size that is declared by {expected.declared_by}",
    )
    return unclear(ID, "IntentUnreadable", words)


def _without_cuda(size: str) -> Optional[str]:
    known = skus.lookup(size)
    if known is not None:
        return None if known.is_cuda_gpu else f" ({known.describe()})"
    cpu = parse_cpu_size(size)
    return None if cpu is None else f" ({cpu.description}: no GPU)"


def _wrong(expected: Expected, problem: str, seen: str, wanted: str) -> Finding:
    if expected.on_the_node:
        return fault(ID, "WrongVMSize", Blame.NODE, Words(problem, seen, wanted, RECREATE_POOL))
    return fault(ID, "WrongVMSize", Blame.JOB, Words(problem, seen, wanted, ASK_FOR_GPU))
