"""No GPU is slowed down by heat or by its power supply."""

from __future__ import annotations

from typing import Iterator, Mapping, Optional

from aigpu_contract.finding import Finding
from node_agent import modes
from node_agent.checks.findings import Words, warning
from node_agent.checks.per_device import describe, judge_each
from node_agent.expected import Expected
from node_agent.facts import Facts, NvmlDevice

ID = "throttle"
MODES = modes.EVERY_MODE

SLOWDOWNS: Mapping[int, str] = {
    0x08: "hardware slowdown",
    0x20: "software thermal slowdown",
    0x40: "hardware thermal slowdown",
    0x80: "power brake",
}
"""Bits of nvmlClocksEventReasons. Idle, a power cap and chosen clocks are the ordinary life of a GPU."""


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Warn of a slow GPU: it computes right, and it is one moment's reading."""
    del expected
    yield from judge_each(ID, facts, lambda device: device.throttle_reasons is not None, _judge)


def _judge(device: NvmlDevice) -> Optional[Finding]:
    reasons = device.throttle_reasons or 0
    told = [text for bit, text in SLOWDOWNS.items() if reasons & bit]
    if not told:
        return None
    words = Words(
        "a GPU runs slower than it could",
        seen=f"{describe(device)}: {', '.join(told)}",
        wanted="none of these",
        next_step="nvidia-smi -q -d PERFORMANCE,TEMPERATURE,POWER, on the node; tell Azure when it stays",
    )
    return warning(ID, "Throttled", words)
