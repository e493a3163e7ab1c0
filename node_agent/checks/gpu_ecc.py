"""No GPU has met a memory error that it could not correct since the driver was loaded."""

from __future__ import annotations

from typing import Iterator, Optional

from aigpu_contract.finding import Finding
from node_agent import modes
from node_agent.checks.findings import Words, node_fault
from node_agent.checks.next_steps import REBOOT_OR_REPLACE
from node_agent.checks.per_device import describe, judge_each
from node_agent.expected import Expected
from node_agent.facts import Facts, NvmlDevice

ID = "gpu-ecc"
MODES = modes.EVERY_MODE


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge the volatile count; corrected errors are the ordinary work of ECC and only a metric."""
    del expected
    yield from judge_each(ID, facts, lambda device: device.ecc_uncorrected_volatile is not None, _judge)


def _judge(device: NvmlDevice) -> Optional[Finding]:
    if not device.ecc_uncorrected_volatile:
        return None
    words = Words(
        "a GPU met memory errors that ECC could not correct: a program on it may have computed with wrong values",
        seen=f"{describe(device)}: {device.ecc_uncorrected_volatile} uncorrected since the driver was loaded",
        wanted="0",
        next_step=f"nvidia-smi -q -d ECC,ROW_REMAPPER, on the node; {REBOOT_OR_REPLACE}",
    )
    return node_fault(ID, "ECCUncorrectable", words)
