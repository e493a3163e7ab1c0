"""One question asked of every device that NVML shows."""

from __future__ import annotations

from typing import Callable, Iterator, Optional

from aigpu_contract.finding import Finding
from aigpu_contract.rendering import count
from node_agent.checks.devices import nvml_devices, running_nvml
from node_agent.checks.findings import merge, not_applicable, not_reached, passed
from node_agent.facts import Facts, NvmlDevice


def describe(device: NvmlDevice) -> str:
    """Return how a person finds the device: its index, UUID and PCI address."""
    return f"GPU {device.index} ({device.uuid or 'no UUID'}, {device.pci_address or 'no PCI address'})"


def judge_each(
    check: str, facts: Facts, tells: Callable[[NvmlDevice], bool], judge: Callable[[NvmlDevice], Optional[Finding]]
) -> Iterator[Finding]:
    """Yield what `judge` finds in the devices of which `tells` says that they have such a thing at all."""
    if running_nvml(facts) is None:
        yield not_reached(check, "nvml-init")
        return
    devices = nvml_devices(facts)
    if not devices:
        yield not_reached(check, "gpu-count")
        return
    telling = [device for device in devices if tells(device)]
    found = merge(finding for finding in map(judge, telling) if finding is not None)
    if not telling:
        yield not_applicable(check, "NVML has nothing to say on it for these GPUs")
    else:
        yield from found or [
            passed(check, "nothing wrong on any GPU", f"told by {len(telling)} of {count(len(devices), 'GPU')}")
        ]
