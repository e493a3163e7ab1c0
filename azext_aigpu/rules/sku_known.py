"""The size must be named, and must be one that the catalogue knows or that its name tells as a CPU size."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract import skus
from aigpu_contract.finding import Finding, Status
from azext_aigpu.rules.sizes import Standing, choose_size, offered_models, standing
from azext_aigpu.spec import PoolSpec

ID = "sku-known"
READS: tuple[str, ...] = ("node_vm_size", "gpu_model", "gpu_count")
WAIVABLE = False

_MOST_SIZES = 6


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Refuse a missing size and a mistyped one, before anything is asked of Azure."""
    stands = standing(spec)
    if stands is Standing.MISSING:
        yield _missing(spec)
    elif stands is Standing.UNKNOWN:
        yield _unknown(spec)
    elif stands is Standing.DECLARED:
        yield _declared(spec)


def _missing(spec: PoolSpec) -> Finding:
    found = skus.sizes_with(spec.gpu_model, spec.gpu_count, spec.limits.today) if spec.gpu_model else ()
    asked = spec.gpu_model if spec.gpu_count is None else f"{spec.gpu_count}x {spec.gpu_model}"
    if found:
        seen = f"{len(found)} sizes have {asked}" if len(found) > 1 else f"one size has {asked}"
    else:
        seen = f"no size on offer has {asked}" if spec.gpu_model else "neither --node-vm-size nor --gpu-model"
    return Finding(
        ID,
        "SizeMissing",
        Status.FAIL,
        "no VM size is named, and there is no default one",
        seen=seen,
        wanted="one NVIDIA GPU size, by its name or by a GPU model and count that only one size has",
        next_step=choose_size(found[:_MOST_SIZES]) or _how_to_name_one(spec),
    )


def _how_to_name_one(spec: PoolSpec) -> str:
    others = skus.sizes_with(spec.gpu_model, None, spec.limits.today) if spec.gpu_model else ()
    if others:
        return choose_size(others[:_MOST_SIZES])
    return (
        f"--node-vm-size SIZE, or --gpu-model MODEL --gpu-count N with a model of: {offered_models(spec.limits.today)}"
    )


def _unknown(spec: PoolSpec) -> Finding:
    size = (spec.node_vm_size or "").strip()
    near = choose_size(skus.names_like(size, spec.limits.today))
    new = "for a GPU size that is newer than the catalogue add --gpu-model and --gpu-count"
    return Finding(
        ID,
        "SizeUnknown",
        Status.FAIL,
        f"the catalogue knows no size {size!r}",
        seen=f"{size!r}: not among the {len(skus.all_skus())} accelerator sizes, and not named like a CPU size",
        wanted="the name of an NVIDIA GPU size as Azure writes it",
        next_step=f"{near}; {new}" if near else new,
    )


def _declared(spec: PoolSpec) -> Finding:
    return Finding(
        ID,
        "SizeNotInCatalogue",
        Status.WARN,
        f"the catalogue does not know {spec.node_vm_size}; the pool will be held to your own words about it",
        seen=f"{spec.node_vm_size}: {spec.gpu_count}x {spec.gpu_model} by --gpu-count and --gpu-model",
        wanted="a size of the catalogue, where the GPUs are known from Azure's documentation",
        next_step="compare with Azure's page about this size before going on",
    )
