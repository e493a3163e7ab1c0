"""Tables of `node` and `scan`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract.duration import render_duration
from azext_aigpu.tables.cells import NONE, UNKNOWN, dollars_cell, text_cell

Row = Mapping[str, Any]

MOST_CHARACTERS = 60
MOST_OF_FACT = 110
_DAY_S = 86_400


def format_nodes(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return the table of `node list`."""
    return [_node_row(row) for row in rows]


def format_node(row: Row) -> list[dict[str, str]]:
    """Return the table of `node show`: a line a fact."""
    counts = row["counts"]
    facts = {**{key: value for key, value in row.items() if key != "counts"}, **counts}
    return [{"Fact": key, "Value": text_cell(_joined(value), MOST_OF_FACT)} for key, value in facts.items()]


def format_scan(report: Row) -> list[dict[str, str]]:
    """Return the table of `scan`: a line a finding, the dearest first."""
    return [_finding_row(row) for row in report["findings"]]


def _node_row(row: Row) -> dict[str, str]:
    counts = row["counts"]
    held = [*row["taints"], *(["paused"] if row["paused"] else [])]
    return {
        "Name": _text(row["name"]),
        "Size": _text(row["size"]),
        "GPU": _text(row["gpu"]),
        # GPUs by intent and by NVML, and what the kubelet offers: the layer that lost one shows.
        "Int/NVML/Kube": "/".join(_text(counts[key]) for key in ("intent", "nvml", "allocatable")),
        "Driver": _text(row["driver"]),
        "GPUReady": NONE if row["ready"] is None else _verdict(row["ready"], row["reason"]),
        "Proven": _age(row["proofAgeSeconds"]),
        "Held": " ".join(held) or NONE,
    }


def _verdict(status: str, reason: str | None) -> str:
    return status if status == "True" or not reason else f"{status} {_text(reason)}"


def _finding_row(row: Row) -> dict[str, str]:
    return {
        "Verdict": row["status"],
        "Finding": _text(row["reason"]),
        "What": _text(row["what"]),
        "Pool": _text(row.get("pool") or NONE),
        "$/h": dollars_cell(row.get("hourly")) if row.get("nodes") else NONE,
        # Where the price is known, no sum means that nobody counted: idle GPUs have no beginning.
        "So far": dollars_cell(row.get("soFar")) if _is_counted(row) else NONE,
        "Seen": _text(row.get("seen") or NONE),
    }


def _is_counted(row: Row) -> bool:
    return row.get("soFar") is not None or (bool(row.get("nodes")) and row.get("hourly") is None)


def _age(seconds: int | None) -> str:
    """Return an age in one or two units: `45s`, `12m`, `5h20m`, `3d`."""
    if seconds is None:
        return UNKNOWN
    if seconds >= 2 * _DAY_S:
        return f"{seconds // _DAY_S}d"
    if seconds < 60:
        return render_duration(max(0, seconds))
    return render_duration(seconds - seconds % 60)


def _text(value: Any) -> str:
    return text_cell(value, MOST_CHARACTERS)


def _joined(value: Any) -> Any:
    return (" ".join(map(str, value)) or NONE) if isinstance(value, list) else value
