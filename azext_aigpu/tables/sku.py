"""Tables of `sku`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract.rendering import clip
from azext_aigpu.tables.cells import NONE, UNKNOWN, dollars_cell, text_cell

Row = Mapping[str, Any]

ON_OFFER = "ga"
WHOLE = "1"
NO_CUDA = "no CUDA"
MOST_OF_FACT = 96
MOST_OF_PROBLEM = 30
_MINUTE = 60


def format_skus(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return the table of `sku list`."""
    return [_sku_row(row) for row in rows]


def format_sku(row: Row) -> list[dict[str, str]]:
    """Return the table of `sku show`: a line a fact, because one size has more facts than a line has room for."""
    return [{"Fact": key, "Value": text_cell(value, MOST_OF_FACT)} for key, value in row.items()]


def format_capacity(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return the table of `sku find`."""
    return [_failed_row(row) if row["size"] is None else _capacity_row(row) for row in rows]


def _sku_row(row: Row) -> dict[str, str]:
    return {
        "Size": text_cell(row.get("size")),
        "GPU": _gpus(row),
        "CPUs": text_cell(row.get("vcpus")),
        "Price/h": dollars_cell(row.get("priceHour")),
        "Zones": text_cell(row.get("zones")),
        "Quota": text_cell(row.get("quotaNodes")),
        "Available": _available(text_cell(row.get("available")), row.get("lifecycle")),
    }


def _gpus(row: Row) -> str:
    """Return number and model id, as --gpu-count and --gpu-model take them; in words where that would mislead."""
    model, share, words = row.get("gpuModel"), row.get("gpuShare"), text_cell(row.get("gpu"))
    if NO_CUDA in words:
        return words
    if model is None:
        return UNKNOWN
    if share in (None, WHOLE):
        return f"{text_cell(row.get('gpuCount'))}x {model}" + ("" if share else ", share " + UNKNOWN)
    return f"{share} {model}"


def _available(available: str, lifecycle: str | None) -> str:
    if lifecycle == ON_OFFER or not available.startswith("yes"):
        return available
    return f"{available}, {lifecycle or 'lifecycle unknown'}"


def _capacity_row(row: Row) -> dict[str, str]:
    lifecycle = row.get("lifecycle") or "lifecycle unknown"
    available = str(row["available"])
    return {
        "Region": str(row["region"]),
        "Size": str(row["size"]),
        "GPU/h": dollars_cell(row.get("priceGpuHour")),
        "Node/h": dollars_cell(row.get("priceHour")),
        "Zones": " ".join(row["zones"]) or NONE,
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
