"""Label and field selectors. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from testbeds.cluster.standin.kinds import Kind
from testbeds.cluster.standin.status import StatusError

Select = Callable[[Mapping[str, Any]], bool]

_TERM = re.compile(
    r"\s*(?:(?P<absent>!)\s*(?P<key1>[^\s,()=!]+)"
    r"|(?P<key2>[^\s,()=!]+)\s+(?P<set>in|notin)\s*\((?P<values>[^)]*)\)"
    r"|(?P<key3>[^\s,()=!]+)\s*(?:(?P<op>==|=|!=)\s*(?P<value>[^\s,]*))?)\s*(?:,|$)"
)


def parse_labels(text: str) -> Select:
    """Return what a label selector selects. Raises StatusError where it is none."""
    terms: list[tuple[str, bool, frozenset[str] | None]] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise StatusError(400, f"unable to parse requirement: {text[position:]}")
        terms.append(_term(match))
        position = match.end()

    def select(item: Mapping[str, Any]) -> bool:
        labels = item["metadata"].get("labels") or {}
        return all(
            (key in labels if values is None else labels.get(key) in values) is wanted for key, wanted, values in terms
        )

    return select


def _term(match: re.Match[str]) -> tuple[str, bool, frozenset[str] | None]:
    """The key, whether it is to fit, and its values; no values: whether it is there."""
    if match["key1"]:
        return match["key1"], False, None
    if match["key2"]:
        return match["key2"], match["set"] == "in", frozenset(value.strip() for value in match["values"].split(","))
    return match["key3"], match["op"] != "!=", frozenset([match["value"]]) if match["op"] else None


def parse_fields(kind: Kind, text: str) -> Select:
    """Return what a field selector selects. Raises StatusError for a field that cannot select."""
    terms = []
    for term in filter(None, text.split(",")):
        match = re.fullmatch(r"([\w.]+)(==|=|!=)(.*)", term)
        if match is None or match[1] not in ("metadata.name", "metadata.namespace", *kind.fields):
            raise StatusError(400, f"field label not supported: {match[1] if match else term}")
        terms.append((match[1].split("."), match[2] != "!=", match[3]))

    def select(item: Mapping[str, Any]) -> bool:
        return all((_field(item, path) == value) is wanted for path, wanted, value in terms)

    return select


def _field(item: Any, path: list[str]) -> str:
    for part in path:
        item = item.get(part) or {}
    return item if isinstance(item, str) else ""
