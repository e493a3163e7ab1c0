"""How many devices there must be, and which of them NVML can talk to."""

from __future__ import annotations

from typing import Optional, Tuple

from aigpu_contract.finding import Blame
from aigpu_contract.frozen import dataclass
from aigpu_contract.reading import Known
from aigpu_contract.rendering import count
from node_agent.checks import container
from node_agent.expected import Expected
from node_agent.facts import Cuda, Facts, Nvml, NvmlDevice

MIG_RESOURCE = "nvidia.com/mig-"


@dataclass(frozen=True)
class Bounds:
    """The least and the most devices; `most` is None where more are no contradiction."""

    least: int
    most: Optional[int]

    def __str__(self) -> str:
        return f"exactly {self.least}" if self.least == self.most else f"at least {self.least}"

    def of(self, what: str) -> str:
        """Return the bounds in words, of things such as a `GPU`."""
        return f"{'exactly' if self.least == self.most else 'at least'} {count(self.least, what)}"

    def hold(self, seen: int) -> bool:
        """Return whether `seen` devices are what is wanted."""
        return self.least <= seen and (self.most is None or seen <= self.most)


def running_nvml(facts: Facts) -> Optional[Nvml]:
    """Return what NVML says, or None where it was not read or did not start."""
    if isinstance(facts.nvml, Known) and facts.nvml.value.init_error is None:
        return facts.nvml.value
    return None


def running_cuda(facts: Facts) -> Optional[Cuda]:
    """Return what CUDA says, or None where it was not read, did not start or shows no device."""
    cuda = facts.cuda.value if isinstance(facts.cuda, Known) else None
    works = cuda is not None and cuda.library.error is None and cuda.init_error is None and bool(cuda.count)
    return cuda if works else None


def nvml_devices(facts: Facts) -> Tuple[NvmlDevice, ...]:
    """Return the devices whose handles NVML gave, none where NVML did not start."""
    nvml = running_nvml(facts)
    return () if nvml is None else tuple(device for device in nvml.devices if device.error is None)


def expects_mig(expected: Expected) -> bool:
    """Return whether the intent is to partition the GPUs."""
    return bool(expected.mig_profile) or (expected.resource or "").startswith(MIG_RESOURCE)


def uses_mig(facts: Facts, expected: Expected) -> bool:
    """Return whether CUDA sees parts of GPUs here: one such part a process is all that it then promises."""
    if expects_mig(expected) or any(uuid.startswith("MIG-") for uuid in container.allocated_uuids(facts)):
        return True
    seen = nvml_devices(facts)
    return bool(seen) and all(device.mig_enabled for device in seen)


def wanted_gpus(facts: Facts, expected: Expected) -> Bounds:
    """Return how many GPUs the bus and NVML must show; a job may see those of other jobs too."""
    least = max(1, expected.least_gpus)
    if expected.on_the_node:
        return Bounds(least, expected.gpus)
    return Bounds(1 if uses_mig(facts, expected) else least, None)


def wanted_of_cuda(facts: Facts, expected: Expected) -> Bounds:
    """Return how many devices CUDA must show in one process.

    A CUDA_VISIBLE_DEVICES that hides a part of the allocation is a job's own choice (and a warning of its own).
    """
    if uses_mig(facts, expected):
        return Bounds(1, None)
    bounds = Bounds(max(1, expected.least_gpus), expected.gpus)
    chosen = container.visible_to_cuda(facts)
    if chosen is None or expected.on_the_node or not 0 < len(chosen.devices) < bounds.least:
        return bounds
    return Bounds(len(chosen.devices), len(chosen.devices))


def blame_for_missing(facts: Facts, expected: Expected, count: int) -> Blame:
    """Return whom to blame for only `count` GPUs: a job that was given no more asked for no more."""
    given = len(container.allocated_uuids(facts))
    return Blame.JOB if not expected.on_the_node and given and given <= count else Blame.NODE
