"""Runs `nodepool check` in the tests of this folder."""

from __future__ import annotations

from typing import Any

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import Result, run

CLUSTER = ("-g", "rg-train", "--cluster-name", "aks-train")
EVERYWHERE = ("--all-subscriptions",)


def check(azure: LocalAzure, *arguments: str) -> Result:
    """Run `az aigpu nodepool check`."""
    return run(azure, "aigpu", "nodepool", "check", *arguments)


def rows(result: Result) -> dict[str, Any]:
    """Return the pools by name, and what has none by address."""
    return {row["name"] or row["address"]: row for row in result.data["items"]}
