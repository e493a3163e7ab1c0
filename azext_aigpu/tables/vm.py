"""The table of `vm create`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azext_aigpu.tables.cells import UNKNOWN, dollars_cell

Row = Mapping[str, Any]


def format_machine(made: Row) -> list[dict[str, str]]:
    """Return the table of `vm create`: the machine, or the resources of the template that `--dry-run` gives."""
    if "resources" in made:
        return [{"Type": str(one["type"]), "Name": str(one["name"])} for one in made["resources"]]
    own = made["aigpu"]
    return [
        {
            "Name": str(made["name"]),
            "Region": str(made["location"]),
            "Size": str(own["size"]),
            "GPU": str(own["gpu"] or UNKNOWN),
            "Driver": str(own["driver"] or UNKNOWN),
            "Extension": str(own["driverExtension"]),
            "Price/h": dollars_cell(own["hourNow"]),
        }
    ]
