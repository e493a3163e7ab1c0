"""The CUDA driver starts and shows as many devices as are wanted: what a framework asks before it falls back."""

from __future__ import annotations

from typing import Iterator, Sequence

from aigpu_contract.finding import Blame, Finding
from aigpu_contract.reading import Unknown
from aigpu_contract.rendering import count
from node_agent import modes
from node_agent.checks import (
    device_nodes,
    driver_library,
    fabric,
    gpu_count,
    kernel_module,
    mig_mode,
    nvml_init,
    pci_devices,
    visible_devices,
)
from node_agent.checks.check import Check
from node_agent.checks.cuda_refusals import judge_refusal
from node_agent.checks.devices import Bounds, blame_for_missing, nvml_devices, running_nvml, wanted_of_cuda
from node_agent.checks.earlier import cause_among
from node_agent.checks.findings import (
    Words,
    fault,
    job_fault,
    node_fault,
    not_reached,
    not_read,
    passed,
    unclear,
)
from node_agent.checks.next_steps import ASK_FOR_GPU, MORE_FACTS, REBOOT_OR_REPLACE, look_at_node
from node_agent.expected import Expected
from node_agent.facts import Cuda, Facts

ID = "cuda-init"
MODES = modes.EVERY_MODE

BELOW: Sequence[Check] = (
    pci_devices,
    kernel_module,
    visible_devices,
    device_nodes,
    driver_library,
    nvml_init,
    gpu_count,
    mig_mode,
    fabric,
)
"""What explains a failure of CUDA: its own code hardly does, 100 stands for nearly everything."""

NO_DEVICE = 100


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge cuInit and the number of devices; where something below explains a failure, leave it the word."""
    finding = _judge(facts, expected)
    if finding.reason == "Passed":
        yield finding
        return
    cause = cause_among(BELOW, facts, expected)
    yield finding if cause is None else not_reached(ID, cause)


def _judge(facts: Facts, expected: Expected) -> Finding:
    if isinstance(facts.cuda, Unknown):
        return not_read(ID, "CUDA", facts.cuda)
    cuda = facts.cuda.value
    if cuda.library.error is not None:
        return not_reached(ID, driver_library.ID)
    if cuda.init_error is not None and cuda.init_error != NO_DEVICE:
        return judge_refusal(ID, "cuInit", cuda.init_error, facts, expected)
    if cuda.init_error == NO_DEVICE or cuda.count == 0:
        return _no_device(facts, expected, "cuInit gave 100 (CUDA_ERROR_NO_DEVICE)" if cuda.init_error else "0 devices")
    if cuda.count is None:
        return _not_counted(cuda, facts, expected)
    return _judge_count(cuda.count, facts, expected)


def _no_device(facts: Facts, expected: Expected, seen: str) -> Finding:
    shown = len(nvml_devices(facts))
    words = Words(
        "CUDA finds no device, and a framework falls back to the CPU without a word",
        seen=f"{seen}; NVML shows {shown}",
        wanted=wanted_of_cuda(facts, expected).of("device"),
        next_step=f"{look_at_node(expected)}; {REBOOT_OR_REPLACE}",
    )
    # The code says little: only where everything below CUDA was seen to be well it is the node's fault.
    return node_fault(ID, "NoCUDADevice", words) if shown else unclear(ID, "NoCUDADevice", words)


def _not_counted(cuda: Cuda, facts: Facts, expected: Expected) -> Finding:
    if cuda.count_error is not None:
        return judge_refusal(ID, "cuDeviceGetCount", cuda.count_error, facts, expected)
    words = Words("CUDA gave no number of devices", "neither a number nor an error", "a number", MORE_FACTS)
    return unclear(ID, "CUDAFailed", words)


def _judge_count(shown: int, facts: Facts, expected: Expected) -> Finding:
    bounds = wanted_of_cuda(facts, expected)
    if bounds.hold(shown):
        return passed(ID, f"CUDA starts and shows {count(shown, 'device')}")
    return _too_few(shown, bounds, facts, expected) if shown < bounds.least else _too_many(shown, bounds, expected)


def _too_few(shown: int, bounds: Bounds, facts: Facts, expected: Expected) -> Finding:
    blame = blame_for_missing(facts, expected, shown)
    in_nvml = "" if running_nvml(facts) is None else f", NVML {len(nvml_devices(facts))}"
    words = Words(
        f"CUDA shows {count(shown, 'device')}, not {bounds}",
        seen=f"CUDA {shown}{in_nvml}",
        wanted=f"{bounds} by {expected.declared_by or 'the default'}",
        next_step=ASK_FOR_GPU if blame is Blame.JOB else f"{look_at_node(expected)}; {REBOOT_OR_REPLACE}",
    )
    return fault(ID, "CUDACountMismatch", blame, words)


def _too_many(shown: int, bounds: Bounds, expected: Expected) -> Finding:
    words = Words(
        "CUDA shows more devices than were asked for: some belong to other jobs",
        seen=f"{shown}",
        wanted=f"{bounds} by {expected.declared_by or 'the default'}",
        next_step=f"{ASK_FOR_GPU}, and no privileged container; or correct --expect-gpus",
    )
    return job_fault(expected, ID, "MoreDevicesThanExpected", words)
