"""The table of `agent status` for `-o table`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NONE = "-"


def format_agent(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the table of `agent install` and `agent status`."""
    nodes, plugin = row["nodes"], row["devicePlugin"]
    return [
        {
            "Image": str(row["image"] or "?"),
            "Mode": str(row["mode"] or "?"),
            "Profile": row["profile"],
            "Ready": _ready(nodes),
            "ReverseRule": row["reverseRule"],
            "OwnNode": row["ownNodePolicy"],
            "DevicePlugin": NONE if plugin is None else _ready(plugin),
            "Problems": str(len(row["problems"])),
        }
    ]


def _ready(counts: Mapping[str, int]) -> str:
    return f"{counts['ready']}/{counts['desired']}"
