"""The size must have NVIDIA GPUs: CPU sizes, AMD GPUs, FPGAs and video cards run no CUDA."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.cpu_sizes import CpuSize, parse_cpu_size
from aigpu_contract.finding import Finding, Status
from aigpu_contract.skus import Sku
from azext_aigpu.cost import dollars
from azext_aigpu.prices import builtin_price
from azext_aigpu.rules.sizes import choose_size, describe_cpu, suggest
from azext_aigpu.spec import PoolSpec

ID = "sku-is-cuda-gpu"
READS: tuple[str, ...] = ("node_vm_size",)
WAIVABLE = False

_WANTED = "a size with NVIDIA GPUs, on which CUDA runs"


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Refuse every size that is known to run no CUDA, and say what it is instead."""
    size = (spec.node_vm_size or "").strip()
    if spec.sku is not None:
        if not spec.sku.is_cuda_gpu:
            yield _no_cuda(spec, spec.sku)
        return
    cpu = parse_cpu_size(size)
    if cpu is not None:
        yield _cpu(spec, size, cpu)


def _cpu(spec: PoolSpec, size: str, cpu: CpuSize) -> Finding:
    return Finding(
        ID,
        "CpuSize",
        Status.FAIL,
        f"{size} has no GPU: a CUDA program would run on its CPU, slowly, or not at all",
        seen=f"{size}: {describe_cpu(cpu)}{_price(size)}",
        wanted=_WANTED,
        next_step=choose_size(suggest(spec, cpu.vcpus)),
    )


def _no_cuda(spec: PoolSpec, sku: Sku) -> Finding:
    instead = choose_size(suggest(spec, sku.vcpus))
    what = sku.describe() if sku.kind == "gpu" else sku.model or "model unknown"
    seen = f"{sku.size}: {what}, {_KINDS.get(sku.kind, 'an accelerator')} of {_maker(sku)}{_price(sku.size)}"
    if sku.kind == "gpu" and sku.vendor == "amd":
        problem = f"{sku.size} has an AMD GPU, on which CUDA does not run; AMD pools are outside of aigpu for now"
        own = "for a ROCm pool use az aks nodepool add, which builds it without these guards"
        return Finding(ID, "AmdGpu", Status.FAIL, problem, seen, _WANTED, f"{instead}; {own}")
    if sku.kind == "fpga":
        problem = f"{sku.size} has an FPGA and no GPU"
        return Finding(ID, "FpgaSize", Status.FAIL, problem, seen, _WANTED, instead)
    if sku.kind == "video":
        problem = f"{sku.size} has a video transcoding card and no GPU"
        return Finding(ID, "VideoSize", Status.FAIL, problem, seen, _WANTED, instead)
    return Finding(ID, "NotCuda", Status.FAIL, f"CUDA does not run on {sku.size}", seen, _WANTED, instead)


_KINDS = {"gpu": "a GPU", "fpga": "an FPGA", "video": "a video transcoding card"}


def _maker(sku: Sku) -> str:
    return {"amd": "AMD", "nvidia": "NVIDIA", "xilinx": "AMD Xilinx"}.get(sku.vendor, sku.vendor or "an unknown maker")


def _price(size: str) -> str:
    price = builtin_price(size)
    if price is None:
        return ""
    return f", {dollars(price.hourly, exact=True)} an hour ({price.region}, {price.as_of})"
