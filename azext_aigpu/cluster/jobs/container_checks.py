"""Checks of the containers of a GPU pod: what hides its GPU, and whether something proves it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from aigpu_contract.finding import Blame, Finding, Status
from azext_aigpu.cluster.admission.reverse_rule import (
    CUDA_VISIBLE,
    NVIDIA_VISIBLE,
    VOID,
    asks,
    env_value,
    is_blanked,
    items,
)
from azext_aigpu.cluster.jobs.wrapper import is_wrapped

CUDA_VISIBLE_ID = "cuda-visible-devices"
NVIDIA_VISIBLE_ID = "nvidia-visible-devices"
CAPABILITIES_ID = "driver-capabilities"
PREFLIGHT_ID = "preflight"
CAPABILITIES = "NVIDIA_DRIVER_CAPABILITIES"
_WITH_COMPUTE = ("compute", "all")

Container = Mapping[str, Any]


def review_containers(spec: Mapping[str, Any]) -> Iterator[Finding]:
    """Look at the environment of every app container, and at the command of those that ask for a GPU."""
    for container in items(spec, "containers"):
        for finding in _review(container):
            yield replace(finding, evidence=(("container", str(container.get("name"))),))


def _review(container: Container) -> Iterator[Finding]:
    if is_blanked(container):
        yield _blanked(env_value(container, CUDA_VISIBLE) or "")
    visible = env_value(container, NVIDIA_VISIBLE)
    if visible is not None and visible != VOID:
        yield _by_hand(visible)
    elif visible == VOID and asks(container):
        yield _void()
    capabilities = env_value(container, CAPABILITIES)
    if capabilities is not None and not set(_WITH_COMPUTE) & {one.strip() for one in capabilities.split(",")}:
        yield _no_compute(capabilities)
    if asks(container) and not is_wrapped(container):
        yield _no_preflight()


def _blanked(value: str) -> Finding:
    return Finding(
        CUDA_VISIBLE_ID,
        "CUDAVisibleDevicesEmpty",
        Status.FAIL,
        f"{CUDA_VISIBLE} hides every GPU, and frameworks then count none and say nothing",
        seen=f'{CUDA_VISIBLE}="{value}"',
        wanted="no such variable: a container sees the GPUs that it was given",
        next_step="take the variable out of the manifest",
        blame=Blame.JOB,
    )


def _by_hand(value: str) -> Finding:
    return Finding(
        NVIDIA_VISIBLE_ID,
        "VisibleDevicesByHand",
        Status.WARN,
        f"{NVIDIA_VISIBLE} is set by hand: it can show GPUs that other pods were given, or none",
        seen=f'{NVIDIA_VISIBLE}="{value}"',
        wanted="no such variable: the device plugin sets it",
        next_step="take it out, and limit nvidia.com/gpu",
    )


def _void() -> Finding:
    return Finding(
        NVIDIA_VISIBLE_ID,
        "GPUGivenAndHidden",
        Status.FAIL,
        f"the container asks for a GPU, and {NVIDIA_VISIBLE}={VOID} may keep it out",
        seen=f"{NVIDIA_VISIBLE}={VOID}",
        wanted="one or the other",
        next_step="take the variable out, or the GPU limit",
        blame=Blame.JOB,
    )


def _no_compute(value: str) -> Finding:
    return Finding(
        CAPABILITIES_ID,
        "ComputeNotInCapabilities",
        Status.FAIL,
        "the container gets no libcuda: nvidia-smi works there, and CUDA counts no GPU",
        seen=f'{CAPABILITIES}="{value}"',
        wanted="compute among them",
        next_step=f"set it to compute,utility{',' + value if value and 'utility' not in value else ''}",
        blame=Blame.JOB,
    )


def _no_preflight() -> Finding:
    return Finding(
        PREFLIGHT_ID,
        "PreflightMissing",
        Status.WARN,
        "nothing proves in this container that CUDA works, or notices that the program computes on the CPU",
        seen="a command that does not start with aigpu-preflight exec",
        wanted="the preflight before the command",
        next_step="az aigpu job inject -f FILE adds it",
    )
