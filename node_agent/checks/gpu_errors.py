"""Every question that NVML was asked of a GPU was answered, or refused for a harmless reason."""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from aigpu_contract.finding import Finding
from node_agent import modes
from node_agent.checks.driver_codes import Meaning, nvml_meaning
from node_agent.checks.findings import Words, node_fault, unclear, warning
from node_agent.checks.next_steps import LOOK_AT_DRIVER, REBOOT_OR_REPLACE
from node_agent.checks.per_device import describe, judge_each
from node_agent.expected import Expected
from node_agent.facts import Facts, NvmlDevice

ID = "gpu-errors"
MODES = modes.EVERY_MODE

HARMLESS = frozenset({3, 13, 22, 24, 25, 26})
"""Not supported, no such function, no ECC on a vGPU, no such clock, unknown struct version, deprecated: this GPU,
driver or library has no such thing."""

REFUSED = frozenset({2, 4, 6, 7, 21})
"""Invalid argument, no permission (counters of a whole GPU in MIG mode), not found, too small, no data."""

METRICS = ("Pcie", "Persistence", "ClocksEvent", "ClocksThrottle", "RunningProcesses", "Virtualization")
"""Parts of the names of calls that only feed metrics."""


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge the refusals by their code: a GPU that is lost may still give its handle."""
    del expected
    yield from judge_each(ID, facts, lambda _: True, _judge)


def _judge(device: NvmlDevice) -> Optional[Finding]:
    answers = [(call, nvml_meaning(code)) for call, code in device.errors]
    faults = [(call, meaning) for call, meaning in answers if meaning.is_fault]
    if faults:
        step = f"{LOOK_AT_DRIVER}; {REBOOT_OR_REPLACE}"
        words = Words("a GPU failed while it was asked", _list(device, faults), "answers", step)
        return node_fault(ID, faults[0][1].reason, words)
    asked = [(call, meaning) for call, meaning in answers if not any(part in call for part in METRICS)]
    unexplained = [(call, meaning) for call, meaning in asked if meaning.code not in HARMLESS | REFUSED]
    if unexplained:
        words = Words(
            "NVML failed in a way that has no name here", _list(device, unexplained), "answers", LOOK_AT_DRIVER
        )
        return unclear(ID, unexplained[0][1].reason, words)
    refused = [(call, meaning) for call, meaning in asked if meaning.code in REFUSED]
    return _refused(device, refused) if refused else None


def _refused(device: NvmlDevice, refused: List[Tuple[str, Meaning]]) -> Finding:
    step = "nothing to do in MIG mode or without rights; run nvidia-smi -q on the node to read what is refused here"
    words = Words("NVML does not tell everything about a GPU here", _list(device, refused), "answers", step)
    return warning(ID, "CounterRefused", words)


def _list(device: NvmlDevice, answers: List[Tuple[str, Meaning]]) -> str:
    return f"{describe(device)}: " + ", ".join(f"{call} gave {meaning}" for call, meaning in answers)
