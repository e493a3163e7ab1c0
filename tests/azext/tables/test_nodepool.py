from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.tables import nodepool

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


def width(rows: list[dict[str, str]]) -> int:
    """How wide azure-cli's table of `rows` is: two blanks between columns."""
    columns = [max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]]
    return sum(columns) + 2 * (len(columns) - 1)


def test_the_table_fits_120_characters() -> None:
    assert width(nodepool.format_pools([POOL])) <= 120


def test_a_row_of_a_pool() -> None:
    assert nodepool.format_pools([POOL]) == [
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
    (row,) = nodepool.format_pools([{**POOL, key: None}])

    assert row[columns.get(key, key.capitalize())] == "?"


def test_a_pool_that_could_not_be_read_still_has_a_row() -> None:
    (row,) = nodepool.format_pools([{"name": "odd", "size": "Standard_NC6", "verdict": "UNKNOWN"}])

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
    (row,) = nodepool.format_pools([{**POOL, "verdict": "PASS", "state": state}])

    assert row["Verdict"] == shown


def test_no_taint_is_told_as_none() -> None:
    (row,) = nodepool.format_pools([{**POOL, "taint": ""}])

    assert row["Taint"] == "none"


def test_one_pool_is_shown_by_the_row_beside_its_properties() -> None:
    shown = {"id": "/subscriptions/...", "name": "gpu", "vmSize": "x", "aigpu": POOL}

    assert nodepool.format_pool(shown) == nodepool.format_pools([POOL])


def test_a_plan_is_shown_as_what_it_would_do() -> None:
    plan = {
        "action": "update",
        "name": "gpu",
        "properties": {"vmSize": "Standard_NC24ads_A100_v4"},
        "changes": [{"path": "maxCount"}],
        "cost": {"hourNow": 0.0, "hourMost": 7.346},
        "findings": [{"id": "required-tags", "status": "WARN"}],
    }

    assert nodepool.format_pool([plan]) == [
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
