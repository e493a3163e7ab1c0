"""A size that runs no CUDA is refused, and called what it is."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from aigpu_contract.finding import Status
from azext_aigpu.rules import sku_is_cuda_gpu
from tests.azext.rules.given import A10_SIXTH, A100, CPU, MADE_UP, a_spec, told

CASES: dict[str, tuple[str | None, list[str]]] = {
    "an NVIDIA size": (A100, []),
    "a part of an NVIDIA GPU runs CUDA too": (A10_SIXTH, []),
    "a GB200 size, for which Azure names no GPU": ("Standard_ND128isr_NDR_GB200_v6", []),
    "the founding story's CPU size": (CPU, ["FAIL CpuSize"]),
    "a CPU size in another case": (CPU.lower(), ["FAIL CpuSize"]),
    "a CPU size that does not tell its vCPUs": ("Standard_D13_v2", ["FAIL CpuSize"]),
    "an HPC size without a GPU": ("Standard_HB120rs_v3", ["FAIL CpuSize"]),
    "an AMD size that Azure says has 8 GPUs": ("Standard_ND96isr_MI300X_v5", ["FAIL AmdGpu"]),
    "an AMD size of the NV series": ("Standard_NV4as_v4", ["FAIL AmdGpu"]),
    "an AMD gaming size": ("Standard_NG8ads_V620_v1", ["FAIL AmdGpu"]),
    "an FPGA size that Azure says has GPUs": ("Standard_NP10s", ["FAIL FpgaSize"]),
    "a video size": ("Standard_NM16ads_MA35D", ["FAIL VideoSize"]),
    "an unknown size is for another rule": (MADE_UP, []),
    "so is a missing one": (None, []),
}


@pytest.mark.parametrize(("size", "findings"), CASES.values(), ids=CASES.keys())
def test_sku_is_cuda_gpu(size: str | None, findings: list[str]) -> None:
    assert told(sku_is_cuda_gpu, sku_is_cuda_gpu.review(a_spec(node_vm_size=size))) == findings


def test_the_founding_story_reads_well() -> None:
    (finding,) = sku_is_cuda_gpu.review(a_spec(node_vm_size=CPU))
    assert finding.seen == (
        "Standard_D16s_v5: a general purpose CPU size with 16 vCPUs and no GPU, $0.768 an hour (eastus, 2026-06-18)"
    )
    assert finding.next_step == (
        "--node-vm-size Standard_NC16as_T4_v3 (1x T4, 16 vCPUs) or Standard_NC24ads_A100_v4 (1x A100 80 GB, 24 vCPUs)"
    )


def test_a_size_without_a_built_in_price_says_nothing_of_money() -> None:
    (finding,) = sku_is_cuda_gpu.review(a_spec(node_vm_size="Standard_E16s_v5"))
    assert finding.seen == "Standard_E16s_v5: a memory optimized CPU size with 16 vCPUs and no GPU"


@pytest.mark.parametrize(
    ("words", "size"),
    [
        ({"gpu_model": "h100", "gpu_count": 2}, "Standard_NC80adis_H100_v5"),
        ({"gpu_model": "t4"}, "Standard_NC4as_T4_v3"),
        ({"gpu_count": 8}, "Standard_ND"),
        ({"gpu_count": 5}, "Standard_NC16as_T4_v3"),
    ],
    ids=["model and count", "model", "count", "a count that no size has"],
)
def test_the_next_step_goes_by_the_words_of_the_user(words: dict[str, Any], size: str) -> None:
    (finding,) = sku_is_cuda_gpu.review(a_spec(node_vm_size=CPU, **words))
    assert finding.next_step.startswith(f"--node-vm-size {size}")


def test_amd_is_said_to_be_out_of_scope_plainly() -> None:
    (finding,) = sku_is_cuda_gpu.review(a_spec(node_vm_size="Standard_ND96isr_MI300X_v5"))
    assert "AMD pools are outside of aigpu for now" in finding.problem
    assert "8x Instinct MI300X, a GPU of AMD, $48.00 an hour" in finding.seen


def test_an_accelerator_of_a_maker_who_is_in_no_size_yet_is_refused_too() -> None:
    spec = a_spec(node_vm_size="Standard_NP10s")
    assert spec.sku is not None
    finding = sku_is_cuda_gpu._no_cuda(spec, dataclasses.replace(spec.sku, kind="gpu", vendor="intel"))
    assert (finding.status, finding.reason) == (Status.FAIL, "NotCuda")
    assert "a GPU of intel" in finding.seen


def test_an_fpga_is_not_counted_as_gpus() -> None:
    (finding,) = sku_is_cuda_gpu.review(a_spec(node_vm_size="Standard_NP10s"))
    assert finding.seen.startswith("Standard_NP10s: Alveo U250, an FPGA of AMD Xilinx, $1.65 an hour")
