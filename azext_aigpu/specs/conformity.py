"""Holds located values against the few keywords of JSON Schema that the schema of specs uses. Pure.

A library for JSON Schema would know neither lines nor near names, and the extension is installed without any.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract.near_names import near_names
from aigpu_contract.rendering import printable
from azext_aigpu.specs.located import Located, Place

Schema = Mapping[str, Any]
MOST_SHOWN = 60
MOST_NAMED = 12


@dataclass(frozen=True)
class Problem:
    """One mistake in a file: where, what is wrong with the value seen, and what is wanted."""

    place: Place
    text: str
    wanted: str

    def __str__(self) -> str:
        if not self.wanted:
            return f"{self.place}: {self.text}"
        # What is wanted may be a list of choices, a line each.
        return f"{self.place}: {self.text}" + ("\n" if "\n" in self.wanted else "; ") + self.wanted


def check_conformity(value: Located, schema: Schema, name: str) -> Iterator[Problem]:
    """Yield every mistake in `value`; `name` is what it is called in messages: `spec.nodeCount`."""
    kind = schema.get("type")
    if kind is not None and not _is(kind, value.data):
        yield Problem(value.place, f"{name} is {_show(value)}", _wanted(kind, value))
        return
    for keyword, review in _KEYWORDS.items():
        if keyword in schema:
            yield from review(value, schema, name)
    if isinstance(value.data, dict):
        yield from _check_object(value, schema, name)
    if isinstance(value.data, list) and "items" in schema:
        for number, item in enumerate(value.data):
            yield from check_conformity(item, schema["items"], f"{name}[{number}]")


def _check_object(value: Located, schema: Schema, name: str) -> Iterator[Problem]:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for key, entry in value.data.items():
        inner = _inside(name, key)
        if key in properties:
            yield from check_conformity(entry.value, properties[key], inner)
        elif others is False:
            yield Problem(entry.key, f"{_quoted(inner)} is not known", _nearest(key, properties))
        elif others is not True:
            yield from check_conformity(entry.value, others, inner)
    for key in schema.get("required", ()):
        if key not in value.data:
            inner = _inside(name, key)
            about = properties[key].get("description") or properties[key].get("const") or ""
            yield Problem(value.place, f"{inner} is missing", f"wanted is {inner}: {about}".rstrip(": "))


def _inside(name: str, key: str) -> str:
    shown = printable(key)[:MOST_SHOWN]
    return f"{name}.{shown}" if name else shown


def _nearest(key: str, properties: Mapping[str, Schema]) -> str:
    near = near_names(key, properties)
    if near:
        return f"did you mean {near[0]}?"
    if len(properties) > MOST_NAMED:
        return "all keys stand in docs/reference/spec.md"
    return f"known are: {', '.join(properties)}"


def _check_constant(value: Located, schema: Schema, name: str) -> Iterator[Problem]:
    if value.data != schema["const"] or isinstance(value.data, bool):
        yield Problem(value.place, f"{name} is {_show(value)}", f"wanted is {schema['const']}")


def _check_choice(value: Located, schema: Schema, name: str) -> Iterator[Problem]:
    choices = schema["enum"]
    if value.data not in choices:
        near = near_names(str(value.data), choices)
        hint = f"did you mean {near[0]}? " if near and len(choices) > 1 else ""
        yield Problem(value.place, f"{name} is {_show(value)}", f"{hint}wanted is {' or '.join(choices)}")


def _check_pattern(value: Located, schema: Schema, name: str) -> Iterator[Problem]:
    if not re.fullmatch(schema["pattern"], value.data):
        about = f" ({schema['description'].rstrip('.')})" if "description" in schema else ""
        yield Problem(value.place, f"{name} is {_show(value)}", f"wanted is the form {schema['pattern']}{about}")


def _check_length(value: Located, schema: Schema, name: str) -> Iterator[Problem]:
    length = len(value.data)
    if not schema.get("minLength", 0) <= length <= schema.get("maxLength", length):
        wanted = f"wanted are {schema.get('minLength', 0)} to {schema.get('maxLength', 'any number of')}"
        yield Problem(value.place, f"{name} has {length} characters", wanted)


def _check_range(value: Located, schema: Schema, name: str) -> Iterator[Problem]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if (least is not None and value.data < least) or (most is not None and value.data > most):
        wanted = f"{least} or more" if most is None else f"{least} to {most}"
        yield Problem(value.place, f"{name} is {_show(value)}", f"wanted is {wanted}")


def _check_above(value: Located, schema: Schema, name: str) -> Iterator[Problem]:
    if value.data <= schema["exclusiveMinimum"]:
        yield Problem(value.place, f"{name} is {_show(value)}", f"wanted is more than {schema['exclusiveMinimum']}")


def _check_any(value: Located, schema: Schema, name: str) -> Iterator[Problem]:
    found = [list(check_conformity(value, option, name)) for option in schema["anyOf"]]
    if all(found):
        wanted = ", or ".join(problems[0].wanted.removeprefix("wanted is ") for problems in found)
        yield Problem(value.place, f"{name} is {_show(value)}", f"wanted is {wanted}")


_KEYWORDS: Mapping[str, Callable[[Located, Schema, str], Iterator[Problem]]] = {
    "const": _check_constant,
    "enum": _check_choice,
    "pattern": _check_pattern,
    "maxLength": _check_length,
    "minimum": _check_range,
    "exclusiveMinimum": _check_above,
    "anyOf": _check_any,
}
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def _is(kind: str, data: Any) -> bool:
    return isinstance(data, _TYPES[kind]) and (kind == "boolean" or not isinstance(data, bool))


def _wanted(kind: str, value: Located) -> str:
    if kind == "string" and isinstance(value.data, (bool, int, float)):
        return "wanted is a text: put it in quotes"
    if value.data is None:
        return f"wanted is {_WORDS[kind]}, or leave the key out"
    return f"wanted is {_WORDS[kind]}"


def _show(value: Located) -> str:
    if value.data is None:
        return "empty"
    if isinstance(value.data, dict):
        return "a mapping"
    if isinstance(value.data, list):
        return "a list"
    return _quoted(value.data) if isinstance(value.data, str) else json.dumps(value.data)[:MOST_SHOWN]


def _quoted(text: str) -> str:
    shown = text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 3] + "..."
    return repr(shown)
