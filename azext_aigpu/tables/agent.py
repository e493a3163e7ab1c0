"""The table of `agent status`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azext_aigpu.tables.cells import NONE, UNKNOWN, text_cell

MOST_OF_PROBLEMS = 200


def format_agent(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the table of `agent install` and `agent status`."""
    nodes, plugin = row["nodes"], row["devicePlugin"]
    return [
        {
            "Image": str(row["image"] or UNKNOWN),
            "Mode": str(row["mode"] or UNKNOWN),
            "Profile": row["profile"],
            "Ready": _ready(nodes),
            "ReverseRule": row["reverseRule"],
            "OwnNode": row["ownNodePolicy"],
            "DevicePlugin": NONE if plugin is None else _ready(plugin),
            # The reasons alone: what was seen and what to do stands on stderr, and in -o json.
            "Problems": text_cell(", ".join(_reasons(row)) or "none", MOST_OF_PROBLEMS),
        }
    ]


def _reasons(row: Mapping[str, Any]) -> list[str]:
    """Return the reasons of the problems by their status, each once, the worst first: `FAIL PolicyDoubted`."""
    by_status: dict[str, dict[str, None]] = {}
    for one in row["problems"]:
        by_status.setdefault(one["status"], {})[one["reason"]] = None
    return [" ".join((status, *reasons)) for status, reasons in by_status.items()]


def _ready(counts: Mapping[str, int | None]) -> str:
    ready, desired = (UNKNOWN if counts[key] is None else str(counts[key]) for key in ("ready", "desired"))
    return f"{ready}/{desired}"
