"""A size that sells a part of a GPU is seldom what a training job wants."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract import skus
from aigpu_contract.finding import Finding, Status
from aigpu_contract.skus import Sku
from azext_aigpu.rules.sizes import SUGGESTED, choose_size, refused_elsewhere, suggest
from azext_aigpu.spec import PoolSpec

ID = "fractional-gpu"
READS: tuple[str, ...] = ("node_vm_size",)
WAIVABLE = True

_WANTED = "whole GPUs"


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Refuse a share below one, and a size of which nobody documents the share."""
    skipped = refused_elsewhere(spec, ID)
    if skipped:
        yield skipped
    elif spec.sku is None:
        yield _not_in_catalogue(spec.node_vm_size or "")
    elif spec.sku.is_fractional is None:
        yield _unknown(spec, spec.sku)
    elif spec.sku.is_fractional:
        yield _fraction(spec, spec.sku)


def _fraction(spec: PoolSpec, sku: Sku) -> Finding:
    memory = f" with {sku.gpu_memory_gib:g} GiB of GPU memory" if sku.gpu_memory_gib else ""
    return Finding(
        ID,
        "FractionalGpu",
        Status.FAIL,
        f"a node of {sku.size} gets only a part of a GPU",
        seen=f"{sku.size}: {sku.describe()}{memory}",
        wanted=_WANTED,
        next_step=f"{_whole(spec, sku)}; if a part is what you want, --waive {ID}='why a part is enough'",
    )


def _unknown(spec: PoolSpec, sku: Sku) -> Finding:
    return Finding(
        ID,
        "GpuShareUnknown",
        Status.UNKNOWN,
        f"no public source says whether {sku.size} has whole GPUs or parts of one",
        seen=f"{sku.size}: {sku.describe()}",
        wanted=_WANTED,
        next_step=f"{_whole(spec, sku)}; or --waive {ID}='how you know'",
    )


def _not_in_catalogue(size: str) -> Finding:
    return Finding(
        ID,
        "GpuShareUnknown",
        Status.WARN,
        f"{size} is not in the catalogue, so it may have only a part of a GPU",
        seen=f"{size}: share unknown",
        wanted=_WANTED,
        next_step="compare the GPU memory on Azure's page about this size with the model's",
    )


def _whole(spec: PoolSpec, sku: Sku) -> str:
    same_model = skus.sizes_with(sku.model_id, None, spec.limits.today) if sku.model_id else ()
    return choose_size(same_model[:SUGGESTED] or suggest(spec, sku.vcpus))
