"""Reads the YAML of manifests, and remembers where each value stands in the text.

YAML as Kubernetes takes it: mappings with plain keys, no tags of one's own, no key twice. Bounded on purpose: a file
of a few lines can mean gigabytes (anchors within anchors), or nest deeper than any program can follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from azext_aigpu.usage import UsageError

MOST_CHARACTERS = 2 * 1024 * 1024
"""The API server takes no object above 1.5 MiB (etcd's limit on a request)."""

MOST_LEVELS = 64
MOST_VALUES = 200_000
"""The most values that a document may hold, those behind aliases counted each time."""

_STANDARD = "tag:yaml.org,2002:"
_MERGE = _STANDARD + "merge"
_PLAIN = frozenset(_STANDARD + name for name in ("null", "bool", "int", "float"))
_KNOWN = _PLAIN | {_STANDARD + name for name in ("str", "map", "seq", "binary", "timestamp", "merge", "value")}
_CORRECT = "Correct that line and try again; blanks alone may indent, never tabs."


class AliasNode(yaml.nodes.Node):
    """A `*name` in the text, which means the node that `&name` stands at."""

    id = "alias"

    def __init__(self, target: yaml.nodes.Node, event: Any) -> None:
        super().__init__(target.tag, target, event.start_mark, event.end_mark)


@dataclass(frozen=True)
class Document:
    """One YAML document: its data, its nodes, and the ids of the nodes that an anchor shares with other places."""

    data: Any
    node: yaml.nodes.Node
    shared: frozenset[int]

    @property
    def line(self) -> int:
        """Return the line that the document starts at, counted from 1."""
        return line_of(self.node)


def line_of(node: yaml.nodes.Node) -> int:
    """Return the line of a node, counted from 1."""
    return int(node.start_mark.line) + 1


def parse_documents(text: str, name: str) -> tuple[Document, ...]:
    """Return the documents of `text` that hold anything; `name` is the file's in messages.

    Raises UsageError with line and column for what is no YAML, or none that Kubernetes takes.
    """
    if len(text) > MOST_CHARACTERS:
        raise UsageError(
            f"{name} has {len(text):,} characters; manifests are read up to {MOST_CHARACTERS:,}.",
            "Give the workloads alone, or one file after the other.",
        )
    try:
        return tuple(_read(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UsageError(f"{name}{where}: {error.problem or error.context}.", _CORRECT) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        code = ord(error.character) if isinstance(error.character, str) else error.character
        raise UsageError(
            f"{name}, line {line}: the character U+{code:04X} may not stand in YAML.", "Remove it and try again."
        ) from error


def _read(text: str) -> Iterator[Document]:
    composer = _Composer(text)
    while composer.check_node():
        composer.anchored = []
        node = composer.get_node()
        if node is None or node.tag == _STANDARD + "null":
            continue
        yield Document(_Builder().build(node), node, _shared(composer.anchored))


class _Composer(yaml.SafeLoader):
    """PyYAML's composer, which also keeps apart an alias and what it stands for, and does not dive without end."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.level = 0
        self.anchored: list[yaml.nodes.Node] = []

    def compose_node(self, parent: yaml.nodes.Node | None, index: int) -> yaml.nodes.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if self.level >= MOST_LEVELS:
            problem = f"nested deeper than {MOST_LEVELS} levels"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        self.level += 1
        node = super().compose_node(parent, index)
        self.level -= 1
        if node is None:
            return None
        if isinstance(event, yaml.events.AliasEvent):
            return AliasNode(node, event)
        if getattr(event, "anchor", None) is not None:
            self.anchored.append(node)
        return node


def _shared(anchored: list[yaml.nodes.Node]) -> frozenset[int]:
    """Return the ids of the anchored nodes and of all that is in them."""
    seen: set[int] = set()
    waiting = list(anchored)
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            waiting.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
    return frozenset(seen)


class _Builder:
    """Makes plain data out of nodes; each node once, however many aliases mean it."""

    def __init__(self) -> None:
        self._built: dict[int, Any] = {}
        self._sizes: dict[int, int] = {}
        self._open: set[int] = set()
        self._scalars = yaml.constructor.SafeConstructor()

    def build(self, node: yaml.nodes.Node) -> Any:
        """Return the data of `node`. Raises MarkedYAMLError."""
        if isinstance(node, AliasNode):
            if id(node.value) in self._open:
                raise _at(node, "an alias means something that it is itself part of")
            return self.build(node.value)
        if id(node) not in self._built:
            if node.tag not in _KNOWN:
                raise _at(node, f"the tag {node.tag.replace(_STANDARD, '!!')} means nothing to Kubernetes")
            self._open.add(id(node))
            self._built[id(node)], self._sizes[id(node)] = self._build_one(node)
            self._open.discard(id(node))
        if self._sizes[id(node)] > MOST_VALUES:
            raise _at(node, f"with its aliases written out, this holds more than {MOST_VALUES:,} values")
        return self._built[id(node)]

    def _build_one(self, node: yaml.nodes.Node) -> tuple[Any, int]:
        if isinstance(node, yaml.MappingNode):
            return self._build_mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item) for item in node.value], 1 + sum(map(self._size, node.value))
        return self._build_scalar(node), 1

    def _build_mapping(self, node: yaml.nodes.MappingNode) -> tuple[dict[str, Any], int]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                merged = {**self._build_merge(value), **merged}
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise _at(key, "a key must be a plain text")
            if key.value in own:
                raise _at(key, f"the key {key.value!r} stands here a second time")
            own[key.value] = self.build(value)
        return {**merged, **own}, 1 + sum(self._size(value) for _, value in node.value)

    def _build_merge(self, node: yaml.nodes.Node) -> dict[str, Any]:
        data = self.build(node)
        parts = data if isinstance(data, list) else [data]
        found: dict[str, Any] = {}
        for part in parts:
            if not isinstance(part, dict):
                raise _at(node, "<< takes a mapping, or a list of mappings")
            found = {**part, **found}
        return found

    def _build_scalar(self, node: yaml.nodes.Node) -> Any:
        if node.tag not in _PLAIN:
            return node.value
        try:
            return self._scalars.construct_object(node)
        except ValueError:
            # More digits than Python counts with, or a form that only YAML 1.1 calls a number.
            return node.value

    def _size(self, node: yaml.nodes.Node) -> int:
        return self._sizes[id(node.value if isinstance(node, AliasNode) else node)]


def _at(node: yaml.nodes.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
