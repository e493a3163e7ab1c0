"""Reads the pages of findings below `docs/reference`, and the modules whose findings they are about."""

from __future__ import annotations

import ast
import re
from pathlib import Path

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def words_of(module: Path) -> set[str]:
    """Return every text that a module has in its code."""
    tree = ast.parse(module.read_text("utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def rows_of(page: str) -> set[tuple[str, str]]:
    """Return reason and status of each row of a page's table."""
    rows = re.findall(r"^\| `(\w+)` \| ([A-Z, ]+) \|", page, re.MULTILINE)
    return {(reason, status) for reason, statuses in rows for status in statuses.split(", ")}


def shown_on(page: str) -> str:
    """Return the one finding that a page shows."""
    (block,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    return str(block).rstrip("\n")
