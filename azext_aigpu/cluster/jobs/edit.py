"""Changes the text of a manifest so that it means new data, and leaves every other character as it was.

What is to change is found by comparing old and new data along the nodes of the text. Only forms that can be changed
without touching their neighbours are changed: block style, lists of plain values in brackets, empty values. The rest
is refused, as is whatever an anchor shares with other places.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from azext_aigpu.cluster.jobs.documents import AliasNode, Document, line_of
from azext_aigpu.cluster.jobs.layout import Layout, flow, quoted, scalar

_COMMENT = re.compile(r"( *)#[^\n]*\n?")


class EditError(Exception):
    """A place of the text cannot be changed without changing others; the message says which line and why."""

    def __init__(self, node: yaml.nodes.Node, problem: str) -> None:
        super().__init__(f"line {line_of(node)}: {problem}")


@dataclass(frozen=True)
class Edit:
    """Put `text` in the place of the characters from `start` to `end`. Of two at one place the deeper comes first."""

    start: int
    end: int
    column: int
    text: str


def edit_text(text: str, changes: Sequence[tuple[Document, Any, Layout]]) -> str:
    """Return `text` with each document changed to mean its new data. Raises EditError."""
    newline = "\r\n" if "\r\n" in text else "\n"
    ended = text.endswith("\n")
    editor = _Editor(text if ended else text + newline, newline)
    for document, data, layout in changes:
        editor.change(document, data, layout)
    changed = editor.apply()
    return changed if ended else changed.removesuffix(newline)


def find_layout(document: Document) -> Layout:
    """Return the layout of a document, by the first list under a key and the first mapping under one."""
    steps: list[int] = []
    dashes: list[int] = []
    waiting = [document.node]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode) and not node.flow_style:
            for key, value in node.value:
                if _is_block(value):
                    kind = dashes if isinstance(value, yaml.SequenceNode) else steps
                    kind.append(value.start_mark.column - key.start_mark.column)
                waiting.append(value)
    return Layout(step=steps[0] if steps else 2, dash=dashes[0] if dashes else 0)


class _Editor:
    """Collects the edits of one text."""

    def __init__(self, text: str, newline: str) -> None:
        self._text = text
        self._newline = newline
        self._edits: list[Edit] = []
        self._layout = Layout()
        self._shared: frozenset[int] = frozenset()

    def change(self, document: Document, data: Any, layout: Layout) -> None:
        self._layout, self._shared = layout, document.shared
        self._visit(document.node, document.data, data)

    def apply(self) -> str:
        parts: list[str] = []
        done = 0
        for edit in sorted(self._edits, key=lambda one: (one.start, one.end > one.start, -one.column)):
            parts += [self._text[done : edit.start], edit.text]
            done = edit.end
        return "".join([*parts, self._text[done:]])

    def _visit(self, node: yaml.nodes.Node, old: Any, new: Any) -> None:
        if old == new:
            return
        if isinstance(node, AliasNode) or id(node) in self._shared:
            raise EditError(node, "an anchor or alias shares this with other places; write it out here")
        if isinstance(node, yaml.MappingNode) and isinstance(new, Mapping):
            self._visit_mapping(node, old, new)
        elif isinstance(node, yaml.SequenceNode) and isinstance(new, list):
            self._visit_sequence(node, old, new)
        elif (
            isinstance(node, yaml.ScalarNode) and not isinstance(new, (Mapping, list)) and node.style not in ("|", ">")
        ):
            self._put(node.start_mark.index, node.end_mark.index, 0, scalar(new))
        else:
            raise EditError(node, "this would have to become another kind of value")

    def _visit_mapping(self, node: yaml.MappingNode, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        pairs = {key.value: (key, value) for key, value in node.value}
        if any(key.tag.endswith(":merge") for key, _ in node.value):
            raise EditError(node, "a merge key (<<) brings in a part of this; write it out here")
        if node.flow_style:
            self._visit_flow_mapping(node, old, new)
            return
        for key in old:
            if key not in new:
                self._remove(*pairs[key])
        for key, value in new.items():
            if key in old:
                self._change_value(*pairs[key], old[key], value)
        fresh = {key: value for key, value in new.items() if key not in old}
        if fresh:
            column = node.start_mark.column
            place = self._after_comments(self._line_after(node), column)
            self._put_lines(place, column, self._layout.mapping(fresh, column))

    def _visit_flow_mapping(self, node: yaml.MappingNode, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        if old.keys() != new.keys():
            raise EditError(node, "this is written in braces; write it in lines, a key each")
        for key, value in node.value:
            self._visit(value, old[key.value], new[key.value])

    def _change_value(self, key: yaml.nodes.Node, node: yaml.nodes.Node, old: Any, new: Any) -> None:
        is_empty = old is None or old in ({}, [])
        if not is_empty or old == new or not isinstance(new, (Mapping, list)) or isinstance(node, AliasNode):
            self._visit(node, old, new)
            return
        if id(node) in self._shared or node.start_mark.line != key.start_mark.line:
            raise EditError(node, "this value is shared or on a line of its own; remove it")
        start = key.end_mark.index + self._text[key.end_mark.index :].index(":") + 1
        if node.end_mark.index > start:
            self._put(start, node.end_mark.index, 0, "")
        column = key.start_mark.column
        lines = self._layout.entry(key.value, new, column)
        if len(lines) == 1:
            self._put(start, start, 0, lines[0].partition(":")[2])
        else:
            place = self._next_line(node.end_mark.index)
            self._put_lines(place, column + 1, lines[1:])

    def _visit_sequence(self, node: yaml.SequenceNode, old: list[Any], new: list[Any]) -> None:
        if len(old) == len(new):
            for item, before, after in zip(node.value, old, new, strict=True):
                self._visit(item, before, after)
            return
        head = _common(old, new)
        tail = min(_common(old[::-1], new[::-1]), len(old) - head, len(new) - head)
        removed = node.value[head : len(old) - tail]
        fresh = new[head : len(new) - tail]
        if node.flow_style:
            self._splice_flow(node, head, removed, fresh)
        else:
            self._splice_block(node, head, removed, fresh)

    def _splice_flow(
        self, node: yaml.SequenceNode, head: int, removed: list[yaml.nodes.Node], fresh: list[Any]
    ) -> None:
        texts = [quoted(item) if isinstance(item, str) else flow(item) for item in fresh]
        if any(isinstance(item, (Mapping, list)) for item in fresh) or self._text[node.start_mark.index] != "[":
            raise EditError(node, "this list is written in brackets; write it in lines, an item each")
        if removed:
            start, end = removed[0].start_mark.index, removed[-1].end_mark.index
            if not texts:
                raise EditError(node, "items of this list would have to go; remove them")
            self._put(start, end, 0, ", ".join(texts))
        elif head:
            place = node.value[head - 1].end_mark.index
            self._put(place, place, 0, "".join(f", {text}" for text in texts))
        else:
            place = node.start_mark.index + 1
            gap = "" if self._text[place] in "\r\n" else " "
            self._put(place, place, 0, ", ".join(texts) + "," + gap)

    def _splice_block(
        self, node: yaml.SequenceNode, head: int, removed: list[yaml.nodes.Node], fresh: list[Any]
    ) -> None:
        column = node.start_mark.column
        if head:
            place = self._line_after(node.value[head - 1])
            if head == len(node.value):
                place = self._after_comments(place, column + 1)
        else:
            place = self._line_start(node.start_mark.index)
            if self._text[place : node.start_mark.index].strip(" "):
                raise EditError(node, "this list starts in the middle of a line; give it a line of its own")
            # Above the comments that belong to the first item.
            place = self._before_comments(place)
        self._put_lines(place, column, self._layout.items(fresh, column))
        if removed:
            self._put(self._item_start(removed[0], column), self._line_after(removed[-1]), 0, "")

    def _remove(self, key: yaml.nodes.Node, value: yaml.nodes.Node) -> None:
        start = self._line_start(key.start_mark.index)
        if self._text[start : key.start_mark.index].strip(" "):
            raise EditError(key, f"the key {key.value} would have to go; remove it")
        self._put(start, max(self._line_after(value), self._next_line(key.end_mark.index)), 0, "")

    def _item_start(self, node: yaml.nodes.Node, column: int) -> int:
        start = self._line_start(node.start_mark.index)
        if not re.fullmatch(f" {{{column}}}- +", self._text[start : node.start_mark.index]):
            raise EditError(node, "this item does not stand behind its own dash")
        return start

    def _put(self, start: int, end: int, column: int, text: str) -> None:
        self._edits.append(Edit(start, end, column, text))

    def _put_lines(self, place: int, column: int, lines: list[str]) -> None:
        if lines:
            self._put(place, place, column, "".join(line + self._newline for line in lines))

    def _line_after(self, node: yaml.nodes.Node) -> int:
        """Return where the line after the last one of `node` starts."""
        end = _end(node)
        # The end of a block of text is behind its last newline already.
        return end if end and self._text[end - 1] == "\n" else self._next_line(end)

    def _next_line(self, place: int) -> int:
        return self._text.index("\n", place) + 1

    def _line_start(self, place: int) -> int:
        return self._text.rfind("\n", 0, place) + 1

    def _after_comments(self, place: int, column: int) -> int:
        """Return the place behind the comments that stand at `column` or deeper."""
        while (match := _COMMENT.match(self._text, place)) and len(match.group(1)) >= column:
            place = match.end()
        return place

    def _before_comments(self, place: int) -> int:
        while place:
            above = self._line_start(place - 1)
            if not _COMMENT.fullmatch(self._text, above, place):
                return place
            place = above
        return place


def _end(node: yaml.nodes.Node) -> int:
    """Return where the last character of a node stands, plus one; PyYAML ends a block where the next token starts."""
    if _is_block(node):
        last = node.value[-1]
        return max(_end(last[1]), last[0].end_mark.index) if isinstance(last, tuple) else _end(last)
    return int(node.end_mark.index)


def _is_block(node: yaml.nodes.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and not node.flow_style and bool(node.value)


def _common(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return how many items at the start are the same."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
