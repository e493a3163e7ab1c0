"""Tables of `sku find`, `policy` and `vm create`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract.rendering import clip
from azext_aigpu._cells import UNKNOWN, dollars_cell
from azext_aigpu._format import ON_OFFER

Row = Mapping[str, Any]

MOST_OF_PROBLEM = 30
_MINUTE = 60


def format_capacity(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return the table of `sku find`."""
    return [_failed_row(row) if row["size"] is None else _capacity_row(row) for row in rows]


def format_policy(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return the table of `policy create`, `list` and `delete`: a line for a definition or an assignment."""
    return [
        {
            "Name": str(row["name"]),
            "Kind": str(row["kind"]),
            "State": str(row.get("action") or row.get("state")),
            "Effect": str(row.get("effect") or "-"),
        }
        for row in rows
    ]


def format_definitions(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return the table of `policy show`."""
    return [{"Name": row["name"], "Mode": row["mode"], "What": row["displayName"]} for row in rows]


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


def _capacity_row(row: Row) -> dict[str, str]:
    lifecycle = row.get("lifecycle") or "lifecycle unknown"
    available = str(row["available"])
    return {
        "Region": str(row["region"]),
        "Size": str(row["size"]),
        "GPU/h": dollars_cell(row.get("priceGpuHour")),
        "Node/h": dollars_cell(row.get("priceHour")),
        "Zones": " ".join(row["zones"]) or "-",
        "Quota": UNKNOWN if row["quotaNodes"] is None else str(row["quotaNodes"]),
        "Driver": str(row.get("driver") or UNKNOWN),
        "Available": available if lifecycle == ON_OFFER else f"{available}, {lifecycle}",
        "Age": _age(row),
    }


def _failed_row(row: Row) -> dict[str, str]:
    problem = str(row["available"])
    cut = clip(problem, MOST_OF_PROBLEM)
    unknown = dict.fromkeys(("Size", "GPU/h", "Node/h", "Zones", "Quota", "Driver"), UNKNOWN)
    return {"Region": str(row["region"]), **unknown, "Available": cut, "Age": _age(row)}


def _age(row: Row) -> str:
    seconds = int(row["ageSeconds"])
    return "now" if seconds < _MINUTE else f"{seconds // _MINUTE} min"
