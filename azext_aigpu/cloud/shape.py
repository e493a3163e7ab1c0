"""Checks that JSON from the cloud has the shape that is read from it. Each function raises ValueError."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def as_object(value: Any, what: str) -> Mapping[str, Any]:
    """Return `value` if it is a JSON object."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} is not an object")  # noqa: TRY004 (bad data, not a bad call)
    return value


def as_list(value: Any, what: str) -> Sequence[Any]:
    """Return `value` if it is a JSON array; an empty one for null."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError(f"{what} is not an array")  # noqa: TRY004 (bad data, not a bad call)
    return value


def as_text(value: Any, what: str) -> str:
    """Return `value` if it is a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{what} is missing or not a text")
    return value


def as_texts(value: Any, what: str) -> tuple[str, ...]:
    """Return `value` if it is an array of texts; an empty one for null."""
    return tuple(as_text(item, what) for item in as_list(value, what))


def optional_text(value: Any, what: str) -> str | None:
    """Return `value` if it is a text, or None for null."""
    return None if value is None else as_text(value, what)


def as_count(value: Any, what: str) -> int:
    """Return `value` if it is a whole number, written as a number or in digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{what} is {value!r}, not a whole number")  # noqa: TRY004 (bad data, not a bad call)
    return value
