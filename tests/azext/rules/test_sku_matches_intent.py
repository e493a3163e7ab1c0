"""The size and the user's words about it must agree; where the catalogue is silent, the words are needed."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.rules import sku_matches_intent
from tests.azext.rules.given import A100, CPU, MADE_UP, a_spec, told

NO_COUNT = "Standard_ND96is_flex_H100_v5"
NO_MODEL = "Standard_NV6s_v2"
NOTHING = "Standard_ND40s_v2"
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no words": ({}, []),
    "words that agree": ({"gpu_model": "a100-80gb", "gpu_count": 1}, []),
    "the start of a model": ({"gpu_model": "A100"}, []),
    "another model": ({"gpu_model": "h100"}, ["FAIL GpuModelMismatch"]),
    "the other A100": ({"gpu_model": "a100-40gb"}, ["FAIL GpuModelMismatch"]),
    "another count": ({"gpu_count": 8}, ["FAIL GpuCountMismatch"]),
    "both other": ({"gpu_model": "h100", "gpu_count": 8}, ["FAIL GpuModelMismatch", "FAIL GpuCountMismatch"]),
    "a count of none": ({"gpu_count": 0}, ["FAIL GpuCountInvalid", "FAIL GpuCountMismatch"]),
    "a model that does not exist": ({"gpu_model": "a1000"}, ["FAIL GpuModelUnknown"]),
    "a model of AMD": ({"gpu_model": "mi300x"}, ["FAIL GpuModelUnknown"]),
    "an empty model": ({"gpu_model": ""}, ["FAIL GpuModelUnknown"]),
    "count unknown, not said": ({"node_vm_size": NO_COUNT}, ["FAIL GpuCountUnknown"]),
    "count unknown, said": ({"node_vm_size": NO_COUNT, "gpu_count": 8}, ["WARN IntentUnverified"]),
    "model unknown, not said": ({"node_vm_size": NO_MODEL}, ["FAIL GpuModelUndocumented"]),
    "model unknown, said": ({"node_vm_size": NO_MODEL, "gpu_model": "m60"}, ["WARN IntentUnverified"]),
    "nothing known": ({"node_vm_size": NOTHING}, ["FAIL GpuModelUndocumented", "FAIL GpuCountUnknown"]),
    "nothing known, all said": (
        {"node_vm_size": NOTHING, "gpu_model": "v100", "gpu_count": 8},
        ["WARN IntentUnverified", "WARN IntentUnverified"],
    ),
    "a new size with a known model": ({"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8}, []),
    "a new size with a new model": (
        {"node_vm_size": MADE_UP, "gpu_model": "z9000", "gpu_count": 8},
        ["WARN IntentUnverified"],
    ),
    "a new size with a model of AMD": (
        {"node_vm_size": MADE_UP, "gpu_model": "MI300X", "gpu_count": 8},
        ["FAIL GpuModelUnknown"],
    ),
    "a new size with a model that fits in no label": (
        {"node_vm_size": MADE_UP, "gpu_model": "Z 9000", "gpu_count": 8},
        ["FAIL GpuModelUnknown"],
    ),
    "a new size with no GPU": (
        {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 0},
        ["FAIL GpuCountInvalid"],
    ),
    "a CPU size is refused elsewhere": ({"node_vm_size": CPU, "gpu_count": 1}, ["SKIPPED SizeRefused"]),
    "a wrong model is said beside a CPU size": (
        {"node_vm_size": CPU, "gpu_model": "a1000"},
        ["FAIL GpuModelUnknown", "SKIPPED SizeRefused"],
    ),
}


@pytest.mark.parametrize(("fields", "findings"), CASES.values(), ids=CASES.keys())
def test_sku_matches_intent(fields: dict[str, Any], findings: list[str]) -> None:
    assert told(sku_matches_intent, sku_matches_intent.review(a_spec(**fields))) == findings


def test_both_ways_out_of_a_wrong_count_are_shown() -> None:
    (finding,) = sku_matches_intent.review(a_spec(gpu_count=2))
    assert finding.seen == f"{A100}: 1x A100 80 GB, 1 GPU device a node"
    assert finding.next_step == (
        "--node-vm-size Standard_NC48ads_A100_v4 (2x A100 80 GB, 48 vCPUs); or, if the size is right, --gpu-count 1"
    )


def test_where_no_size_fits_the_words_only_the_other_way_is_shown() -> None:
    (finding,) = sku_matches_intent.review(a_spec(gpu_count=3))
    assert finding.next_step == "if the size is right, --gpu-count 1"


def test_a_mistyped_model_is_answered_with_the_nearest_ones() -> None:
    (finding,) = sku_matches_intent.review(a_spec(gpu_model="a100-80"))
    assert "--gpu-model a100-80gb" in finding.next_step
    assert "the start of one such as a100" in finding.wanted
