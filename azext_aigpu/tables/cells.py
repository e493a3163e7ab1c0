"""The cells of tables for `-o table`: text that fits and steers no terminal, dollars, what is unknown. Pure."""

from __future__ import annotations

from typing import Any

from aigpu_contract.rendering import clip, printable

UNKNOWN = "?"
NONE = "-"
"""There is nothing of it, and that is known."""

MOST_CHARACTERS = 44
"""The most that one cell may take of a line, where a table does not say another number."""


def text_cell(value: Any, most: int = MOST_CHARACTERS) -> str:
    """Return a value as text. What is unknown is said so, never left empty."""
    text = " ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return clip(printable(text), most) or UNKNOWN


def dollars_cell(value: Any) -> str:
    """Return an amount in dollars; an unknown one is never shown as nothing."""
    return UNKNOWN if value is None else f"${float(value):,.2f}"
