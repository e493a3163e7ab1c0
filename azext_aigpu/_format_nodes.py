"""Tables of `node` and `scan` for `-o table`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract.duration import render_duration
from aigpu_contract.rendering import printable

Row = Mapping[str, Any]

UNKNOWN = "?"
NONE = "-"
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
    return [{"Fact": key, "Value": _text(_joined(value), MOST_OF_FACT)} for key, value in facts.items()]


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
        "$/h": _dollars(row.get("hourly")),
        "So far": _dollars(row.get("soFar")),
        "Seen": _text(row.get("seen") or NONE),
    }


def _age(seconds: int | None) -> str:
    """Return an age in one or two units: `45s`, `12m`, `5h20m`, `3d`."""
    if seconds is None:
        return UNKNOWN
    if seconds >= 2 * _DAY_S:
        return f"{seconds // _DAY_S}d"
    if seconds < 60:
        return render_duration(max(0, seconds))
    return render_duration(seconds - seconds % 60)


def _joined(value: Any) -> Any:
    return (" ".join(map(str, value)) or NONE) if isinstance(value, list) else value


def _text(value: Any, most: int = MOST_CHARACTERS) -> str:
    text = "" if value is None else printable(str(value))
    return (text if len(text) <= most else text[: most - 3] + "...") or UNKNOWN


def _dollars(value: Any) -> str:
    return NONE if value is None else f"${float(value):,.2f}"
