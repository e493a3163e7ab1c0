"""Every device has the memory that was asked for, and a part of a GPU is as large as the part that was bought."""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence, Tuple

from aigpu_contract import skus
from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known
from node_agent import modes
from node_agent.checks import gpu_count, nvml_init
from node_agent.checks.devices import nvml_devices, running_nvml, uses_mig
from node_agent.checks.findings import (
    Words,
    job_fault,
    node_fault,
    not_applicable,
    not_reached,
    passed,
    unclear,
)
from node_agent.checks.next_steps import MORE_FACTS, RECREATE_POOL
from node_agent.expected import Expected
from node_agent.facts import Facts

ID = "gpu-memory"
MODES = modes.EVERY_MODE

LEAST_SHARE = 0.88
"""Of the nominal size. Real boards show less than it: T4 15360 of 16384 MiB, B200 183359 of 196608 (93 %) in NVML, and
CUDA gives a program a little less again. A model with less memory is further away: 80 of 94 GiB are 85 %."""

_MIB_PER_GIB = 1024
Sizes = Optional[Tuple[int, ...]]
"""MiB of each device, None where one of them is not known."""


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Compare with what was asked for, on a node also with the size's own memory."""
    compared = _compared(facts, expected)
    if not compared:
        yield not_applicable(ID, "no memory was asked for, and none is known of the size")
    for least, seen in compared:
        yield _unknown(least, facts) if seen is None else _judge(seen, least, expected)


def _compared(facts: Facts, expected: Expected) -> List[Tuple[float, Sizes]]:
    """Return the least GiB, each beside the MiB that it is held against.

    What a size has is of whole GPUs: where MIG divides them on a node, CUDA shows only a part.
    """
    size = skus.lookup(expected.vm_size) if expected.on_the_node and expected.vm_size else None
    asked, whole = expected.min_memory_gib, None if size is None else size.gpu_memory_gib
    if expected.on_the_node and uses_mig(facts, expected):
        compared = [(asked, _of_devices(facts)), (whole, _of_gpus(facts))]
    else:
        compared = [(max((least for least in (asked, whole) if least is not None), default=None), _of_devices(facts))]
    return [(least, seen) for least, seen in compared if least is not None]


def _of_devices(facts: Facts) -> Sizes:
    """Return the memory of each device as CUDA gives it to a program, as NVML shows the whole GPU beside a part."""
    cuda = facts.cuda.value.devices if isinstance(facts.cuda, Known) else ()
    return _all_known([device.memory_mib for device in cuda]) if cuda else _of_gpus(facts)


def _of_gpus(facts: Facts) -> Sizes:
    return _all_known([device.memory_mib for device in nvml_devices(facts)])


def _all_known(sizes: Sequence[Optional[int]]) -> Sizes:
    known = tuple(size for size in sizes if size is not None)
    return known if known and len(known) == len(sizes) else None


def _unknown(least: float, facts: Facts) -> Finding:
    if running_nvml(facts) is None:
        return not_reached(ID, nvml_init.ID)
    if not nvml_devices(facts):
        return not_reached(ID, gpu_count.ID)
    words = Words("the memory of a GPU is not known", "no answer for it", f"{least:g} GiB on each", MORE_FACTS)
    return unclear(ID, "ReadingUnknown", words)


def _judge(seen: Tuple[int, ...], least: float, expected: Expected) -> Finding:
    smallest = min(seen)
    told = f"{smallest / _MIB_PER_GIB:.1f} GiB on the smallest of {len(seen)}"
    if smallest >= least * LEAST_SHARE * _MIB_PER_GIB:
        return passed(ID, f"every device has its {least:g} GiB", told)
    wanted = f"{least:g} GiB on each, less at most {1 - LEAST_SHARE:.0%} that the driver keeps"
    if expected.on_the_node:
        words = Words("a GPU has less memory than the size has", told, wanted, RECREATE_POOL)
        return node_fault(ID, "MemoryTooSmall", words)
    step = "select a pool with larger GPUs (az aigpu sku list shows them), or correct --min-memory-gib"
    words = Words("a device has less memory than the job asks for", told, wanted, step)
    return job_fault(expected, ID, "MemoryTooSmall", words)
