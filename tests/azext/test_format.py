from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu import _cells, _format

POOL: dict[str, Any] = {
    "name": "a100x8pool12",
    "size": "Standard_ND96amsr_A100_v4",
    "gpu": "8x A100 80 GB SXM",
    "nodes": "0..5, now 1",
    "driver": "cuda",
    "taint": "sku=gpu:NoSchedule team=vision:NoExecute",
    "hourNow": 32.77,
    "hourMost": 163.85,
    "state": "Succeeded",
    "verdict": "UNKNOWN",
}
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


def width(rows: list[dict[str, str]]) -> int:
    """How wide azure-cli's table of `rows` is: two blanks between columns."""
    columns = [max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]]
    return sum(columns) + 2 * (len(columns) - 1)


@pytest.mark.parametrize(
    "rows",
    [pytest.param(_format.format_pools([POOL]), id="pools"), pytest.param(_format.format_skus([SKU]), id="skus")],
)
def test_a_table_fits_120_characters(rows: list[dict[str, str]]) -> None:
    assert width(rows) <= 120


def test_a_row_of_a_pool() -> None:
    assert _format.format_pools([POOL]) == [
        {
            "Name": "a100x8pool12",
            "Size": "Standard_ND96amsr_A100_v4",
            "GPU": "8x A100 80 GB SXM",
            "Nodes": "0..5, now 1",
            "Driver": "cuda",
            "Taint": "sku team",
            "Now/h": "$32.77",
            "Most/h": "$163.85",
            "Verdict": "UNKNOWN",
        }
    ]


@pytest.mark.parametrize("key", ["gpu", "nodes", "driver", "hourNow", "hourMost", "verdict"])
def test_what_is_unknown_of_a_pool_is_a_question_mark_and_never_empty(key: str) -> None:
    columns = {"gpu": "GPU", "hourNow": "Now/h", "hourMost": "Most/h"}
    (row,) = _format.format_pools([{**POOL, key: None}])

    assert row[columns.get(key, key.capitalize())] == "?"


def test_a_pool_that_could_not_be_read_still_has_a_row() -> None:
    (row,) = _format.format_pools([{"name": "odd", "size": "Standard_NC6", "verdict": "UNKNOWN"}])

    assert (row["Name"], row["GPU"], row["Verdict"]) == ("odd", "?", "UNKNOWN, ?")


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        pytest.param("Succeeded", "PASS", id="done"),
        pytest.param("Failed", "PASS, Failed", id="failed"),
        pytest.param(None, "PASS, ?", id="unknown"),
    ],
)
def test_a_state_that_is_not_simply_done_stands_beside_the_verdict(state: str | None, shown: str) -> None:
    (row,) = _format.format_pools([{**POOL, "verdict": "PASS", "state": state}])

    assert row["Verdict"] == shown


def test_no_taint_is_told_as_none() -> None:
    (row,) = _format.format_pools([{**POOL, "taint": ""}])

    assert row["Taint"] == "none"


def test_one_pool_is_shown_by_the_row_beside_its_properties() -> None:
    shown = {"id": "/subscriptions/...", "name": "gpu", "vmSize": "x", "aigpu": POOL}

    assert _format.format_pool(shown) == _format.format_pools([POOL])


def test_a_plan_is_shown_as_what_it_would_do() -> None:
    plan = {
        "action": "update",
        "name": "gpu",
        "properties": {"vmSize": "Standard_NC24ads_A100_v4"},
        "changes": [{"path": "maxCount"}],
        "cost": {"hourNow": 0.0, "hourMost": 7.346},
        "findings": [{"id": "required-tags", "status": "WARN"}],
    }

    assert _format.format_pool([plan]) == [
        {
            "Action": "update",
            "Name": "gpu",
            "Size": "Standard_NC24ads_A100_v4",
            "Changes": "1",
            "Now/h": "$0.00",
            "Most/h": "$7.35",
            "Findings": "required-tags WARN",
        }
    ]


def test_an_unknown_price_is_never_shown_as_nothing() -> None:
    (row,) = _format.format_skus([{**SKU, "priceHour": None, "quotaNodes": None}])

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
    (row,) = _format.format_skus([{**SKU, "lifecycle": lifecycle, "available": "yes"}])

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
    (row,) = _format.format_skus([{**SKU, **facts}])

    assert row["GPU"] == shown


def test_a_size_that_cannot_be_had_says_only_why() -> None:
    (row,) = _format.format_skus([{**SKU, "lifecycle": None, "available": "no: not offered in this region"}])

    assert row["Available"] == "no: not offered in this region"


def test_a_long_reason_is_cut() -> None:
    (row,) = _format.format_skus([{**SKU, "available": "unknown: " + "x" * 200}])

    assert len(row["Available"]) == _cells.MOST_CHARACTERS
    assert row["Available"].endswith("...")


def test_one_size_is_shown_a_line_a_fact() -> None:
    assert _format.format_sku({"size": "Standard_NC6", "zones": ["1", "2"], "gpuCount": None}) == [
        {"Fact": "size", "Value": "Standard_NC6"},
        {"Fact": "zones", "Value": "1 2"},
        {"Fact": "gpuCount", "Value": "?"},
    ]
