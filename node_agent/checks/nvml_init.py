"""NVML starts: the driver answers at all."""

from __future__ import annotations

from typing import Iterator, Mapping

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known, Unknown
from node_agent import modes
from node_agent.checks import device_nodes, driver_library, kernel_module, pci_devices
from node_agent.checks.driver_codes import nvml_meaning
from node_agent.checks.earlier import cause_among
from node_agent.checks.findings import Words, node_fault, not_reached, not_read, passed, unclear
from node_agent.checks.next_steps import REBOOT_OR_REPLACE, look_at_node
from node_agent.expected import Expected
from node_agent.facts import Facts, Nvml

ID = "nvml-init"
MODES = modes.EVERY_MODE

STEPS: Mapping[str, str] = {
    "DriverLibraryMismatch": "reboot the node (or unload and load the nvidia modules), then recreate the pods on it",
    "DriverNotLoaded": "sudo modprobe nvidia, on the node; if it refuses: dmesg -T | grep -i nvrm",
    "FabricNotReady": "systemctl status nvidia-fabricmanager, on the node",
    "NoPermission": "ls -l /dev/nvidia*; run as a user or group that may open them",
}
"""The next step for reasons that have one of their own."""


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge nvmlInit by its code, unless something below NVML already explains it."""
    if isinstance(facts.nvml, Known) and facts.nvml.value.init_error is None:
        nvml = facts.nvml.value
        yield passed(ID, "NVML answers", f"driver {nvml.driver_version}, library {nvml.library_version}")
        return
    cause = cause_among([pci_devices, kernel_module, device_nodes, driver_library], facts, expected)
    if cause is not None:
        yield not_reached(ID, cause)
    elif isinstance(facts.nvml, Unknown):
        yield not_read(ID, "NVML", facts.nvml)
    else:
        yield _refused(facts.nvml.value, expected)


def _refused(nvml: Nvml, expected: Expected) -> Finding:
    meaning = nvml_meaning(nvml.init_error or 0)
    words = Words(
        "NVML does not start, so no program can ask the driver about its GPUs",
        seen=f"nvmlInit gave {meaning}" + (f": {nvml.init_error_text}" if nvml.init_error_text else ""),
        wanted="nvmlInit without an error",
        next_step=STEPS.get(meaning.reason) or f"{look_at_node(expected)}; {REBOOT_OR_REPLACE}",
    )
    return node_fault(ID, meaning.reason, words) if meaning.is_fault else unclear(ID, meaning.reason, words)
