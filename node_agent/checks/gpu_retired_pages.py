"""No GPU older than A100 has bad memory pages waiting to be retired, or so many that it is worn out."""

from __future__ import annotations

from typing import Iterator, Optional

from aigpu_contract.finding import Finding
from node_agent import modes
from node_agent.checks.findings import Words, node_fault, warning
from node_agent.checks.next_steps import REBOOT_OR_REPLACE
from node_agent.checks.per_device import describe, judge_each
from node_agent.expected import Expected
from node_agent.facts import Facts, NvmlDevice

ID = "gpu-retired-pages"
MODES = modes.EVERY_MODE

MANY = 60
"""Of at most 64; from here on NVIDIA exchanges boards (its page on dynamic page retirement)."""


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge the retirement of pages, which T4 and V100 have."""
    del expected
    yield from judge_each(ID, facts, _tells, _judge)


def _tells(device: NvmlDevice) -> bool:
    return device.retired_pages_pending is not None or device.retired_pages is not None


def _judge(device: NvmlDevice) -> Optional[Finding]:
    look = "nvidia-smi -q -d PAGE_RETIREMENT, on the node"
    if device.retired_pages_pending:
        words = Words(
            "a GPU has bad memory pages that are retired only when the driver is loaded again",
            seen=f"{describe(device)}: retirement pending",
            wanted="nothing pending",
            next_step=f"{look}; {REBOOT_OR_REPLACE}",
        )
        return node_fault(ID, "RetiredPagesPending", words)
    if device.retired_pages is not None and device.retired_pages >= MANY:
        seen = f"{describe(device)}: {device.retired_pages} pages retired"
        words = Words("a GPU is nearly out of spare memory pages", seen, f"fewer than {MANY}", f"{look}; tell Azure")
        return warning(ID, "RetiredPagesMany", words)
    return None
