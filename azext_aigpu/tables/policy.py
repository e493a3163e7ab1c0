"""Tables of `policy`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from azext_aigpu.tables.cells import NONE

Row = Mapping[str, Any]


def format_policy(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return the table of `policy create`, `list` and `delete`: a line for a definition or an assignment."""
    return [
        {
            "Name": str(row["name"]),
            "Kind": str(row["kind"]),
            "State": str(row.get("action") or row.get("state")),
            "Effect": str(row.get("effect") or NONE),
        }
        for row in rows
    ]


def format_definitions(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return the table of `policy show`."""
    return [{"Name": row["name"], "Mode": row["mode"], "What": row["displayName"]} for row in rows]
