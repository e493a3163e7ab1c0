"""NVML, CUDA and the container's allocation mean the same GPUs."""

from __future__ import annotations

from typing import FrozenSet, Iterable, Iterator, Optional

from aigpu_contract.finding import Finding
from aigpu_contract.rendering import count
from node_agent import modes
from node_agent.checks import container, cuda_init, nvml_init
from node_agent.checks.devices import nvml_devices, running_cuda, running_nvml, uses_mig
from node_agent.checks.findings import Words, node_fault, not_applicable, not_reached, passed, unclear, warning
from node_agent.checks.next_steps import ASK_FOR_GPU, MORE_FACTS
from node_agent.expected import Expected
from node_agent.facts import Facts

ID = "uuid-match"
MODES = modes.EVERY_MODE

VGPU = 2
"""NVML_GPU_VIRTUALIZATION_MODE_VGPU: whether both libraries name a part of a GPU alike is not documented."""


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Compare the UUIDs; one that nobody told is not compared."""
    if running_nvml(facts) is None:
        yield not_reached(ID, nvml_init.ID)
    elif running_cuda(facts) is None:
        yield not_reached(ID, cuda_init.ID)
    elif not _cuda_uuids(facts) or not _nvml_uuids(facts):
        yield not_applicable(ID, "NVML or CUDA tells no UUID here")
    else:
        yield _disagree(facts, expected) or _not_allocated(facts, expected) or _agree(facts)


def _cuda_uuids(facts: Facts) -> FrozenSet[str]:
    cuda = running_cuda(facts)
    return _plain(device.uuid for device in cuda.devices) if cuda is not None else frozenset()


def _nvml_uuids(facts: Facts) -> FrozenSet[str]:
    devices = nvml_devices(facts)
    return _plain(uuid for device in devices for uuid in (device.uuid, *device.mig_uuids))


def _plain(uuids: Iterable[Optional[str]]) -> FrozenSet[str]:
    """Return UUIDs without prefix; one of zeros stands for none."""
    texts = (uuid.lower().replace("gpu-", "").replace("mig-", "").replace("-", "") for uuid in uuids if uuid)
    return frozenset(text for text in texts if text.strip("0"))


def _disagree(facts: Facts, expected: Expected) -> Optional[Finding]:
    strange = _cuda_uuids(facts) - _nvml_uuids(facts)
    if not strange:
        return None
    words = Words(
        "CUDA computes on a GPU that NVML does not know: the two libraries see different machines",
        seen=f"CUDA {', '.join(sorted(_cuda_uuids(facts)))}; NVML {', '.join(sorted(_nvml_uuids(facts)))}",
        wanted="the same GPUs from both",
        next_step=MORE_FACTS,
    )
    is_part = uses_mig(facts, expected) or any(device.virtualization == VGPU for device in nvml_devices(facts))
    return warning(ID, "UUIDMismatch", words) if is_part else unclear(ID, "UUIDMismatch", words)


def _not_allocated(facts: Facts, expected: Expected) -> Optional[Finding]:
    given, seen = _plain(container.allocated_uuids(facts)), _cuda_uuids(facts)
    if expected.on_the_node or not given or seen <= given:
        return None
    # Drivers before CUDA 11.4 name a part of a GPU by its GPU.
    if not seen & given and uses_mig(facts, expected):
        return None
    told = f"given {len(given)}, of which CUDA shows {len(seen & given)}; {len(seen - given)} that were not given"
    if seen & given:
        words = Words(
            "CUDA shows more GPUs than the pod was given: others may compute on them at the same time",
            told,
            wanted="only the GPUs in NVIDIA_VISIBLE_DEVICES",
            next_step=f"{ASK_FOR_GPU}, and no privileged container",
        )
        return warning(ID, "ForeignGPUVisible", words)
    words = Words(
        "CUDA shows none of the GPUs that the pod was given",
        told,
        wanted="the GPUs in NVIDIA_VISIBLE_DEVICES",
        next_step="recreate the pod; if it stays, restart the device plugin on the node",
    )
    return node_fault(ID, "UUIDMismatch", words)


def _agree(facts: Facts) -> Finding:
    return passed(ID, "NVML and CUDA mean the same GPUs", count(len(_cuda_uuids(facts)), "UUID"))
