from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.tables import cells, sku
from tests.azext.tables.test_nodepool import width

SKU: dict[str, Any] = {
    "size": "Standard_NC128ds_xl_RTXPRO6000BSE_v6",
    "gpu": "1x RTX PRO 6000 Blackwell",
    "gpuModel": "rtx-pro-6000",
    "gpuCount": 1,
    "gpuShare": "1",
    "vcpus": 128,
    "driver": "cuda",
    "priceHour": 6.38,
    "zones": ["1", "2", "3"],
    "quotaNodes": 12,
    "lifecycle": "ga",
    "available": "no: NotAvailableForSubscription",
}


def test_the_table_fits_120_characters() -> None:
    assert width(sku.format_skus([SKU])) <= 120


def test_an_unknown_price_is_never_shown_as_nothing() -> None:
    (row,) = sku.format_skus([{**SKU, "priceHour": None, "quotaNodes": None}])

    assert (row["Price/h"], row["Quota"]) == ("?", "?")


@pytest.mark.parametrize(
    ("lifecycle", "shown"),
    [
        pytest.param("ga", "yes", id="on-offer"),
        pytest.param("retiring", "yes, retiring", id="retiring"),
        pytest.param(None, "yes, lifecycle unknown", id="unknown"),
    ],
)
def test_a_size_that_is_not_simply_on_offer_says_so(lifecycle: str | None, shown: str) -> None:
    (row,) = sku.format_skus([{**SKU, "lifecycle": lifecycle, "available": "yes"}])

    assert row["Available"] == shown


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        pytest.param({}, "1x rtx-pro-6000", id="as-options-take-it"),
        pytest.param({"gpuShare": "1/4"}, "1/4 rtx-pro-6000", id="a-part"),
        pytest.param({"gpuCount": None}, "?x rtx-pro-6000", id="number-unknown"),
        pytest.param({"gpuShare": None}, "1x rtx-pro-6000, share ?", id="share-unknown"),
        pytest.param({"gpuModel": None, "gpu": "unknown number of X"}, "?", id="model-unknown"),
        pytest.param({"gpuModel": "mi300x", "gpu": "8x MI300X (amd, no CUDA)"}, "8x MI300X (amd, no CUDA)", id="amd"),
    ],
)
def test_the_gpus_of_a_size(facts: dict[str, Any], shown: str) -> None:
    (row,) = sku.format_skus([{**SKU, **facts}])

    assert row["GPU"] == shown


def test_a_size_that_cannot_be_had_says_only_why() -> None:
    (row,) = sku.format_skus([{**SKU, "lifecycle": None, "available": "no: not offered in this region"}])

    assert row["Available"] == "no: not offered in this region"


def test_a_long_reason_is_cut() -> None:
    (row,) = sku.format_skus([{**SKU, "available": "unknown: " + "x" * 200}])

    assert len(row["Available"]) == cells.MOST_CHARACTERS
    assert row["Available"].endswith("...")


def test_one_size_is_shown_a_line_a_fact() -> None:
    assert sku.format_sku({"size": "Standard_NC6", "zones": ["1", "2"], "gpuCount": None}) == [
        {"Fact": "size", "Value": "Standard_NC6"},
        {"Fact": "zones", "Value": "1 2"},
        {"Fact": "gpuCount", "Value": "?"},
    ]
