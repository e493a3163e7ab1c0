"""What a container was given, by its own variables: the GPUs of its allocation, and those that CUDA may see."""

from __future__ import annotations

from typing import Mapping, Optional, Tuple

from aigpu_contract.reading import Known
from aigpu_contract.visible_devices import VisibleToCuda, parse_visible_to_cuda
from node_agent.facts import Facts

VISIBLE_TO_CONTAINER = "NVIDIA_VISIBLE_DEVICES"
VISIBLE_TO_CUDA = "CUDA_VISIBLE_DEVICES"
CAPABILITIES = "NVIDIA_DRIVER_CAPABILITIES"

_ALLOCATED = ("GPU-", "MIG-")


def variables(facts: Facts) -> Mapping[str, str]:
    """Return the variables that were read, none where the environment is Unknown."""
    return facts.environment.value.variables if isinstance(facts.environment, Known) else {}


def allocated_uuids(facts: Facts) -> Tuple[str, ...]:
    """Return the GPUs that the device plugin gave to the container, as far as it writes them into the environment.

    With CDI the variable says `void` and the allocation cannot be told: nothing is returned.
    """
    entries = variables(facts).get(VISIBLE_TO_CONTAINER, "").split(",")
    return tuple(entry.strip() for entry in entries if entry.strip().startswith(_ALLOCATED))


def visible_to_cuda(facts: Facts, gpus: Optional[int] = None) -> Optional[VisibleToCuda]:
    """Return what CUDA_VISIBLE_DEVICES shows of so many GPUs, None where nobody knows; None where it is not set."""
    text = variables(facts).get(VISIBLE_TO_CUDA)
    return None if text is None else parse_visible_to_cuda(text, gpus)


def has_compute(facts: Facts) -> bool:
    """Return whether NVIDIA_DRIVER_CAPABILITIES asks for CUDA; unset and empty stand for the runtime's default."""
    return _has_capability(facts, "compute")


def has_utility(facts: Facts) -> bool:
    """Return whether NVIDIA_DRIVER_CAPABILITIES asks for NVML and nvidia-smi."""
    return _has_capability(facts, "utility")


def _has_capability(facts: Facts, wanted: str) -> bool:
    asked = {word.strip() for word in variables(facts).get(CAPABILITIES, "").split(",")} - {""}
    return not asked or bool(asked & {wanted, "all"})
