"""The GPUs are on the PCI bus and NVIDIA's driver holds them: whether the machine has GPUs at all."""

from __future__ import annotations

from typing import Iterator, Optional, Sequence, Tuple

from aigpu_contract.finding import Blame, Finding
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.rendering import count
from node_agent import modes
from node_agent.checks import container, vm_size
from node_agent.checks.devices import Bounds, blame_for_missing, wanted_gpus
from node_agent.checks.earlier import cause_among
from node_agent.checks.findings import Words, fault, node_fault, not_read, passed
from node_agent.checks.next_steps import ASK_FOR_GPU, REBOOT_OR_REPLACE, RECREATE_POOL
from node_agent.expected import Expected
from node_agent.facts import Facts, PciDevice

ID = "pci-devices"
MODES = modes.EVERY_MODE

NVIDIA = "nvidia"


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Count NVIDIA's GPUs on the bus and look at what drives them."""
    if isinstance(facts.pci, Unknown):
        yield not_read(ID, "the PCI bus", facts.pci)
        return
    bounds = wanted_gpus(facts, expected)
    yield (
        _no_device(facts, expected) or _wrong_count(facts, expected, bounds) or _judge_drivers(facts, expected, bounds)
    )


def _devices(facts: Facts) -> Tuple[PciDevice, ...]:
    return facts.pci.value if isinstance(facts.pci, Known) else ()


def _no_device(facts: Facts, expected: Expected) -> Optional[Finding]:
    if _devices(facts):
        return None
    size = cause_among([vm_size], facts, expected)
    least = max(1, expected.least_gpus)
    words = Words(
        "this machine has no NVIDIA GPU at all",
        seen="no display controller of vendor 0x10de on the PCI bus" + (f" (see {size})" if size else ""),
        wanted=f"{least} GPU" + ("s" if least > 1 else ""),
        next_step=RECREATE_POOL,
    )
    if expected.on_the_node:
        return node_fault(ID, "NoPCIDevice", words)
    if container.allocated_uuids(facts):
        problem = "the container was given a GPU, and the machine has none on its PCI bus"
        return node_fault(ID, "NoPCIDevice", Words(problem, words.seen, words.wanted, REBOOT_OR_REPLACE))
    problem = "the job runs on a machine without a GPU: a pod that asks for one is not placed here"
    return fault(ID, "NoPCIDevice", Blame.JOB, Words(problem, words.seen, words.wanted, ASK_FOR_GPU))


def _wrong_count(facts: Facts, expected: Expected, bounds: Bounds) -> Optional[Finding]:
    shown = len(_devices(facts))
    if bounds.hold(shown):
        return None
    blame = blame_for_missing(facts, expected, shown)
    words = Words(
        f"the PCI bus has {count(shown, 'NVIDIA GPU')}, not {bounds}",
        seen=", ".join(device.address for device in _devices(facts)),
        wanted=bounds.of("GPU"),
        next_step=ASK_FOR_GPU if blame is Blame.JOB else REBOOT_OR_REPLACE,
    )
    return fault(ID, "PCICountMismatch", blame, words)


def _judge_drivers(facts: Facts, expected: Expected, bounds: Bounds) -> Finding:
    devices = _devices(facts)
    stray = [device for device in devices if device.driver != NVIDIA]
    # A job's GPUs are some of the machine's; which ones, the bus does not tell.
    enough = len(devices) - len(stray) >= bounds.least and not expected.on_the_node
    if not stray or enough or (not _module_is_loaded(facts) and all(device.driver is None for device in stray)):
        return passed(ID, f"{count(len(devices), 'NVIDIA GPU')} on the PCI bus", _list(devices))
    nouveau = any(device.driver == "nouveau" for device in stray)
    words = Words(
        "nouveau drives a GPU, and CUDA cannot use it" if nouveau else "NVIDIA's driver does not drive every GPU",
        seen=_list(stray),
        wanted="driver nvidia on each",
        next_step="blacklist nouveau in the node image and reboot"
        if nouveau
        else f"dmesg -T | grep -i nvrm on the node says why; then {REBOOT_OR_REPLACE}",
    )
    return node_fault(ID, "NouveauBound" if nouveau else "WrongPCIDriver", words)


def _module_is_loaded(facts: Facts) -> bool:
    return isinstance(facts.module, Known) and facts.module.value.loaded


def _list(devices: Sequence[PciDevice]) -> str:
    return ", ".join(f"{device.address} ({device.driver or 'no driver'})" for device in devices)
