"""Azure's answer decides about a size that the catalogue does not know, and never makes a CPU size a GPU size."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.rules import sku_offered
from tests.azext.rules.given import A100, CPU, MADE_UP, NO_ANSWER, a_cloud, a_spec, an_offer, told

DECLARED = {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8}
BARE: dict[str, Any] = {"node_vm_size": MADE_UP}
EIGHT = an_offer(size=MADE_UP, gpus=8)
CASES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "known, and Azure agrees": ({}, an_offer(), []),
    "known, and Azure says another number": ({}, an_offer(gpus=2), ["WARN GpuCountDisagrees"]),
    "known, and Azure says no number": ({}, an_offer(gpus=None), []),
    "known, and not offered: another rule says so": ({}, EIGHT, []),
    "known, and Azure was not read: another rule says so": ({}, NO_ANSWER, []),
    "new, declared, confirmed": (DECLARED, EIGHT, ["WARN SizeNotInCatalogue"]),
    "new, declared otherwise": (DECLARED, an_offer(size=MADE_UP, gpus=4), ["FAIL GpuCountMismatch"]),
    "new, declared, Azure names no GPU": (DECLARED, an_offer(size=MADE_UP, gpus=None), ["UNKNOWN GpuNotConfirmed"]),
    "new, declared, Azure says 0": (DECLARED, an_offer(size=MADE_UP, gpus=0), ["UNKNOWN GpuNotConfirmed"]),
    "new, declared, not offered": (DECLARED, an_offer(), ["FAIL SizeUnknown"]),
    "new, declared, Azure not read": (DECLARED, NO_ANSWER, ["UNKNOWN OfferUnknown"]),
    "new, not declared, offered with GPUs": (BARE, EIGHT, ["FAIL IntentNeeded"]),
    "new, not declared, no GPUs": (BARE, an_offer(size=MADE_UP, gpus=None), ["FAIL SizeUnknown"]),
    "new, not declared, not offered": (BARE, an_offer(), ["FAIL SizeUnknown"]),
    "new, not declared, Azure not read": (BARE, NO_ANSWER, ["UNKNOWN OfferUnknown"]),
    "a CPU size stays one": (
        {"node_vm_size": CPU, "gpu_count": 1},
        an_offer(size=CPU, gpus=1),
        ["SKIPPED SizeRefused"],
    ),
    "an AMD size stays one": (
        {"node_vm_size": "Standard_NV4as_v4"},
        an_offer(size="Standard_NV4as_v4", gpus=1),
        ["SKIPPED SizeRefused"],
    ),
    "no size": ({"node_vm_size": None}, an_offer(), ["SKIPPED SizeRefused"]),
}


@pytest.mark.parametrize(("fields", "skus", "findings"), CASES.values(), ids=CASES.keys())
def test_sku_offered(fields: dict[str, Any], skus: Any, findings: list[str]) -> None:
    assert told(sku_offered, sku_offered.review(a_spec(**fields), a_cloud(skus=skus))) == findings


def test_an_unconfirmed_size_stops_and_cannot_be_waived() -> None:
    assert not sku_offered.WAIVABLE
    assert not sku_offered.ARM_ENFORCES


def test_both_numbers_are_named_where_azure_and_the_catalogue_disagree() -> None:
    (finding,) = sku_offered.review(a_spec(), a_cloud(skus=an_offer(gpus=2)))
    assert finding.seen.startswith("Azure says 2, the catalogue 1 (")
    assert A100 in finding.problem


def test_what_must_be_said_about_a_new_size_can_be_copied() -> None:
    (finding,) = sku_offered.review(a_spec(**BARE), a_cloud(skus=EIGHT))
    assert finding.next_step == "--gpu-model MODEL --gpu-count 8"
