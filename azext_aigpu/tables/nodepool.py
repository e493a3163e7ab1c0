"""Tables of `nodepool add`, `update`, `list` and `show`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from azext_aigpu.tables.cells import dollars_cell, text_cell

Row = Mapping[str, Any]

SUCCEEDED = "Succeeded"


def format_pools(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return the table of `nodepool list`."""
    return [_pool_row(row) for row in rows]


def format_pool(pool: Row | list[Row]) -> list[dict[str, str]]:
    """Return the table of one pool, or of the plans that `--dry-run` gives."""
    if isinstance(pool, list):
        return [row for item in pool for row in format_pool(item)]
    if "action" in pool:
        return [_plan_row(pool)]
    return [_pool_row(pool.get("aigpu") or pool)]


def _pool_row(row: Row) -> dict[str, str]:
    taints = str(row.get("taint") or "").split()
    return {
        "Name": text_cell(row.get("name")),
        "Size": text_cell(row.get("size")),
        "GPU": text_cell(row.get("gpu")),
        "Nodes": text_cell(row.get("nodes")),
        "Driver": text_cell(row.get("driver")),
        # The keys alone: effects and values are long, and -o json has them.
        "Taint": text_cell(" ".join(taint.partition("=")[0] for taint in taints) or "none"),
        "Now/h": dollars_cell(row.get("hourNow")),
        "Most/h": dollars_cell(row.get("hourMost")),
        "Verdict": _verdict(row.get("verdict"), row.get("state")),
    }


def _verdict(verdict: Any, state: Any) -> str:
    """Return the verdict, with the provisioning state where that is not simply done."""
    return text_cell(verdict) if state == SUCCEEDED else f"{text_cell(verdict)}, {text_cell(state)}"


def _plan_row(plan: Row) -> dict[str, str]:
    cost = plan.get("cost") or {}
    findings = [f"{item['id']} {item['status']}" for item in plan.get("findings") or ()]
    return {
        "Action": text_cell(plan.get("action")),
        "Name": text_cell(plan.get("name")),
        "Size": text_cell((plan.get("properties") or {}).get("vmSize")),
        "Changes": str(len(plan.get("changes") or ())),
        "Now/h": dollars_cell(cost.get("hourNow")),
        "Most/h": dollars_cell(cost.get("hourMost")),
        "Findings": text_cell(", ".join(findings) or "none"),
    }
