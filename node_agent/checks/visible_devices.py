"""No variable hides the GPUs from the program: CUDA_VISIBLE_DEVICES, NVIDIA's capabilities, the allocation."""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.rendering import count
from aigpu_contract.visible_devices import VisibleToCuda
from node_agent import modes
from node_agent.checks import container
from node_agent.checks.devices import running_nvml, uses_mig
from node_agent.checks.findings import Words, job_fault, not_read, passed, warning
from node_agent.expected import Expected
from node_agent.facts import Facts, Nvml

ID = "visible-devices"
MODES = modes.EVERY_MODE

_UNSET = "take CUDA_VISIBLE_DEVICES out of the pod's env and of the image (docker inspect IMAGE shows its ENV)"


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge the variables that steer the container runtime and CUDA. `void` alone is no fault: CDI writes it too."""
    if isinstance(facts.environment, Unknown):
        yield not_read(ID, "the environment", facts.environment)
        return
    judged = (_hidden(facts, expected), _without_compute(facts, expected), _allocation(facts, expected))
    found = [finding for finding in judged if finding is not None]
    yield from found or [passed(ID, "no variable hides a GPU from CUDA", _describe(facts))]


def _describe(facts: Facts) -> str:
    names = (container.VISIBLE_TO_CONTAINER, container.VISIBLE_TO_CUDA, container.CAPABILITIES)
    given = container.variables(facts)
    return ", ".join(f"{name}={given[name]}" for name in names if name in given) or "none of them is set"


def _hidden(facts: Facts, expected: Expected) -> Optional[Finding]:
    # Under MIG CUDA numbers parts, of which NVML's number of GPUs says nothing.
    nvml = None if uses_mig(facts, expected) else running_nvml(facts)
    visible = container.visible_to_cuda(facts, None if nvml is None else nvml.count)
    if visible is None:
        return None
    seen = f"CUDA_VISIBLE_DEVICES={visible.text!r}"
    if visible.says_none:
        words = Words("CUDA_VISIBLE_DEVICES hides every GPU from CUDA", seen, "the variable unset", _UNSET)
        return job_fault(expected, ID, "CUDAVisibleDevicesEmpty", words)
    if visible.repeated is not None:
        problem = "CUDA_VISIBLE_DEVICES names a device twice; CUDA then shows none"
        words = Words(problem, f"{seen}, {visible.repeated!r} twice", "each device once, or unset", _UNSET)
        return job_fault(expected, ID, "CUDAVisibleDevicesInvalid", words)
    bad = _nameless(visible.devices, nvml) or visible.rejected
    if bad is not None:
        problem = "CUDA_VISIBLE_DEVICES names a device that does not exist; CUDA stops reading there"
        words = Words(problem, f"{seen}, of which {bad!r} names no device", "existing devices, or unset", _UNSET)
        return job_fault(expected, ID, "CUDAVisibleDevicesInvalid", words)
    return _too_short(facts, expected, visible)


def _nameless(entries: Tuple[str, ...], nvml: Optional[Nvml]) -> Optional[str]:
    """Return the first entry that begins the UUID of no GPU, or of several, or that names a part of an undivided one.

    None where NVML does not tell them all.
    """
    uuids = [device.uuid for device in nvml.devices if device.uuid is not None] if nvml is not None else []
    if nvml is None or nvml.count is None or len(uuids) < nvml.count:
        return None
    is_divided = not all(device.mig_enabled is False for device in nvml.devices)

    def names_one(entry: str) -> bool:
        return is_divided if entry.startswith("MIG-") else sum(uuid.startswith(entry) for uuid in uuids) == 1

    return next((entry for entry in entries if not entry.isdecimal() and not names_one(entry)), None)


def _too_short(facts: Facts, expected: Expected, visible: VisibleToCuda) -> Optional[Finding]:
    given = _given(facts, expected)
    if uses_mig(facts, expected) or len(visible.devices) >= given:
        return None
    words = Words(
        "CUDA_VISIBLE_DEVICES leaves a part of the GPUs unused",
        seen=f"CUDA_VISIBLE_DEVICES={visible.text!r}: {len(visible.devices)} of {given}",
        wanted=f"{count(given, 'device')}, or the variable unset",
        next_step=_UNSET,
    )
    if expected.on_the_node:
        return job_fault(expected, ID, "CUDAVisibleDevicesShort", words)
    return warning(ID, "CUDAVisibleDevicesShort", words)


def _given(facts: Facts, expected: Expected) -> int:
    """Return how many GPUs were given: declared, else allocated, else what NVML shows."""
    if expected.gpus is not None:
        return expected.gpus
    nvml = running_nvml(facts)
    return len(container.allocated_uuids(facts)) or (nvml.count or 0 if nvml is not None else 0)


def _without_compute(facts: Facts, expected: Expected) -> Optional[Finding]:
    if container.has_compute(facts):
        return None
    works = isinstance(facts.cuda, Known) and facts.cuda.value.library.error is None
    words = Words(
        "NVIDIA_DRIVER_CAPABILITIES leaves out compute, so the container runtime brings no libcuda",
        seen=f"NVIDIA_DRIVER_CAPABILITIES={container.variables(facts)[container.CAPABILITIES]}"
        + (", and yet libcuda is here" if works else ""),
        wanted="compute,utility",
        next_step="set NVIDIA_DRIVER_CAPABILITIES=compute,utility in the pod's env or the image",
    )
    reason = "ComputeNotInCapabilities"
    return warning(ID, reason, words) if works else job_fault(expected, ID, reason, words)


def _allocation(facts: Facts, expected: Expected) -> Optional[Finding]:
    given = container.allocated_uuids(facts)
    if expected.on_the_node or expected.gpus is None or not given or len(given) >= expected.gpus:
        return None
    words = Words(
        "the pod was given fewer GPUs than the job expects",
        seen=f"{len(given)} in NVIDIA_VISIBLE_DEVICES",
        wanted=f"{expected.gpus} by {expected.declared_by or 'the expectation'}",
        next_step=f"limit nvidia.com/gpu: {expected.gpus} in the container, or correct --expect-gpus",
    )
    return job_fault(expected, ID, "AllocationTooSmall", words)
