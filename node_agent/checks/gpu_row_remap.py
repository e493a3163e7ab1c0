"""No GPU has a memory row that waits to be replaced by a spare one, or that could not be."""

from __future__ import annotations

from typing import Iterator, Optional

from aigpu_contract.finding import Finding
from node_agent import modes
from node_agent.checks.findings import Words, node_fault
from node_agent.checks.next_steps import REBOOT_OR_REPLACE
from node_agent.checks.per_device import describe, judge_each
from node_agent.expected import Expected
from node_agent.facts import Facts, NvmlDevice

ID = "gpu-row-remap"
MODES = modes.EVERY_MODE


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge the row remapper of A100 and newer; older GPUs retire pages instead."""
    del expected
    yield from judge_each(ID, facts, _tells, _judge)


def _tells(device: NvmlDevice) -> bool:
    return device.remap_pending is not None or device.remap_failed is not None


def _judge(device: NvmlDevice) -> Optional[Finding]:
    if device.remap_failed:
        words = Words(
            "a GPU has no spare memory row left for a bad one: the GPU is to be exchanged",
            seen=f"{describe(device)}: row remapping failed",
            wanted="no failure",
            next_step=f"nvidia-smi -q -d ROW_REMAPPER, on the node; open a case with Azure; {REBOOT_OR_REPLACE}",
        )
        return node_fault(ID, "RowRemapFailed", words)
    if device.remap_pending:
        words = Words(
            "a GPU has a bad memory row that is replaced only at its next reset",
            seen=f"{describe(device)}: row remapping pending",
            wanted="nothing pending",
            next_step=f"sudo nvidia-smi -i {device.index} -r on the idle node, or: {REBOOT_OR_REPLACE}",
        )
        return node_fault(ID, "RowRemapPending", words)
    return None
