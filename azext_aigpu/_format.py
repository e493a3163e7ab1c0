"""Tables for `-o table`: few columns that fit a terminal of 120 characters. Everything else is in `-o json`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract.rendering import printable
from azext_aigpu._cells import NONE, UNKNOWN, dollars_cell, text_cell

Row = Mapping[str, Any]

SUCCEEDED = "Succeeded"
ON_OFFER = "ga"
WHOLE = "1"
NO_CUDA = "no CUDA"
MOST_OF_FACT = 96
MOST_OF_ADDRESS = 56
_VERDICTS = ("FAIL", "UNKNOWN", "WARN", "PASS", "SKIPPED")
MOST_OF_NAME = 30
GOOD = ("PASS", "SKIPPED")


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
    return [{"Fact": key, "Value": text_cell(value, MOST_OF_FACT)} for key, value in row.items()]


def format_job_report(report: Row) -> list[dict[str, str]]:
    """Return the table of `job check`: a line a finding, and one for each workload without any."""
    return [line for row in report["workloads"] for line in _job_rows(row)]


def _job_rows(row: Row) -> list[dict[str, str]]:
    name = printable(f"{row['kind']} {row['name']}")
    place = {"Line": str(row["line"]), "Workload": text_cell(name, MOST_OF_NAME)}
    bad = [finding for finding in row["findings"] if finding["status"] not in GOOD]
    return [
        {
            **place,
            "Verdict": finding["status"],
            "Finding": text_cell(finding["reason"]),
            "Container": printable((finding.get("evidence") or {}).get("container", "")),
            "Seen": text_cell(finding.get("seen") or NONE),
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
    address = "/".join(map(str, names)) if all(names) else text_cell(row.get("address"), MOST_OF_FACT)
    return {
        # Of a long address the end tells more than the start.
        "Address": address if len(address) <= MOST_OF_ADDRESS else "..." + address[3 - MOST_OF_ADDRESS :],
        "Action": text_cell(row.get("action")),
        "Size": text_cell(row.get("size")),
        "GPU": text_cell(row.get("gpu") or ("none" if row.get("whyNot") else None)),
        "Now/h": "" if row.get("whyNot") else dollars_cell(row.get("hourNow")),
        "Most/h": "" if row.get("whyNot") else dollars_cell(row.get("hourMost")),
        "Verdict": text_cell(row.get("verdict")).lower() if row.get("whyNot") else text_cell(row.get("verdict")),
    }


def _pool_row(row: Row) -> dict[str, str]:
    taints = str(row.get("taint") or "").split()
    return {
        "Name": text_cell(row.get("name")),
        "Size": text_cell(row.get("size")),
        "GPU": text_cell(row.get("gpu")),
        "Nodes": text_cell(row.get("nodes")),
        "Driver": text_cell(row.get("driver")),
        # The keys alone: effects and values are long, and -o json has them.
        "Taint": text_cell(" ".join(taint.partition("=")[0] for taint in taints) or "none"),
        "Now/h": dollars_cell(row.get("hourNow")),
        "Most/h": dollars_cell(row.get("hourMost")),
        "Verdict": _verdict(row.get("verdict"), row.get("state")),
    }


def _verdict(verdict: Any, state: Any) -> str:
    """Return the verdict, with the provisioning state where that is not simply done."""
    return text_cell(verdict) if state == SUCCEEDED else f"{text_cell(verdict)}, {text_cell(state)}"


def _plan_row(plan: Row) -> dict[str, str]:
    cost = plan.get("cost") or {}
    findings = [f"{item['id']} {item['status']}" for item in plan.get("findings") or ()]
    return {
        "Action": text_cell(plan.get("action")),
        "Name": text_cell(plan.get("name")),
        "Size": text_cell((plan.get("properties") or {}).get("vmSize")),
        "Changes": str(len(plan.get("changes") or ())),
        "Now/h": dollars_cell(cost.get("hourNow")),
        "Most/h": dollars_cell(cost.get("hourMost")),
        "Findings": text_cell(", ".join(findings) or "none"),
    }


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
