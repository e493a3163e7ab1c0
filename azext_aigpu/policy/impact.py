"""Which existing resources a Deny would break: held to the same conditions as the definitions. Pure.

A denied resource that exists goes on to run. It breaks at its next write: scaling, upgrading or repairing a node pool
writes its scale set.
"""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from azext_aigpu.policy.assignments import Wanted
from azext_aigpu.policy.definitions import MACHINE_RETIRED, MACHINE_SIZES, MACHINE_TAG, POOL_SIZES
from azext_aigpu.policy.sizes import PREFIX, allowed_sizes, is_gpu_size, retired_sizes

NODE_POOL = "node pool"
VIRTUAL_MACHINE = "virtual machine"
SCALE_SET = "scale set"


@dataclass(frozen=True)
class Existing:
    """A node pool, virtual machine or scale set that runs. `managed_by_aks`: it is the scale set of a node pool."""

    kind: str
    id: str
    name: str
    size: str
    tags: Mapping[str, str] = field(default_factory=dict)
    managed_by_aks: bool = False


@dataclass(frozen=True)
class Broken:
    """One resource that a Deny would break: the definition, and why."""

    existing: Existing
    definition: str
    why: str

    def line(self) -> str:
        """Return it as a line for people."""
        of_aks = ", of an AKS node pool" if self.existing.managed_by_aks else ""
        return f"  {self.existing.kind} {self.existing.id} ({self.existing.size}{of_aks}): {self.why}"


def find_broken(resources: Iterable[Existing], wanted: Wanted, today: datetime.date) -> tuple[Broken, ...]:
    """Return what the assignments of `wanted` would deny, were they Deny."""
    allowed = wanted.allowed_sizes if wanted.allowed_sizes is not None else allowed_sizes(today)
    sizes = frozenset(size.lower() for size in allowed)
    retired = frozenset(size.lower() for size in retired_sizes(today))
    return tuple(broken for one in resources for broken in _judge(one, wanted, sizes, retired))


def _judge(one: Existing, wanted: Wanted, allowed: frozenset[str], retired: frozenset[str]) -> Iterator[Broken]:
    size = one.size.strip().lower()
    by_size = POOL_SIZES if one.kind == NODE_POOL else MACHINE_SIZES
    if is_gpu_size(size) and size not in allowed:
        yield Broken(one, by_size, "its size is not among the allowed ones")
    if one.kind == NODE_POOL:
        if not size.startswith(PREFIX.lower()) and _is_named(one.name, wanted.gpu_pool_names):
            yield Broken(one, POOL_SIZES, "its name is kept for GPU pools, and its size has no GPU")
        return
    if size in retired:
        yield Broken(one, MACHINE_RETIRED, "its size is retired")
    for tag in wanted.required_tags if is_gpu_size(size) else ():
        if not any(key.lower() == tag.lower() and value for key, value in one.tags.items()):
            yield Broken(one, MACHINE_TAG, f"it lacks the tag {tag}")


def _is_named(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
