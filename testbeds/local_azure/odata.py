"""The part of OData's `$filter` that a price list is asked with.

`eq`, `ne`, `contains`, `startswith`, `endswith`, joined by `and` and `or`, with brackets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),])|(?P<word>[^\s(),']+))")
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, part: part in value,
    "startswith": lambda value, part: value.startswith(part),
    "endswith": lambda value, part: value.endswith(part),
}


@dataclass(frozen=True)
class Filter:
    """A parsed filter: `test` judges a row; `fixed` are the fields that every matching row has with that very value."""

    test: Test
    fixed: Mapping[str, str] = field(default_factory=dict)


def parse_filter(text: str) -> Filter:
    """The filter in `text`, values compared with their case. Raises ValueError where it does not parse."""
    parser = _Parser(_tokens(text))
    if not parser.tokens:
        return Filter(lambda _: True)
    parsed = parser.alternatives()
    if parser.tokens:
        raise ValueError(f"{' '.join(parser.tokens)!r} is left over")
    return parsed


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"cannot read {text[position:]!r}")
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def alternatives(self) -> Filter:
        parts = [self.conjunction()]
        while self.accept("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Filter(lambda row: any(part.test(row) for part in parts))

    def conjunction(self) -> Filter:
        parts = [self.comparison()]
        while self.accept("and"):
            parts.append(self.comparison())
        fixed = {key: value for part in parts for key, value in part.fixed.items()}
        return Filter(lambda row: all(part.test(row) for part in parts), fixed)

    def comparison(self) -> Filter:
        if self.accept("("):
            inner = self.alternatives()
            self.expect(")")
            return inner
        name = self.take()
        return self.function(name) if name.lower() in _FUNCTIONS else self.equality(name)

    def function(self, name: str) -> Filter:
        compare = _FUNCTIONS[name.lower()]
        self.expect("(")
        column = self.take()
        self.expect(",")
        part = self.value()
        self.expect(")")
        return Filter(lambda row: compare(str(row.get(column) or ""), part))

    def equality(self, column: str) -> Filter:
        operator = self.take().lower()
        value = self.value()
        if operator == "eq":
            return Filter(lambda row: _as_text(row.get(column)) == value, {column: value})
        if operator == "ne":
            return Filter(lambda row: _as_text(row.get(column)) != value)
        raise ValueError(f"there is no operator {operator!r}")

    def value(self) -> str:
        token = self.take()
        return token[1:-1].replace("''", "'") if token.startswith("'") else token

    def take(self) -> str:
        if not self.tokens:
            raise ValueError("it ends too early")
        return self.tokens.pop(0)

    def accept(self, word: str) -> bool:
        if self.tokens and self.tokens[0].lower() == word:
            self.tokens.pop(0)
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise ValueError(f"{word!r} is missing")


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
