"""The functions of ARM templates that need nothing but their arguments. Pure.

Names and meaning: Azure's page on template functions. A function that is not here is told by Azure only, such as
`reference` and `resourceGroup`, or rare; what depends on it is then unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from aigpu_contract.reading import Unknown

MOST_CHARACTERS = 131_072
"""The longest text that Azure lets an expression make."""
MOST_ITEMS = 10_000
_HOLE = re.compile(r"\{(\d{1,3})(?::[^{}]*)?\}|\{\{|\}\}")


class Absent(Exception):  # noqa: N818 (it reads as what happened)
    """What was asked for is not there."""


def _bounded(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise ValueError("too long")
    return text


def _items(values: list[Any]) -> list[Any]:
    if len(values) > MOST_ITEMS:
        raise ValueError("too many")
    return values


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, (dict, list)):
        return _bounded(json.dumps(value, separators=(",", ":"), default=_refuse))
    return "" if value is None else str(value)


def _refuse(value: Any) -> Any:
    raise ValueError(value.reason if isinstance(value, Unknown) else "no value of JSON")


def _concat(*values: Any) -> Any:
    if values and all(isinstance(value, list) for value in values):
        return _items([item for value in values for item in value])
    return _bounded("".join(_text(value) for value in values))


def _format(pattern: str, *values: Any) -> str:
    def fill(match: re.Match[str]) -> str:
        return match[0][0] if match[1] is None else _text(values[int(match[1])])

    return _bounded(_HOLE.sub(fill, pattern))


def _union(*values: Any) -> Any:
    if all(isinstance(value, Mapping) for value in values):
        merged: dict[str, Any] = {}
        for value in values:
            for key, item in value.items():
                both = isinstance(item, Mapping) and isinstance(merged.get(key), Mapping)
                merged[key] = _union(merged[key], item) if both else item
        return merged
    found: list[Any] = []
    for value in values:
        found.extend(item for item in _list(value) if item not in found)
    return _items(found)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _shallow_merge(values: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for value in _list(values):
        merged.update(value)
    return merged


def _length(value: Any) -> int:
    if not isinstance(value, (str, list, Mapping)):
        raise TypeError("has no length")
    return len(value)


def _empty(value: Any) -> bool:
    return value is None or _length(value) == 0


def _contains(holder: Any, wanted: Any) -> bool:
    if isinstance(holder, Mapping):
        return any(key.lower() == str(wanted).lower() for key in holder)
    if isinstance(holder, str):
        return str(wanted) in holder
    if any(isinstance(item, Unknown) for item in _list(holder)):
        raise Absent("a value in the list is not known")
    return wanted in holder


def _equals(first: Any, second: Any) -> bool:
    if isinstance(first, (dict, list)) and "Unknown(" in repr(first)[:MOST_CHARACTERS]:
        raise Absent("a value in it is not known")
    return type(first) is type(second) and bool(first == second)


def _range(start: int, count: int) -> list[int]:
    if not 0 <= count <= MOST_ITEMS:
        raise ValueError("too many")
    return list(range(start, start + count))


def _split(text: str, marks: Any) -> list[str]:
    listed = marks if isinstance(marks, list) else [marks]
    return _items(re.split("|".join(re.escape(mark) for mark in listed), text))


def _substring(text: str, start: int, length: int | None = None) -> str:
    return text[start:] if length is None else text[start : start + length]


def _take(value: Any, number: int) -> Any:
    return value[: max(0, number)]


def _skip(value: Any, number: int) -> Any:
    return value[max(0, number) :]


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)) or len(str(value)) > 19:
        raise TypeError("no number")
    return int(value)


def _bool(value: Any) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[str(value).lower()]


def _try_get(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Mapping):
            value = next((item for name, item in value.items() if name.lower() == str(key).lower()), None)
        elif isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
            value = value[key]
        else:
            return None
    return value


def _json(text: str) -> Any:
    return json.loads(_bounded(text))


def _replace(text: str, old: str, new: str) -> str:
    if text.count(old) * len(new) > MOST_CHARACTERS:
        raise ValueError("too long")
    return text.replace(old, new)


def _pad_left(value: Any, width: int, letter: str = " ") -> str:
    return _bounded(_text(value).rjust(min(width, MOST_CHARACTERS), letter))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": lambda first, second: _number(first) + _number(second),
    "and": lambda *values: all(value is True for value in values),
    "array": lambda value: value if isinstance(value, list) else [value],
    "bool": _bool,
    "concat": _concat,
    "contains": _contains,
    "div": lambda first, second: int(_number(first) / _number(second)),
    "empty": _empty,
    "endswith": lambda text, end: text.lower().endswith(end.lower()),
    "equals": _equals,
    "false": lambda: False,
    "first": lambda value: value[0] if value else None,
    "format": _format,
    "greater": lambda first, second: first > second,
    "greaterorequals": lambda first, second: first >= second,
    "int": _number,
    "join": lambda values, mark: _bounded(mark.join(_text(value) for value in _list(values))),
    "json": _json,
    "last": lambda value: value[-1] if value else None,
    "length": _length,
    "less": lambda first, second: first < second,
    "lessorequals": lambda first, second: first <= second,
    "max": lambda *values: max(values[0] if isinstance(values[0], list) else values),
    "min": lambda *values: min(values[0] if isinstance(values[0], list) else values),
    "mod": lambda first, second: _number(first) % _number(second),
    "mul": lambda first, second: _number(first) * _number(second),
    "not": lambda value: not _bool(value),
    "null": lambda: None,
    "objectkeys": sorted,
    "or": lambda *values: any(value is True for value in values),
    "padleft": _pad_left,
    "range": _range,
    "replace": _replace,
    "shallowmerge": _shallow_merge,
    "skip": _skip,
    "split": _split,
    "startswith": lambda text, start: text.lower().startswith(start.lower()),
    "string": _text,
    "sub": lambda first, second: _number(first) - _number(second),
    "substring": _substring,
    "take": _take,
    "tolower": lambda text: text.lower(),
    "toupper": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "true": lambda: True,
    "tryget": _try_get,
    "union": _union,
}
