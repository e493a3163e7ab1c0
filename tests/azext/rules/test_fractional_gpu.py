"""A part of a GPU is refused unless somebody says why it is enough."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.rules import fractional_gpu
from tests.azext.rules.given import A10_SIXTH, A100, CPU, MADE_UP, a_spec, told

CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a whole GPU": ({"node_vm_size": A100}, []),
    "8 whole GPUs": ({"node_vm_size": "Standard_ND96isr_H100_v5"}, []),
    "a whole A10 that reports itself as a vGPU": ({"node_vm_size": "Standard_NV36ads_A10_v5"}, []),
    "a sixth": ({"node_vm_size": A10_SIXTH}, ["FAIL FractionalGpu"]),
    "a half": ({"node_vm_size": "Standard_NC72ds_xl_RTXPRO6000BSE_v6"}, ["FAIL FractionalGpu"]),
    "a share that nobody documents": ({"node_vm_size": "Standard_NC8ads_A10_v4"}, ["UNKNOWN GpuShareUnknown"]),
    "a size that the catalogue does not know": (
        {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 1},
        ["WARN GpuShareUnknown"],
    ),
    "a CPU size is refused elsewhere": ({"node_vm_size": CPU}, ["SKIPPED SizeRefused"]),
}


@pytest.mark.parametrize(("fields", "findings"), CASES.values(), ids=CASES.keys())
def test_fractional_gpu(fields: dict[str, Any], findings: list[str]) -> None:
    assert told(fractional_gpu, fractional_gpu.review(a_spec(**fields))) == findings


def test_a_whole_one_of_the_same_model_is_the_next_step() -> None:
    (finding,) = fractional_gpu.review(a_spec(node_vm_size=A10_SIXTH))
    assert "with 4 GiB of GPU memory" in finding.seen
    assert finding.next_step.startswith("--node-vm-size Standard_NV36")
    assert "--waive fractional-gpu=" in finding.next_step
