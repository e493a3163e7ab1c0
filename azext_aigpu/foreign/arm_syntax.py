"""The grammar of the expressions of ARM templates. Pure.

term = number | text | name(term, ...), each followed by any of .name and [term]. A node is one of the tuples
("constant", value), ("call", name in lower case, arguments) and ("step", node, key).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

MOST_CHARACTERS = 24_576
"""The longest expression that Azure takes (its page on the limits of templates)."""
MOST_DEPTH = 40
_TOKEN = re.compile(r"\s*(?:(?P<number>-?\d+)|(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_]\w*)|(?P<mark>[()\[\].,]))")

Node = tuple[Any, ...]


class Unclear(Exception):  # noqa: N818 (it reads as what happened)
    """A value cannot be told; the text says why."""


def parse_expression(text: str) -> Node:
    """Return the tree of an expression with its brackets. Raises Unclear."""
    if len(text) > MOST_CHARACTERS:
        raise Unclear("its expression is too long")
    tokens = list(_tokens(text[1:-1]))
    node, at = _parse_term(tokens, 0, 0)
    if at != len(tokens):
        raise Unclear("its expression cannot be read")
    return node


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise Unclear("its expression cannot be read")
        yield match.lastgroup, match[match.lastgroup]
        at = match.end()


def _parse_term(tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[Node, int]:
    if depth > MOST_DEPTH or at >= len(tokens):
        raise Unclear("its expression is nested too deep" if depth > MOST_DEPTH else "its expression ends too early")
    kind, word = tokens[at]
    at += 1
    node: Node
    if kind == "number":
        node = ("constant", int(word) if len(word) < 20 else 0)
    elif kind == "text":
        node = ("constant", word[1:-1].replace("''", "'"))
    elif kind == "name":
        arguments, at = _parse_arguments(tokens, at, depth)
        node = ("call", word.lower(), arguments)
    else:
        raise Unclear("its expression cannot be read")
    return _parse_steps(node, tokens, at, depth)


def _parse_arguments(tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[tuple[Node, ...], int]:
    if at >= len(tokens) or tokens[at][1] != "(" or tokens[at][0] != "mark":
        raise Unclear("its expression cannot be read")
    at += 1
    arguments: list[Node] = []
    while at < len(tokens) and tokens[at] != ("mark", ")"):
        node, at = _parse_term(tokens, at, depth + 1)
        arguments.append(node)
        if at < len(tokens) and tokens[at] == ("mark", ","):
            at += 1
    if at >= len(tokens):
        raise Unclear("its expression ends too early")
    return tuple(arguments), at + 1


def _parse_steps(node: Node, tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[Node, int]:
    while at < len(tokens) and tokens[at] in (("mark", "."), ("mark", "[")):
        if tokens[at][1] == ".":
            if at + 1 >= len(tokens) or tokens[at + 1][0] != "name":
                # User functions are called as namespace.name(...).
                raise Unclear("its expression cannot be read")
            node, at = ("step", node, ("constant", tokens[at + 1][1])), at + 2
        else:
            inner, at = _parse_term(tokens, at + 1, depth + 1)
            if at >= len(tokens) or tokens[at] != ("mark", "]"):
                raise Unclear("its expression ends too early")
            node, at = ("step", node, inner), at + 1
    return node, at
