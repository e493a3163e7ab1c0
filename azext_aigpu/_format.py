"""Tables for `-o table`: few columns that fit a terminal of 120 characters. Everything else is in `-o json`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract.rendering import printable

Row = Mapping[str, Any]

UNKNOWN = "?"
SUCCEEDED = "Succeeded"
ON_OFFER = "ga"
WHOLE = "1"
NO_CUDA = "no CUDA"
MOST_CHARACTERS = 44
"""The most that one cell may take of a line."""
MOST_OF_FACT = 96
MOST_OF_ADDRESS = 56
_VERDICTS = ("FAIL", "UNKNOWN", "WARN", "PASS", "SKIPPED")
MOST_OF_NAME = 30
GOOD = ("PASS", "SKIPPED")
NOTHING = "-"


def format_pools(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return the table of `nodepool list`."""
    return [_pool_row(row) for row in rows]


def format_pool(pool: Row | list[Row]) -> list[dict[str, str]]:
    """Return the table of one pool, or of the plans that `--dry-run` gives."""
    if isinstance(pool, list):
        return [row for item in pool for row in format_pool(item)]
    if "action" in pool:
        return [_plan_row(pool)]
    return [_pool_row(pool.get("aigpu") or pool)]


def format_skus(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return the table of `sku list`."""
    return [_sku_row(row) for row in rows]


def format_sku(row: Row) -> list[dict[str, str]]:
    """Return the table of `sku show`: a line a fact, because one size has more facts than a line has room for."""
    return [{"Fact": key, "Value": _text(value, MOST_OF_FACT)} for key, value in row.items()]


def format_job_report(report: Row) -> list[dict[str, str]]:
    """Return the table of `job check`: a line a finding, and one for each workload without any."""
    return [line for row in report["workloads"] for line in _job_rows(row)]


def _job_rows(row: Row) -> list[dict[str, str]]:
    name = printable(f"{row['kind']} {row['name']}")
    place = {"Line": str(row["line"]), "Workload": _text(name, MOST_OF_NAME)}
    bad = [finding for finding in row["findings"] if finding["status"] not in GOOD]
    return [
        {
            **place,
            "Verdict": finding["status"],
            "Finding": _text(finding["reason"]),
            "Container": printable((finding.get("evidence") or {}).get("container", "")),
            "Seen": _text(printable(finding.get("seen") or NOTHING)),
        }
        for finding in bad or row["findings"][:1]
    ]


def format_report(report: Row) -> list[dict[str, str]]:
    """Return the table of a check: what was judged and what was not, worst first."""
    order = {name: at for at, name in enumerate(_VERDICTS)}
    rows = sorted(report.get("items") or (), key=lambda row: order.get(str(row.get("verdict")), len(order)))
    return [_checked_row(row) for row in rows]


def _checked_row(row: Row) -> dict[str, str]:
    names = [row.get(key) for key in ("resourceGroup", "cluster", "name")]
    address = "/".join(map(str, names)) if all(names) else _text(row.get("address"), MOST_OF_FACT)
    return {
        # Of a long address the end tells more than the start.
        "Address": address if len(address) <= MOST_OF_ADDRESS else "..." + address[3 - MOST_OF_ADDRESS :],
        "Action": _text(row.get("action")),
        "Size": _text(row.get("size")),
        "GPU": _text(row.get("gpu") or ("none" if row.get("whyNot") else None)),
        "Most/h": "" if row.get("whyNot") else _dollars(row.get("hourMost")),
        "Verdict": _text(row.get("verdict")).lower() if row.get("whyNot") else _text(row.get("verdict")),
    }


def _pool_row(row: Row) -> dict[str, str]:
    taints = str(row.get("taint") or "").split()
    return {
        "Name": _text(row.get("name")),
        "Size": _text(row.get("size")),
        "GPU": _text(row.get("gpu")),
        "Nodes": _text(row.get("nodes")),
        "Driver": _text(row.get("driver")),
        # The keys alone: effects and values are long, and -o json has them.
        "Taint": _text(" ".join(taint.partition("=")[0] for taint in taints) or "none"),
        "Now/h": _dollars(row.get("hourNow")),
        "Most/h": _dollars(row.get("hourMost")),
        "Verdict": _verdict(row.get("verdict"), row.get("state")),
    }


def _verdict(verdict: Any, state: Any) -> str:
    """Return the verdict, with the provisioning state where that is not simply done."""
    return _text(verdict) if state == SUCCEEDED else f"{_text(verdict)}, {_text(state)}"


def _plan_row(plan: Row) -> dict[str, str]:
    cost = plan.get("cost") or {}
    findings = [f"{item['id']} {item['status']}" for item in plan.get("findings") or ()]
    return {
        "Action": _text(plan.get("action")),
        "Name": _text(plan.get("name")),
        "Size": _text((plan.get("properties") or {}).get("vmSize")),
        "Changes": str(len(plan.get("changes") or ())),
        "Now/h": _dollars(cost.get("hourNow")),
        "Most/h": _dollars(cost.get("hourMost")),
        "Findings": _text(", ".join(findings) or "none"),
    }


def _sku_row(row: Row) -> dict[str, str]:
    return {
        "Size": _text(row.get("size")),
        "GPU": _gpus(row),
        "CPUs": _text(row.get("vcpus")),
        "Price/h": _dollars(row.get("priceHour")),
        "Zones": _text(row.get("zones")),
        "Quota": _text(row.get("quotaNodes")),
        "Available": _available(_text(row.get("available")), row.get("lifecycle")),
    }


def _gpus(row: Row) -> str:
    """Return number and model id, as --gpu-count and --gpu-model take them; in words where that would mislead."""
    model, share, words = row.get("gpuModel"), row.get("gpuShare"), _text(row.get("gpu"))
    if NO_CUDA in words:
        return words
    if model is None:
        return UNKNOWN
    if share in (None, WHOLE):
        return f"{_text(row.get('gpuCount'))}x {model}" + ("" if share else ", share " + UNKNOWN)
    return f"{share} {model}"


def _available(available: str, lifecycle: str | None) -> str:
    if lifecycle == ON_OFFER or not available.startswith("yes"):
        return available
    return f"{available}, {lifecycle or 'lifecycle unknown'}"


def _text(value: Any, most: int = MOST_CHARACTERS) -> str:
    """Return one cell. What is unknown is said so, never left empty."""
    text = " ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return (text if len(text) <= most else text[: most - 3] + "...") or UNKNOWN


def _dollars(value: Any) -> str:
    return UNKNOWN if value is None else f"${float(value):,.2f}"
