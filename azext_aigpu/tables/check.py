"""The table of `check` and `nodepool check`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azext_aigpu.tables.cells import dollars_cell, text_cell

Row = Mapping[str, Any]

MOST_OF_PLACE = 96
MOST_OF_ADDRESS = 56
_VERDICTS = ("FAIL", "UNKNOWN", "WARN", "PASS", "SKIPPED")


def format_report(report: Row) -> list[dict[str, str]]:
    """Return the table of a check: what was judged and what was not, worst first."""
    order = {name: at for at, name in enumerate(_VERDICTS)}
    rows = sorted(report.get("items") or (), key=lambda row: order.get(str(row.get("verdict")), len(order)))
    return [_checked_row(row) for row in rows]


def _checked_row(row: Row) -> dict[str, str]:
    names = [row.get(key) for key in ("resourceGroup", "cluster", "name")]
    address = "/".join(map(str, names)) if all(names) else text_cell(row.get("address"), MOST_OF_PLACE)
    return {
        # Of a long address the end tells more than the start.
        "Address": address if len(address) <= MOST_OF_ADDRESS else "..." + address[3 - MOST_OF_ADDRESS :],
        "Action": text_cell(row.get("action")),
        "Size": text_cell(row.get("size")),
        "GPU": text_cell(row.get("gpu") or ("none" if row.get("whyNot") else None)),
        "Now/h": "" if row.get("whyNot") else dollars_cell(row.get("hourNow")),
        "Most/h": "" if row.get("whyNot") else dollars_cell(row.get("hourMost")),
        "Verdict": text_cell(row.get("verdict")).lower() if row.get("whyNot") else text_cell(row.get("verdict")),
    }
