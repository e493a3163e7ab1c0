"""YAML as plain values that know where they stand, so that every mistake can be pointed at. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from azext_aigpu.cluster.jobs.documents import Document, parse_documents
from azext_aigpu.usage import UsageError

MOST_CHARACTERS = 1024 * 1024
"""A pool is about 30 lines; ten thousand lines are 300 pools."""


@dataclass(frozen=True)
class Place:
    """Where something stands; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, column {self.column}"


@dataclass(frozen=True)
class Located:
    """A value and its place: `data` is a scalar, a dict of key to `Entry`, or a list of `Located`."""

    data: Any
    place: Place

    @property
    def plain(self) -> Any:
        """Return the value without places."""
        if isinstance(self.data, dict):
            return {key: entry.value.plain for key, entry in self.data.items()}
        if isinstance(self.data, list):
            return [item.plain for item in self.data]
        return self.data

    def get(self, key: str) -> Located | None:
        """Return the value of `key`, None where there is none or this is no mapping."""
        entry = self.data.get(key) if isinstance(self.data, dict) else None
        return entry.value if entry else None


@dataclass(frozen=True)
class Entry:
    """One value of a mapping, and the place of its key."""

    key: Place
    value: Located


def wrap(data: Any, place: Place) -> Located:
    """Return plain JSON data as if all of it stood at `place`."""
    if isinstance(data, Mapping):
        return Located({key: Entry(place, wrap(value, place)) for key, value in data.items()}, place)
    if isinstance(data, list):
        return Located([wrap(item, place) for item in data], place)
    return Located(data, place)


def parse_located(text: str, file: str) -> tuple[Located, ...]:
    """Return the YAML documents of `text`; `file` is its name in messages. Raises UsageError with line and column."""
    if len(text) > MOST_CHARACTERS:
        raise UsageError(
            f"{file} has {len(text):,} characters; specs are read up to {MOST_CHARACTERS:,}.",
            "Give the pools in several files: -f one.yaml -f two.yaml",
        )
    return tuple(_locate_document(document, file) for document in parse_documents(text, file))


def _locate_document(document: Document, file: str) -> Located:
    # What stands for several places cannot be merged or pointed at, and a few lines of it can mean gigabytes.
    if document.shared:
        place = _place(_first_shared(document), file)
        raise UsageError(f"{place}: anchors and aliases (& and *) are not taken.", "Write the value out where it is.")
    return _locate(document.node, document.data, file)


def _first_shared(document: Document) -> yaml.nodes.Node:
    waiting = [document.node]
    while waiting:
        node = waiting.pop()
        if id(node) in document.shared:
            return node
        waiting.extend(reversed(list(_children(node))))
    return document.node


def _children(node: yaml.nodes.Node) -> Iterator[yaml.nodes.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _locate(node: yaml.nodes.Node, data: Any, file: str) -> Located:
    place = _place(node, file)
    if isinstance(node, yaml.MappingNode):
        return Located(_locate_mapping(node, data, file), place)
    if isinstance(node, yaml.SequenceNode):
        return Located([_locate(item, value, file) for item, value in zip(node.value, data, strict=True)], place)
    if isinstance(data, str):
        _check_text(data, place)
    if isinstance(data, float) and not math.isfinite(data):
        raise UsageError(f"{place}: {node.value} is no number that JSON knows.", "Write a finite number.")
    return Located(data, place)


def _locate_mapping(node: yaml.nodes.MappingNode, data: Mapping[str, Any], file: str) -> dict[str, Entry]:
    entries = {}
    for key, value in node.value:
        place = _place(key, file)
        _check_text(key.value, place)
        if key.value not in data:
            raise UsageError(f"{place}: the merge key << is not taken.", "Write the values out where they are.")
        entries[key.value] = Entry(place, _locate(value, data[key.value], file))
    return entries


def _check_text(text: str, place: Place) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"{place}: half a character (a lone surrogate) stands here.", "Write it whole.") from error


def _place(node: yaml.nodes.Node, file: str) -> Place:
    return Place(file, node.start_mark.line + 1, node.start_mark.column + 1)
