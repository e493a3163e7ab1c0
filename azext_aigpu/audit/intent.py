"""What declares a thing as one that is meant to have GPUs."""

from __future__ import annotations

from typing import Any

from aigpu_contract import labels, skus
from aigpu_contract.cpu_sizes import parse_cpu_size
from aigpu_contract.reading import Known
from azext_aigpu.audit.policy import Policy
from azext_aigpu.foreign.resources import ForeignMachine, ForeignPool, Place


def intent_of_pool(pool: ForeignPool, policy: Policy) -> str | None:
    """Return what says that a pool is meant to have GPUs, None where nothing does."""
    taints = [str(taint).partition("=")[0] for taint in pool.properties.get("nodeTaints") or ()]
    declared = labels.has_gpu_intent(pool.properties.get("nodeLabels") or {}, tuple(taints), policy.limits.taint.key)
    by_spec = "spec" if pool.place.address.lower() in policy.spec_pools else None
    return declared or _named(pool.place, policy) or by_spec


def intent_of_machine(machine: ForeignMachine, policy: Policy) -> str | None:
    """Return what says that a machine is meant to have GPUs, None where nothing does."""
    declared = labels.has_gpu_intent(machine.tags, (), policy.limits.taint.key)
    return declared.replace("label", "tag") if declared else _named(machine.place, policy)


def _named(place: Place, policy: Policy) -> str | None:
    named = next((name for name in policy.gpu_pools if place.is_called(name)), None)
    return f"--gpu-pools {named}" if named else None


def may_be_gpu(size: Any) -> bool:
    """Return whether a size without intent is looked at: an accelerator, or a name that is in no list."""
    if not size:
        return False
    return skus.lookup(str(size)) is not None or parse_cpu_size(str(size)) is None


def gpu_sizes(item: ForeignPool | ForeignMachine) -> tuple[str, ...]:
    """Return the sizes of a thing that are worth asking Azure about: those that may have GPUs."""
    readings = item.sizes if isinstance(item, ForeignMachine) else (item.read("vmSize"),)
    return tuple(size.value for size in readings if isinstance(size, Known) and may_be_gpu(size.value))
