"""The names that somebody may have meant who mistyped one."""

from __future__ import annotations

from typing import Dict, Iterable, Tuple

MOST_COMPARED = 100
"""Characters of a typed name that are compared: comparing takes time by the square of the length."""

LEAST_ALIKE = 0.5
"""The least ratio, 0 to 1, of what two names must have in common."""


def near_names(typed: str, names: Iterable[str], most: int = 1) -> Tuple[str, ...]:
    """Return those of `names` that are most like `typed`, nearest first; capitals, spaces, `-` and `_` do not count."""
    import difflib  # noqa: PLC0415 (only for a typo)

    by_letters: Dict[str, str] = {}
    for name in names:
        by_letters.setdefault(_letters(name), name)
    found = difflib.get_close_matches(_letters(typed[:MOST_COMPARED]), by_letters, n=most, cutoff=LEAST_ALIKE)
    return tuple(by_letters[letters] for letters in found)


def _letters(name: str) -> str:
    return name.lower().translate({ord(sign): None for sign in " -_"})
