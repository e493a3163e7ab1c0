"""The table of `job check`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aigpu_contract.rendering import printable
from azext_aigpu.tables.cells import NONE, text_cell

Row = Mapping[str, Any]

MOST_OF_NAME = 30
GOOD = ("PASS", "SKIPPED")


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
