"""How a manifest is laid out, and new lines in the same layout."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

# What no parser of YAML 1.1 or 1.2 takes for anything but a text, checked words aside; quantities such as 8Gi among it.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./@-]*(:[A-Za-z0-9_./@-]+)*|[0-9]+([KMGTPE]i|[kMGTPm])")
_TRUTHS = ("y", "Y", "n", "N")
"""Truths of YAML 1.1 that PyYAML takes for texts, and the parser of kubectl does not."""

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_RESOLVER: Any = yaml.resolver.Resolver()  # its types leave resolve() out
_STRING = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class Layout:
    """Blanks by which a mapping stands deeper than its key, and the dash of a list deeper than its key."""

    step: int = 2
    dash: int = 0

    def entry(self, key: str, value: Any, column: int) -> list[str]:
        """Return the lines of `key: value` with the key at `column`."""
        head = " " * column + scalar(key) + ":"
        if isinstance(value, Mapping) and value:
            return [head, *self.mapping(value, column + self.step)]
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            return [head, *self.items(value, column + self.dash)]
        return [f"{head} {flow(value)}"]

    def mapping(self, data: Mapping[str, Any], column: int) -> list[str]:
        """Return the lines of a mapping whose keys stand at `column`."""
        return [line for key, value in data.items() for line in self.entry(key, value, column)]

    def items(self, values: Sequence[Any], column: int) -> list[str]:
        """Return the lines of a list whose dashes stand at `column`."""
        lines: list[str] = []
        for value in values:
            if isinstance(value, Mapping) and value:
                inner = self.mapping(value, column + 2)
                lines += [" " * column + "- " + inner[0].lstrip(" "), *inner[1:]]
            else:
                lines.append(" " * column + "- " + flow(value))
        return lines


def flow(value: Any) -> str:
    """Return a value on one line; the texts in a list all in quotes, as people write commands."""
    if isinstance(value, list):
        return "[" + ", ".join(quoted(item) if isinstance(item, str) else flow(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(one)}" for key, one in value.items()) + "}"
    return scalar(value)


def scalar(value: Any) -> str:
    """Return a single value as YAML that reads back as the same, whatever YAML takes for a number or a truth."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return value if _is_plain(value) else quoted(value)
    return str(value)


def quoted(text: str) -> str:
    """Return `text` in double quotes, with what is not printable escaped."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _is_plain(text: str) -> bool:
    return (
        bool(_PLAIN.fullmatch(text))
        and text not in _TRUTHS
        and _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) == _STRING
    )


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
