"""MIG is on where parts of GPUs were intended, off where whole ones were, and never on with nothing in it."""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from aigpu_contract.finding import Finding
from aigpu_contract.rendering import count
from node_agent import modes
from node_agent.checks import gpu_count, nvml_init
from node_agent.checks.devices import expects_mig, nvml_devices, running_cuda, running_nvml
from node_agent.checks.findings import Words, node_fault, not_applicable, not_reached, passed
from node_agent.checks.next_steps import REBOOT_OR_REPLACE
from node_agent.checks.per_device import describe
from node_agent.expected import Expected
from node_agent.facts import Facts, NvmlDevice

ID = "mig-mode"
MODES = modes.EVERY_MODE


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge the mode by intent; whether there are instances, by CUDA, which NVML has been wrong about."""
    devices = nvml_devices(facts)
    if running_nvml(facts) is None:
        yield not_reached(ID, nvml_init.ID)
    elif not devices:
        yield not_reached(ID, gpu_count.ID)
    else:
        yield _wrong_mode(devices, expected) or _empty(devices, facts, expected) or _right(devices, expected)


def _wrong_mode(devices: Tuple[NvmlDevice, ...], expected: Expected) -> Optional[Finding]:
    wanted = expects_mig(expected)
    wrong = [device for device in devices if bool(device.mig_enabled) != wanted]
    # A job is given whole GPUs or parts of them; which, only the node's intent says.
    if not wrong or (not wanted and not expected.on_the_node):
        return None
    words = Words(
        "MIG is off on a node that was meant to be partitioned"
        if wanted
        else "MIG is on: a program gets a part of a GPU on a node of whole ones",
        seen=", ".join(f"{describe(device)}: {_mode(device)}" for device in wrong),
        wanted=f"MIG on, profile {expected.mig_profile or expected.resource}" if wanted else "MIG off",
        next_step=f"nvidia-smi -i 0 -mig {int(wanted)} needs idle GPUs and a reset; on AKS the profile is the pool's: "
        f"{REBOOT_OR_REPLACE}",
    )
    return node_fault(ID, "MIGModeMismatch", words)


def _mode(device: NvmlDevice) -> str:
    return {True: "on", False: "off", None: "not supported"}[device.mig_enabled]


def _empty(devices: Tuple[NvmlDevice, ...], facts: Facts, expected: Expected) -> Optional[Finding]:
    empty = [device for device in devices if device.mig_enabled and not device.mig_uuids]
    if not empty or (not expected.on_the_node and running_cuda(facts) is not None):
        return None
    words = Words(
        "MIG is on and a GPU has no instance: CUDA finds no device there",
        seen=", ".join(describe(device) for device in empty),
        wanted="at least one instance on each GPU",
        next_step=f"nvidia-smi mig -lgi, on the node; {REBOOT_OR_REPLACE}",
    )
    return node_fault(ID, "MIGWithoutInstances", words)


def _right(devices: Tuple[NvmlDevice, ...], expected: Expected) -> Finding:
    instances: List[str] = [uuid for device in devices for uuid in device.mig_uuids]
    if not any(device.mig_enabled for device in devices):
        if any(device.mig_enabled is not None for device in devices):
            return passed(ID, "MIG is off, and whole GPUs are what is wanted")
        return not_applicable(ID, "these GPUs have no MIG")
    what = "as intended" if expects_mig(expected) else "in use"
    return passed(ID, f"MIG is {what}", f"{count(len(instances), 'instance')} in NVML")
