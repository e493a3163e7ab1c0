"""What several rules say about a size: how it stands, what it is in words, and which sizes to take instead."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping, Sequence

from aigpu_contract import skus
from aigpu_contract.cpu_sizes import CpuSize, parse_cpu_size
from aigpu_contract.finding import Finding, Status
from aigpu_contract.skus import Sku
from azext_aigpu.spec import PoolSpec

SUGGESTED = 2


class Standing(enum.Enum):
    """What is known about the size that was asked for.

    `DECLARED` is a size that is not in the catalogue and for which `--gpu-model` and `--gpu-count` say what it has.
    """

    CUDA = enum.auto()
    DECLARED = enum.auto()
    CPU = enum.auto()
    NOT_CUDA = enum.auto()
    UNKNOWN = enum.auto()
    MISSING = enum.auto()


REFUSED_BY: Mapping[Standing, str] = {
    Standing.CPU: "sku-is-cuda-gpu",
    Standing.NOT_CUDA: "sku-is-cuda-gpu",
    Standing.UNKNOWN: "sku-known",
    Standing.MISSING: "sku-known",
}
"""The rule that refuses a size of that standing."""


def standing(spec: PoolSpec) -> Standing:
    """Return how the size of `spec` stands."""
    size = (spec.node_vm_size or "").strip()
    if not size:
        return Standing.MISSING
    if spec.sku is not None:
        return Standing.CUDA if spec.sku.is_cuda_gpu else Standing.NOT_CUDA
    if parse_cpu_size(size) is not None:
        return Standing.CPU
    declared = spec.gpu_model is not None and spec.gpu_count is not None
    return Standing.DECLARED if declared else Standing.UNKNOWN


def refused_elsewhere(spec: PoolSpec, rule: str) -> Finding | None:
    """Return a SKIPPED finding for `rule` where another rule refuses the size, so that one cause is told once."""
    refusing = REFUSED_BY.get(standing(spec))
    if refusing is None:
        return None
    problem = f"not looked at, because {refusing} refuses the size"
    return Finding(rule, "SizeRefused", Status.SKIPPED, problem, seen=spec.node_vm_size or "no size")


def describe_cpu(size: CpuSize) -> str:
    """Return a CPU size in words: `a general purpose CPU size with 16 vCPUs and no GPU`."""
    article = "an" if size.description[0] in "aeiou" else "a"
    vcpus = f"{size.vcpus} vCPUs and " if size.vcpus else ""
    return f"{article} {size.description} size with {vcpus}no GPU"


def describe_sku(sku: Sku) -> str:
    """Return a size with what it has: `Standard_NC24ads_A100_v4 (1x A100 80 GB, 24 vCPUs)`."""
    vcpus = f", {sku.vcpus} vCPUs" if sku.vcpus else ""
    return f"{sku.size} ({sku.describe()}{vcpus})"


def choose_size(found: Sequence[Sku]) -> str:
    """Return sizes as an option to copy: `--node-vm-size A (...) or B (...)`; empty for no sizes."""
    return "--node-vm-size " + " or ".join(describe_sku(sku) for sku in found) if found else ""


def offered_models(today: datetime.date) -> str:
    """Return the GPU models that some size on offer has, as a list to read."""
    return ", ".join(model for model in skus.models() if skus.sizes_with(model, None, today))


def suggest(spec: PoolSpec, vcpus: int | None) -> tuple[Sku, ...]:
    """Return sizes to take instead: those with the GPUs that were asked for, else the nearest by vCPUs."""
    today = spec.limits.today
    if spec.gpu_model:
        asked = skus.sizes_with(spec.gpu_model, spec.gpu_count, today) or skus.sizes_with(spec.gpu_model, None, today)
        if asked:
            return asked[:SUGGESTED]
    near = skus.sizes_near(vcpus or 0, today, most=len(skus.all_skus()))
    with_count = [sku for sku in near if spec.gpu_count in (None, sku.gpu_count)]
    return tuple(with_count or near)[:SUGGESTED]
