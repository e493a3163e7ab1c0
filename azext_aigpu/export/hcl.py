"""HCL, the language of Terraform, laid out as `terraform fmt` lays it out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_STEP = "  "


@dataclass(frozen=True)
class Expression:
    """What is written as it is: `var.kubernetes_cluster_id`."""

    text: str


@dataclass(frozen=True)
class Block:
    """A block: `kind "label" { ... }`, its attributes in their order, then the blocks inside."""

    kind: str
    labels: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()


def render_blocks(blocks: Sequence[Block]) -> str:
    """Return the text of a file with these blocks."""
    return "\n".join("\n".join(_render_block(block, "")) + "\n" for block in blocks)


def render_attributes(attributes: Mapping[str, Any]) -> str:
    """Return attributes by themselves, as lines to put into a block."""
    return "\n".join(_render_attributes(attributes, "")) + "\n"


def _render_block(block: Block, indent: str) -> Iterator[str]:
    yield " ".join([indent + block.kind, *map(quote, block.labels), "{"])
    inner = indent + _STEP
    lines = list(_render_attributes(block.attributes, inner))
    yield from lines
    for number, nested in enumerate(block.blocks):
        if lines or number:
            yield ""
        yield from _render_block(nested, inner)
    yield indent + "}"


def _render_attributes(attributes: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Yield lines. Those of one line stand together with their signs in a column; the others stand apart."""
    short = {name: value for name, value in attributes.items() if not isinstance(value, Mapping)}
    yield from _render_pairs({name: render_value(value) for name, value in short.items()}, indent)
    for name, value in attributes.items():
        if name not in short:
            if short or name != next(iter(attributes)):
                yield ""
            yield f"{indent}{name} = {{"
            yield from _render_pairs({_key(key): render_value(item) for key, item in value.items()}, indent + _STEP)
            yield indent + "}"


def _render_pairs(pairs: Mapping[str, str], indent: str) -> Iterator[str]:
    width = max(map(len, pairs), default=0)
    for name, text in pairs.items():
        yield f"{indent}{name:<{width}} = {text}"


def _key(text: str) -> str:
    return text if _NAME.fullmatch(text) else quote(text)


def render_value(value: Any) -> str:
    """Return a value that takes one line: a text, a number, a truth value, a list of them, an expression."""
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"{value:.10f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(render_value(item) for item in value)}]"
    return quote(str(value))


def quote(text: str) -> str:
    """Return a text in quotes; nothing in it is taken for a template."""
    escaped = "".join(_ESCAPES.get(sign) or (sign if sign.isprintable() else _unicode(sign)) for sign in text)
    return '"' + re.sub(r"([$%])\{", r"\1\1{", escaped) + '"'


def _unicode(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"
