"""NVIDIA's kernel module is loaded and live."""

from __future__ import annotations

from typing import Iterator

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Unknown
from node_agent import modes
from node_agent.checks import pci_devices
from node_agent.checks.devices import running_nvml
from node_agent.checks.earlier import cause_among
from node_agent.checks.findings import Words, node_fault, not_reached, not_read, passed
from node_agent.checks.next_steps import REBOOT_OR_REPLACE
from node_agent.expected import Expected
from node_agent.facts import Facts, KernelModule

ID = "kernel-module"
MODES = modes.EVERY_MODE


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Look at /sys/module/nvidia; on a machine without a GPU there is nothing to load it for."""
    if isinstance(facts.module, Unknown):
        nvml = running_nvml(facts)
        if nvml is not None and nvml.driver_version:
            yield passed(ID, "the driver is loaded", f"{nvml.driver_version} by NVML; {facts.module.reason}")
        else:
            yield not_read(ID, "the kernel module", facts.module)
    elif facts.module.value.loaded:
        yield passed(ID, "the kernel module is loaded", _describe(facts.module.value))
    else:
        cause = cause_among([pci_devices], facts, expected)
        yield _not_loaded(facts.module.value) if cause is None else not_reached(ID, cause)


def _not_loaded(module: KernelModule) -> Finding:
    words = Words(
        "NVIDIA's driver is not loaded: no program on this node can use the GPU",
        seen=f"module nvidia is {module.state}" if module.state else "no live module nvidia in /sys/module",
        wanted="module nvidia, live",
        next_step="sudo modprobe nvidia, on the node; if it refuses: dmesg -T | grep -i nvrm, and whether AKS installs "
        f"a driver here (az aks nodepool show --query gpuProfile); {REBOOT_OR_REPLACE}",
    )
    return node_fault(ID, "DriverNotLoaded", words)


def _describe(module: KernelModule) -> str:
    flavour = {True: "open", False: "proprietary", None: "of unknown kind"}[module.is_open]
    return f"{module.version or 'unknown version'}, {flavour}"
