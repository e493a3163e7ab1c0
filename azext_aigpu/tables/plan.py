"""Tables of `nodepool plan` and `nodepool apply`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from azext_aigpu.tables.cells import dollars_cell, text_cell

MOST_CHARACTERS = 70


def format_plan(plan: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the table of `nodepool plan`: a line a pool, those that no spec names last."""
    rows = [_step(step) for step in plan["steps"]]
    left = [
        {**dict.fromkeys(rows[0], ""), "Action": "left alone", "Pool": _pool(other), "Size": _text(other["size"])}
        for other in plan["untouched"]
    ]
    return rows + left


def format_outcomes(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the table of `nodepool apply`: what became of each step."""
    return [
        {
            "Action": row["action"],
            "Pool": _pool(row),
            "Outcome": row["outcome"],
            "Detail": _text(str(row["detail"]).partition("\n")[0]) if row["detail"] else "",
        }
        for row in rows
    ]


def _step(step: Mapping[str, Any]) -> dict[str, str]:
    cost = step["cost"]
    return {
        "Action": step["action"],
        "Pool": _pool(step),
        "Size": _text(step["size"]),
        "Changes": str(len(step["changes"])),
        "Now/h": dollars_cell(cost["hourNow"]),
        "After/h": dollars_cell(cost["hourAfter"]),
        "Most/h": dollars_cell(cost["hourMost"]),
        "Findings": _text(", ".join(f"{one['id']} {one['status']}" for one in step["findings"]) or "none"),
    }


def _pool(row: Mapping[str, Any]) -> str:
    return f"{str(row['cluster']).rpartition('/')[2]}/{row['name']}"


def _text(value: Any) -> str:
    return text_cell(value, MOST_CHARACTERS)
