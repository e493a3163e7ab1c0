"""A size that nobody knows is refused before anything is asked of Azure, with the names that come nearest."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.rules import sku_known
from tests.azext.rules.given import A100, CPU, MADE_UP, a_spec, told

CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a GPU size": ({"node_vm_size": A100}, []),
    "a GPU size in another case": ({"node_vm_size": A100.upper()}, []),
    "a CPU size is known, as what it is": ({"node_vm_size": CPU}, []),
    "an AMD size is known, as what it is": ({"node_vm_size": "Standard_ND96isr_MI300X_v5"}, []),
    "a mistyped size": ({"node_vm_size": "Standard_NC24ads_A100_v5"}, ["FAIL SizeUnknown"]),
    "a size without its prefix": ({"node_vm_size": "NC24ads_A100_v4"}, ["FAIL SizeUnknown"]),
    "a made-up size with a model only": ({"node_vm_size": MADE_UP, "gpu_model": "h200"}, ["FAIL SizeUnknown"]),
    "a made-up size with a count only": ({"node_vm_size": MADE_UP, "gpu_count": 8}, ["FAIL SizeUnknown"]),
    "a new size with its GPUs": (
        {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8},
        ["WARN SizeNotInCatalogue"],
    ),
    "no size": ({"node_vm_size": None}, ["FAIL SizeMissing"]),
    "an empty size": ({"node_vm_size": " "}, ["FAIL SizeMissing"]),
    "no size, several fit": ({"node_vm_size": None, "gpu_model": "a100"}, ["FAIL SizeMissing"]),
    "no size, none fits": ({"node_vm_size": None, "gpu_model": "a100", "gpu_count": 3}, ["FAIL SizeMissing"]),
}


@pytest.mark.parametrize(("fields", "findings"), CASES.values(), ids=CASES.keys())
def test_sku_known(fields: dict[str, Any], findings: list[str]) -> None:
    assert told(sku_known, sku_known.review(a_spec(**fields))) == findings


def test_a_mistyped_size_is_answered_with_the_nearest_names() -> None:
    (finding,) = sku_known.review(a_spec(node_vm_size="Standard_NC24ads_A100_v5"))
    assert "'Standard_NC24ads_A100_v5'" in finding.seen
    assert finding.next_step.startswith("--node-vm-size Standard_NC24ads_A100_v4 (1x A100 80 GB, 24 vCPUs)")


def test_a_name_like_nothing_says_how_to_go_on_all_the_same() -> None:
    (finding,) = sku_known.review(a_spec(node_vm_size="quux"))
    assert finding.next_step == "for a GPU size that is newer than the catalogue add --gpu-model and --gpu-count"


@pytest.mark.parametrize(
    ("fields", "seen", "step"),
    [
        ({}, "neither --node-vm-size nor --gpu-model", "--gpu-model MODEL --gpu-count N with a model of: a10, "),
        ({"gpu_model": "a100"}, "5 sizes have a100", "Standard_ND96asr_v4 (8x A100 40 GB, 96 vCPUs)"),
        ({"gpu_model": "a100", "gpu_count": 8}, "2 sizes have 8x a100", "Standard_ND96amsr_A100_v4"),
        ({"gpu_model": "t4", "gpu_count": 4}, "one size has 4x t4", "Standard_NC64as_T4_v3 (4x T4, 64 vCPUs)"),
        ({"gpu_model": "t4", "gpu_count": 3}, "no size on offer has 3x t4", "Standard_NC4as_T4_v3"),
        ({"gpu_model": "k80"}, "no size on offer has k80", "--gpu-model MODEL"),
    ],
    ids=["nothing", "several models", "several sizes", "one size", "no such count", "only retired ones"],
)
def test_without_a_size_the_fitting_ones_are_shown(fields: dict[str, Any], seen: str, step: str) -> None:
    (finding,) = sku_known.review(a_spec(node_vm_size=None, **fields))
    assert finding.seen == seen
    assert step in finding.next_step


def test_models_of_retired_sizes_are_not_offered() -> None:
    (finding,) = sku_known.review(a_spec(node_vm_size=None))
    assert "k80" not in finding.next_step
