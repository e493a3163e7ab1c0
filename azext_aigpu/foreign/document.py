"""Parses a JSON document that somebody else wrote, within bounds. Pure: the bytes come from the caller.

A plan in a pull request is input from outside: it may be huge, nested without end, or say the same key twice, of which
one reader takes the first and another the last.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping
from typing import Any

MOST_BYTES = 64 * 1024 * 1024
"""Plans of large estates are some tens of megabytes; the parsed form takes several times as much memory."""

MOST_DEPTH = 120
"""Terraform's plans of nested modules reach about 60."""

_BINARY = {
    b"PK\x03\x04": "it is a saved plan in Terraform's own form; wanted is: terraform show -json FILE > plan.json",
    b"\x1f\x8b": "it is compressed",
}
_WANTED_OF_SUFFIX = {
    ".bicep": "it is Bicep; wanted is what 'az bicep build --file FILE --outfile main.json' writes",
    ".bicepparam": "it is Bicep; wanted is what 'az bicep build-params --file FILE --outfile main.parameters.json' "
    "writes",
    ".tf": "it is Terraform's source; wanted is a plan: terraform show -json tfplan > plan.json",
    ".tfvars": "it is Terraform's source; wanted is a plan: terraform show -json tfplan > plan.json",
}
_ENCODINGS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
"""PowerShell's `>` writes UTF-16 or a byte order mark."""


class UnreadableDocument(Exception):  # noqa: N818 (it reads as what happened)
    """A document is not what it should be; the text says what is wrong and what is wanted."""


def parse_document(content: bytes, name: str) -> Mapping[str, Any]:
    """Return the JSON object in `content`; `name` is the file's, for the messages. Raises UnreadableDocument."""
    try:
        data = json.loads(_decode(content), object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except RecursionError as error:
        raise UnreadableDocument(f"{name}: its values are nested more than {MOST_DEPTH} deep") from error
    except ValueError as error:
        raise UnreadableDocument(f"{name}: {_explain(content, name, error)}") from error
    if not isinstance(data, dict):
        raise UnreadableDocument(f"{name}: it holds {_kind(data)}, wanted is one JSON object")
    if _is_deeper(data, MOST_DEPTH):
        raise UnreadableDocument(f"{name}: its values are nested more than {MOST_DEPTH} deep")
    return data


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON objects of a list; nothing where `value` is none."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def _decode(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES // 1024 // 1024} MiB")
    if not content.strip():
        raise ValueError("it is empty")
    encoding = next((name for mark, name in _ENCODINGS if content.startswith(mark)), "utf-8")
    text = content.decode(encoding)
    if "\0" in text:
        raise ValueError("it holds NUL characters")
    return text


def _explain(content: bytes, name: str, error: ValueError) -> str:
    for start, what in _BINARY.items():
        if content.startswith(start):
            return what
    for suffix, what in _WANTED_OF_SUFFIX.items():
        if name.lower().endswith(suffix):
            return what
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
    return "it is not text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice in one object")
    return data


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


def _kind(data: Any) -> str:
    return {list: "a list", str: "a text", type(None): "null"}.get(type(data), "a number or a truth value")


def _is_deeper(data: Any, most: int) -> bool:
    level: list[Any] = [data]
    for _ in range(most):
        level = [
            inner
            for value in level
            if isinstance(value, (dict, list))
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True
