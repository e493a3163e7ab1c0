"""Merges entries of the Resource SKUs API into catalogue rows: fills what is empty, reports what contradicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_MIB_PER_GIB = 1024
_BYTES_PER_GIB = 1024**3


@dataclass
class Differences:
    """What a live answer says that the catalogue does not."""

    filled: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the differences as lines to read."""
        return (
            [f"contradicts the catalogue, kept as it is: {text}" for text in self.contradicted]
            + [f"not in the catalogue, add a row: {text}" for text in self.missing]
            + [f"filled: {text}" for text in self.filled]
        )


def merge_live(rows: list[dict[str, Any]], entries: list[dict[str, Any]]) -> Differences:
    """Fill empty cells of `rows` in place from `entries` (elements of the API's `value`)."""
    by_name = {row["size"].lower(): row for row in rows}
    differences = Differences()
    for entry in entries:
        if entry.get("resourceType") != "virtualMachines":
            continue
        facts = read_facts(entry)
        row = by_name.get(entry["name"].lower())
        if row is not None:
            _merge_row(row, facts, differences)
        elif facts["gpuCount"]:
            differences.missing.append(f"{entry['name']} ({facts['gpuCount']:g} GPUs by the API)")
    return differences


def read_facts(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the catalogue's columns that one API entry can tell; absent capabilities are None."""
    capabilities = {item["name"]: item["value"] for item in entry.get("capabilities", [])}
    return {
        "gpuCount": _number(capabilities.get("GPUs"), 1),
        "vcpus": _number(capabilities.get("vCPUs"), 1),
        "memoryGib": _number(capabilities.get("MemoryGB"), 1),
        "architecture": {"x64": "x64", "Arm64": "arm64"}.get(capabilities.get("CpuArchitectureType", "")),
        "quotaFamily": entry.get("family") or None,
        "tempDiskGib": _number(capabilities.get("MaxResourceVolumeMB"), _MIB_PER_GIB),
        "cacheGib": _number(capabilities.get("CachedDiskBytes"), _BYTES_PER_GIB),
        "nvmeGib": _number(capabilities.get("NvmeDiskSizeInMiB"), _MIB_PER_GIB),
    }


def _merge_row(row: dict[str, Any], facts: dict[str, Any], differences: Differences) -> None:
    for key, value in facts.items():
        if value is None or row[key] == value:
            continue
        if row[key] is None and key != "gpuCount":
            row[key] = value
            differences.filled.append(f"{row['size']} {key} = {value}")
        else:
            differences.contradicted.append(f"{row['size']} {key}: catalogue {row[key]}, API {value}")


def _number(text: str | None, unit: int) -> int | float | None:
    if text is None:
        return None
    value = round(float(text) / unit, 1)
    return int(value) if value.is_integer() else value
