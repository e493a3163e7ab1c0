"""The GPUs accept programs: not prohibited, and not kept for one process at a time."""

from __future__ import annotations

from typing import Iterator, Optional

from aigpu_contract.finding import Finding
from node_agent import modes
from node_agent.checks.findings import Words, node_fault, unclear, warning
from node_agent.checks.per_device import describe, judge_each
from node_agent.expected import Expected
from node_agent.facts import Facts, NvmlDevice

ID = "compute-mode"
MODES = modes.EVERY_MODE

DEFAULT = 0
EXCLUSIVE = frozenset({1, 3})
PROHIBITED = 2
"""NVML_COMPUTEMODE_*; 1, exclusive thread, is no longer made by drivers."""


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge the compute mode of each GPU: NVML works in every mode, CUDA does not."""
    del expected
    yield from judge_each(ID, facts, lambda device: device.compute_mode is not None, _judge)


def _judge(device: NvmlDevice) -> Optional[Finding]:
    if device.compute_mode == DEFAULT:
        return None
    step = f"sudo nvidia-smi -i {device.index} -c DEFAULT, on the node"
    if device.compute_mode == PROHIBITED:
        words = Words("the GPU refuses every program", f"{describe(device)}: prohibited", "default", step)
        return node_fault(ID, "ComputeModeProhibited", words)
    if device.compute_mode in EXCLUSIVE:
        problem = "the GPU takes one process at a time; a second one gets CUDA error 46, unless MPS shares it"
        words = Words(problem, f"{describe(device)}: exclusive", "default", step)
        return warning(ID, "ComputeModeExclusive", words)
    words = Words("the compute mode is in no table", f"{describe(device)}: {device.compute_mode}", "default", step)
    return unclear(ID, "NVMLFailed", words)
