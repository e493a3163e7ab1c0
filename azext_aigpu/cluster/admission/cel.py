"""Pieces of the Common Expression Language that the policies are put together from. Pure.

What an API server of Kubernetes 1.30 knows, and nothing newer: optional fields (`a.?b`), quantities, string functions.
An object is read as `dyn`, because one expression judges many kinds, and fields that come with later versions too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

_STEP = re.compile(r"([A-Za-z]+)(\[\]|\{\})?")


def quote(text: str) -> str:
    """Return a string literal."""
    return json.dumps(text)


def list_of(texts: Iterable[str]) -> str:
    """Return a list literal of strings."""
    return "[" + ", ".join(map(quote, texts)) + "]"


def tidy(expression: str) -> str:
    """Return the expression without blanks at the ends of lines: YAML would write it as one line full of escapes."""
    return re.sub(r" +\n", "\n", expression)


def templates_at(root: str, place: str) -> str:
    """Return an expression for the list of what stands at `place` of the object `root`, each as an optional value.

    `[]` in a place stands for every item of a list, `{}` for every value of a map. Raises ValueError for no place.
    """
    if not place:
        return f"[optional.of({root})]"
    chain = root
    steps = place.split(".")
    for index, step in enumerate(steps):
        match = _STEP.fullmatch(step)
        if match is None:
            raise ValueError(f"{place!r} is not a place: {step!r}")
        chain += f".?{match[1]}"
        if match[2]:
            rest = "".join(f".?{name}" for name in steps[index + 1 :])
            return _each(chain, match[2], rest)
    return f"[{chain}]"


def _each(chain: str, brackets: str, rest: str) -> str:
    if brackets == "[]":
        return f"{chain}.orValue([]).map(e, e{rest})"
    return f"{chain}.orValue({{}}).map(k, {chain}[?k]{rest})"
