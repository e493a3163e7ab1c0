"""The driver itself asks for no reset, no reboot and no draining."""

from __future__ import annotations

from typing import Iterator, Mapping, Optional, Tuple

from aigpu_contract.finding import Finding
from node_agent import modes
from node_agent.checks.findings import Words, node_fault, unclear
from node_agent.checks.next_steps import LOOK_AT_DRIVER, REBOOT_OR_REPLACE
from node_agent.checks.per_device import describe, judge_each
from node_agent.expected import Expected
from node_agent.facts import Facts, NvmlDevice

ID = "gpu-recovery"
MODES = modes.EVERY_MODE

NONE = 0
ACTIONS: Mapping[int, Tuple[str, str]] = {
    1: ("GPUResetRequired", "reset the GPU"),
    2: ("NodeRebootRequired", "reboot the node"),
    3: ("PeerDrainRequired", "drain peer-to-peer traffic"),
    4: ("GPUResetRequired", "drain, then reset the GPU"),
    5: ("FabricRecoveryRequired", "recover the IMEX domain"),
    6: ("GPUResetRequired", "reset the PCI bus of the GPU"),
    7: ("NodeRebootRequired", "reboot the system"),
}
"""NVML_GPU_RECOVERY_ACTION_* of field 230: the driver's own answer to its own errors, better than any list of XIDs."""


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge the recovery action, which drivers from 555 on tell; None is "not told", not "none needed"."""
    del expected
    yield from judge_each(ID, facts, lambda device: device.recovery_action is not None, _judge)


def _judge(device: NvmlDevice) -> Optional[Finding]:
    action = device.recovery_action
    if action is None or action == NONE:
        return None
    if action not in ACTIONS:
        words = Words(
            "the driver asks for an action that is in no table",
            seen=f"{describe(device)}: action {action}",
            wanted="0 (none)",
            next_step=LOOK_AT_DRIVER,
        )
        return unclear(ID, "RecoveryActionUnknown", words)
    reason, asks = ACTIONS[action]
    words = Words(
        "the driver says that a GPU cannot go on as it is",
        seen=f"{describe(device)}: {asks} (action {action})",
        wanted="0 (none)",
        next_step=f"{LOOK_AT_DRIVER} names the XID; {REBOOT_OR_REPLACE}",
    )
    return node_fault(ID, reason, words)
