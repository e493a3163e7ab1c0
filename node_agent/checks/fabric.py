"""The NVLink fabric of the GPUs is up, where they have one: without it NVML looks healthy and CUDA does not start."""

from __future__ import annotations

from typing import Iterator, Optional

from aigpu_contract import skus
from aigpu_contract.finding import Finding
from node_agent import modes
from node_agent.checks.findings import Words, node_fault, not_applicable, unclear, warning
from node_agent.checks.per_device import describe, judge_each
from node_agent.expected import Expected
from node_agent.facts import Facts, NvmlDevice

ID = "fabric"
MODES = modes.EVERY_MODE

NOT_STARTED, IN_PROGRESS, COMPLETED = 1, 2, 3
"""NVML_GPU_FABRIC_STATE_*; 0 is not supported. A100 boards with NVSwitch give no state: CUDA's code 802 tells there."""

UNHEALTHY, LIMITED = 2, 3
"""NVML_GPU_FABRIC_HEALTH_SUMMARY_*; 0 is not supported, 1 healthy."""

_LOOK = "systemctl status nvidia-fabricmanager and journalctl -u nvidia-fabricmanager, on the node"


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge state and result of the fabric's registration on each GPU that has one."""
    size = skus.lookup(expected.vm_size) if expected.vm_size else None
    if size is not None and size.interconnect == "none":
        yield not_applicable(ID, f"{size.size} has no NVLink fabric")
    else:
        yield from judge_each(ID, facts, lambda device: bool(device.fabric_state), _judge)


def _judge(device: NvmlDevice) -> Optional[Finding]:
    if device.fabric_state == COMPLETED:
        return _judge_completed(device)
    if device.fabric_state == NOT_STARTED:
        words = Words("a GPU has not joined its NVLink fabric", f"{describe(device)}: not started", "completed", _LOOK)
        return node_fault(ID, "FabricNotReady", words)
    if device.fabric_state == IN_PROGRESS:
        words = Words(
            "a GPU is still joining its NVLink fabric", f"{describe(device)}: in progress", "completed", _LOOK
        )
        return unclear(ID, "FabricNotReady", words)
    seen = f"{describe(device)}: {device.fabric_state}"
    return unclear(ID, "FabricNotReady", Words("the state of the fabric is in no table", seen, "completed", _LOOK))


def _judge_completed(device: NvmlDevice) -> Optional[Finding]:
    if device.fabric_status:
        seen = f"{describe(device)}: completed with NVML error {device.fabric_status}"
        words = Words("a GPU could not join its NVLink fabric", seen, "completed without an error", _LOOK)
        return node_fault(ID, "FabricNotReady", words)
    if device.fabric_health in {UNHEALTHY, LIMITED}:
        summary = "unhealthy" if device.fabric_health == UNHEALTHY else "limited capacity"
        seen = f"{describe(device)}: {summary}"
        words = Words("the NVLink fabric works with less than all of its links", seen, "healthy", _LOOK)
        return warning(ID, "FabricDegraded", words)
    return None
