"""The NVLinks between the GPUs are up, where the size has them."""

from __future__ import annotations

from typing import Iterator, Optional

from aigpu_contract import skus
from aigpu_contract.finding import Finding
from node_agent import modes
from node_agent.checks.findings import Words, node_fault, warning
from node_agent.checks.next_steps import REBOOT_OR_REPLACE
from node_agent.checks.per_device import describe, judge_each
from node_agent.expected import Expected
from node_agent.facts import Facts, NvmlDevice

ID = "nvlink"
MODES = modes.EVERY_MODE

SWITCHED = "nvswitch"
WIRED = frozenset({"nvlink", SWITCHED})


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge inactive links by what the size has: without a bridge between boards, all links of a board are inactive."""
    size = skus.lookup(expected.vm_size) if expected.vm_size else None
    wiring = None if size is None else size.interconnect
    yield from judge_each(
        ID, facts, lambda device: device.nvlinks_inactive is not None, lambda device: _judge(device, wiring)
    )


def _judge(device: NvmlDevice, wiring: Optional[str]) -> Optional[Finding]:
    active, inactive = device.nvlinks_active or 0, device.nvlinks_inactive or 0
    if not inactive or (not active and wiring not in WIRED):
        return None
    words = Words(
        "NVLinks of a GPU are down: GPUs exchange data over PCIe, many times slower",
        seen=f"{describe(device)}: {inactive} of {active + inactive} inactive",
        wanted="all active",
        next_step=f"nvidia-smi nvlink -s, and nvidia-smi topo -m, on the node; {REBOOT_OR_REPLACE}",
    )
    # On sizes with bridges between pairs it is not documented how many links are wired.
    return node_fault(ID, "NVLinkInactive", words) if wiring == SWITCHED else warning(ID, "NVLinkInactive", words)
