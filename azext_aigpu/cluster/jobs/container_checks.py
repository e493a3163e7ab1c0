"""Checks of the containers of a GPU pod: what hides its GPU, and whether something proves it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from aigpu_contract.finding import Blame, Finding, Status
from aigpu_contract.rendering import count
from aigpu_contract.visible_devices import VisibleToCuda, gives_no_gpu, parse_visible_to_cuda
from azext_aigpu.cluster.admission.reverse_rule import CUDA_VISIBLE, NVIDIA_VISIBLE, asks, gpu_limits, list_claims
from azext_aigpu.cluster.jobs.environment import Elsewhere, find_variable
from azext_aigpu.cluster.jobs.guard import count_of
from azext_aigpu.cluster.jobs.wrapper import is_wrapped
from azext_aigpu.cluster.object_parts import items

CUDA_VISIBLE_ID = "cuda-visible-devices"
NVIDIA_VISIBLE_ID = "nvidia-visible-devices"
CAPABILITIES_ID = "driver-capabilities"
PREFLIGHT_ID = "preflight"
CAPABILITIES = "NVIDIA_DRIVER_CAPABILITIES"
_WITH_COMPUTE = ("compute", "all")
_UNSET = "take the variable out of the manifest"

Container = Mapping[str, Any]


def review_containers(spec: Mapping[str, Any], step_to_add: str, whole: bool = True) -> Iterator[Finding]:
    """Look at every app container and sidecar: its environment, and the command of those that ask for a GPU.

    Where the template is not `whole`, any of them may be given a GPU that the manifest does not name. `step_to_add` is
    how the preflight comes into the manifest.
    """
    sidecars = [one for one in items(spec, "initContainers") if one.get("restartPolicy") == "Always"]
    for container in (*items(spec, "containers"), *sidecars):
        has_gpu = asks(container) or not whole
        found = list(_review_visible(container, has_gpu))
        found += _review_gpu_container(container, step_to_add) if has_gpu else ()
        if asks(container) and container not in sidecars and not is_wrapped(container):
            found.append(_no_preflight(step_to_add))
        for finding in found:
            yield replace(finding, evidence=(("container", str(container.get("name"))),))


def hides_gpus(container: Container) -> str | None:
    """Return the variable by which a manifest hides every GPU from a container, once it limits one; else None."""
    cuda, visible = find_variable(container, CUDA_VISIBLE), find_variable(container, NVIDIA_VISIBLE)
    if isinstance(cuda, str) and parse_visible_to_cuda(cuda, count_of(container)).hides_all:
        return CUDA_VISIBLE
    by_claim = bool(list_claims(container)) and not gpu_limits(container)
    return NVIDIA_VISIBLE if isinstance(visible, str) and gives_no_gpu(visible) and not by_claim else None


def _is_kept_out(container: Container, visible: str) -> bool:
    """Return whether NVIDIA_VISIBLE_DEVICES of the manifest takes away the GPUs that the device plugin gives.

    The kubelet puts the manifest's variables behind the plugin's, and the container toolkit takes the last of a name. A
    ResourceClaim's GPUs come by CDI, which does not ask the variable.
    """
    return bool(gpu_limits(container)) and gives_no_gpu(visible)


def _review_visible(container: Container, has_gpu: bool) -> Iterator[Finding]:
    visible = find_variable(container, NVIDIA_VISIBLE)
    if isinstance(visible, str):
        if _is_kept_out(container, visible):
            yield _kept_out(visible)
        elif not gives_no_gpu(visible):
            yield _by_hand(visible, bool(gpu_limits(container)))
    elif has_gpu and isinstance(visible, Elsewhere) and visible.is_named:
        yield _elsewhere(NVIDIA_VISIBLE_ID, NVIDIA_VISIBLE, visible)


def _review_gpu_container(container: Container, step_to_add: str) -> Iterator[Finding]:
    cuda = find_variable(container, CUDA_VISIBLE)
    if isinstance(cuda, str):
        yield from _review_cuda(parse_visible_to_cuda(cuda, count_of(container)), count_of(container))
    # What comes in bulk is proven in the container itself, where the preflight starts the command.
    elif cuda is not None and cuda.is_named:
        yield _elsewhere(CUDA_VISIBLE_ID, CUDA_VISIBLE, cuda)
    elif cuda is not None and not is_wrapped(container):
        yield _maybe_elsewhere(cuda, step_to_add)
    capabilities = find_variable(container, CAPABILITIES)
    if isinstance(capabilities, str) and not _has_compute(capabilities):
        yield _no_compute(capabilities)
    elif isinstance(capabilities, Elsewhere) and capabilities.is_named:
        yield _elsewhere(CAPABILITIES_ID, CAPABILITIES, capabilities)


def _has_compute(capabilities: str) -> bool:
    """Return whether the toolkit brings CUDA; an empty value stands for its default, which has it."""
    asked = {one.strip() for one in capabilities.split(",")} - {""}
    return not asked or bool(asked & {*_WITH_COMPUTE})


def _review_cuda(visible: VisibleToCuda, gpus: int | None) -> Iterator[Finding]:
    if visible.hides_all:
        yield _blanked(visible)
    elif visible.rejected is not None:
        yield _cut_short(visible)
    elif gpus is not None and len(visible.devices) < gpus:
        yield _too_few(visible, gpus)


def _blanked(visible: VisibleToCuda) -> Finding:
    return Finding(
        CUDA_VISIBLE_ID,
        "CUDAVisibleDevicesEmpty" if visible.says_none else "CUDAVisibleDevicesInvalid",
        Status.FAIL,
        f"{CUDA_VISIBLE} hides every GPU{_why_none(visible)}; frameworks then count none and say nothing",
        seen=f'{CUDA_VISIBLE}="{visible.text}"',
        wanted="no such variable: a container sees the GPUs that it was given, numbered from 0",
        next_step=_UNSET,
        blame=Blame.JOB,
    )


def _why_none(visible: VisibleToCuda) -> str:
    if visible.repeated is not None:
        return f": {visible.repeated} is named twice"
    return "" if visible.says_none else f": {visible.rejected or 'the first entry'} names no GPU of the container"


def _cut_short(visible: VisibleToCuda) -> Finding:
    return Finding(
        CUDA_VISIBLE_ID,
        "CUDAVisibleDevicesInvalid",
        Status.WARN,
        f"{CUDA_VISIBLE} names something that is no GPU of the container; CUDA stops reading there, and the "
        "preflight refuses it",
        seen=f'{CUDA_VISIBLE}="{visible.text}", of which {visible.rejected or "an empty entry"} names none',
        wanted="no such variable, or GPUs that the container has",
        next_step=_UNSET,
    )


def _too_few(visible: VisibleToCuda, gpus: int) -> Finding:
    return Finding(
        CUDA_VISIBLE_ID,
        "CUDAVisibleDevicesShort",
        Status.WARN,
        f"{CUDA_VISIBLE} leaves a part of the GPUs unused",
        seen=f'{CUDA_VISIBLE}="{visible.text}"',
        wanted=f"{count(gpus, 'GPU')}, as the container limits; no such variable shows them all",
        next_step=_UNSET,
    )


def _elsewhere(identity: str, name: str, value: Elsewhere) -> Finding:
    return Finding(
        identity,
        "VisibleDevicesElsewhere",
        Status.UNKNOWN,
        f"{name} comes from elsewhere, so whether the container sees its GPU cannot be told from the manifest",
        seen=value.origin,
        wanted="no such variable, or its value in the manifest",
        next_step=_UNSET,
    )


def _maybe_elsewhere(value: Elsewhere, step_to_add: str) -> Finding:
    """Return that nothing says whether there is a value: of the image's own environment nothing says it either."""
    return Finding(
        CUDA_VISIBLE_ID,
        "VisibleDevicesElsewhere",
        Status.WARN,
        f"{CUDA_VISIBLE} may be among variables that come from elsewhere, and can hide GPUs there",
        seen=value.origin,
        wanted=f"no key {CUDA_VISIBLE} in it",
        next_step=f"the preflight looks in the container; {step_to_add}",
    )


def _by_hand(value: str, is_limited: bool) -> Finding:
    return Finding(
        NVIDIA_VISIBLE_ID,
        "VisibleDevicesByHand",
        Status.WARN,
        f"{NVIDIA_VISIBLE} is set by hand: it can show GPUs that other pods were given, or none",
        seen=f'{NVIDIA_VISIBLE}="{value}"',
        wanted="no such variable: the device plugin sets it",
        next_step=_UNSET if is_limited else "take it out, and limit nvidia.com/gpu",
    )


def _kept_out(value: str) -> Finding:
    return Finding(
        NVIDIA_VISIBLE_ID,
        "GPUGivenAndHidden",
        Status.FAIL,
        f"the container asks for a GPU and gets none: its {NVIDIA_VISIBLE} wins over the device plugin's",
        seen=f'{NVIDIA_VISIBLE}="{value}"',
        wanted="no such variable: the device plugin sets it",
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


def _no_preflight(step_to_add: str) -> Finding:
    return Finding(
        PREFLIGHT_ID,
        "PreflightMissing",
        Status.WARN,
        "nothing proves in this container that CUDA works, or notices that the program computes on the CPU",
        seen="a command that does not start with aigpu-preflight exec",
        wanted="the preflight before the command",
        next_step=step_to_add,
    )
