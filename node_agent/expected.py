"""What a node or a container is held to. It comes from intent: labels, flags, environment; never from the machine."""

from __future__ import annotations

from typing import Optional, Tuple

from aigpu_contract.cuda import Version
from aigpu_contract.expectation import Offer, build_offer
from aigpu_contract.frozen import dataclass
from node_agent import modes


@dataclass(frozen=True)
class Expected:
    """The expectation; None means that nobody asked for it.

    `gpus` is the exact number of CUDA devices; without it at least one usable device is expected. Memory in GiB for
    each device. `declared_by` says where it comes from, for people; empty, nobody declared anything. `problem` says why
    what was declared cannot be read, `remedy` what to correct, and where. `mode` is where it is judged; `judge_facts`
    sets it.
    """

    declared_by: str
    gpus: Optional[int] = None
    model: Optional[str] = None
    vm_size: Optional[str] = None
    min_driver: Optional[Version] = None
    min_memory_gib: Optional[float] = None
    min_cuda: Optional[Version] = None
    resource: Optional[str] = None
    resource_count: Optional[int] = None
    mig_profile: Optional[str] = None
    frameworks: Tuple[str, ...] = ()
    waived: Tuple[Tuple[str, str], ...] = ()
    problem: str = ""
    remedy: str = ""
    mode: str = modes.INIT

    @property
    def least_gpus(self) -> int:
        """Return the least number of usable CUDA devices: the exact one where it was declared, else 1."""
        return 1 if self.gpus is None else self.gpus

    @property
    def offer(self) -> Offer:
        """Return what the kubelet of the node must offer."""
        return build_offer(self.gpus, self.resource, self.resource_count, self.mig_profile)

    @property
    def on_the_node(self) -> bool:
        """Return whether the agent judges its node, and not a job its container."""
        return self.mode in modes.ON_THE_NODE
