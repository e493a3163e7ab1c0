"""Pools to export, and readers of what comes out: HCL by python-hcl2, Bicep by a small reader of our own."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hcl2

from azext_aigpu import body
from azext_aigpu.cluster_id import ClusterId
from azext_aigpu.export.pool import Export, build_export
from azext_aigpu.spec import Limits
from testbeds.local_azure.pool_body import build_pool_properties

GOLDEN = Path(__file__).parents[2] / "golden"
BODIES = {path.stem: json.loads(path.read_text("utf-8"))["body"] for path in sorted(GOLDEN.glob("add-*.json"))}
"""Bodies that `nodepool add` sends; between them they have every field of a pool."""

CLUSTER = ClusterId("a16b0000-0000-4000-8000-000000000001", "rg-train", "aks-train")
LIMITS = Limits(today=datetime.date(2026, 11, 24))
REGION = "eastus"


def exported(asked: Mapping[str, Any]) -> Export:
    """Return the export of the pool that Azure makes of the body `asked`."""
    properties = build_pool_properties(asked, "1.34.2")
    spec = body.read_spec(properties, CLUSTER.resource_group, CLUSTER.name, "gpu", LIMITS)
    return build_export(spec, CLUSTER, REGION)


def read_hcl(text: str) -> dict[str, Any]:
    """Return the blocks of a file: kind to label to ... to attributes; a nested block is a list, as in a plan."""
    found: dict[str, Any] = _plain(hcl2.loads(text))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_text(key): _plain(item) for key, item in value.items() if key != "__is_block__"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    if not text.startswith('"'):
        return text
    return re.sub(r"([$%])\1\{", r"\1{", str(json.loads(text)))


_TOKEN = re.compile(
    r"""\s*(?:(?P<note>//[^\n]*)|(?P<text>'(?:[^'\\]|\\.)*')|(?P<json>json\('(?P<number>[^']*)'\))"""
    r"""|(?P<int>-?\d+)|(?P<sign>[{}\[\]:=])|(?P<word>@?[A-Za-z_][\w.]*(?:\('[^']*'\))?))"""
)


def read_bicep(text: str) -> dict[str, dict[str, Any]]:
    """Return the resources of a file by their symbols; each has `type` and what stands in its braces."""
    tokens = [match for match in _TOKEN.finditer(text) if not match["note"]]
    assert "".join(match[0] for match in _TOKEN.finditer(text)).strip() == text.strip()
    found: dict[str, dict[str, Any]] = {}
    while tokens:
        word = tokens.pop(0)["word"]
        if word == "resource":
            symbol, kind = tokens.pop(0)["word"], _scalar(tokens.pop(0))
            while tokens[0]["sign"] != "{":
                tokens.pop(0)
            found[symbol] = {"type": kind, **_value(tokens)}
    return found


def _value(tokens: list[re.Match[str]]) -> Any:
    token = tokens.pop(0)
    if token["sign"] == "{":
        found = {}
        while tokens[0]["sign"] != "}":
            key = str(_scalar(tokens.pop(0)))
            assert tokens.pop(0)["sign"] == ":"
            found[key] = _value(tokens)
        tokens.pop(0)
        return found
    if token["sign"] == "[":
        items = []
        while tokens[0]["sign"] != "]":
            items.append(_value(tokens))
        tokens.pop(0)
        return items
    return _scalar(token)


def _scalar(token: re.Match[str]) -> Any:
    if token["text"]:
        return _unescape(token["text"][1:-1])
    if token["json"]:
        return json.loads(token["number"])
    if token["int"]:
        return int(token["int"])
    return {"true": True, "false": False, "null": None}.get(token["word"], token["word"])


def _unescape(text: str) -> str:
    simple = {"n": "\n", "r": "\r", "t": "\t", "'": "'", "\\": "\\", "$": "$"}
    return re.sub(
        r"\\(?:u\{([0-9a-f]+)\}|(.))", lambda match: chr(int(match[1], 16)) if match[1] else simple[match[2]], text
    )
