"""A pool as Bicep: the same `properties` as in the request that makes it. Pure.

Bicep's own rules: texts in single quotes, no commas between the lines of an object, no numbers with decimals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from azext_aigpu.export.pool import Export, write_comments

API_VERSION = "2025-10-01"
"""The version that the oldest azure-cli on which this runs (2.81) uses."""

CLUSTER = "Microsoft.ContainerService/managedClusters"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = ("true", "false", "null")
_ESCAPES = {"'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_STEP = "  "
_FILL_IN = "Fill in: parameter clusterName, the cluster of the clone; deploy into its resource group."


def list_notes(export: Export) -> tuple[str, ...]:
    """Return what a reader of the document has to know."""
    if export.cluster is None:
        return (*export.notes, _FILL_IN)
    group, name = export.cluster.resource_group, export.cluster.name
    return (*export.notes, f"Deploy it into the resource group {group} of the cluster {name}.")


def write_bicep(export: Export) -> str:
    """Return the document: the cluster as it exists, and the pool."""
    head = write_comments(list_notes(export), "//")
    name = render_value(export.cluster.name) if export.cluster else "clusterName"
    parameter = "" if export.cluster else "@description('Name of the AKS cluster.')\nparam clusterName string\n\n"
    properties = render_value(export.properties, _STEP)
    return (
        f"{head}\n{parameter}"
        f"resource cluster '{CLUSTER}@{API_VERSION}' existing = {{\n  name: {name}\n}}\n\n"
        f"resource pool '{CLUSTER}/agentPools@{API_VERSION}' = {{\n"
        f"  parent: cluster\n  name: {render_value(export.spec.name)}\n  properties: {properties}\n}}\n"
    )


def write_lines(labels: Mapping[str, str], taints: list[str]) -> str:
    """Return `nodeLabels` and `nodeTaints` as lines for somebody's own resource."""
    return f"nodeLabels: {render_value(labels)}\nnodeTaints: {render_value(taints)}\n"


def render_value(value: Any, indent: str = "") -> str:
    """Return JSON data as Bicep; lines after the first begin with `indent`."""
    if isinstance(value, Mapping):
        return _enclose(
            "{}", (f"{_key(key)}: {render_value(item, indent + _STEP)}" for key, item in value.items()), indent
        )
    if isinstance(value, (list, tuple)):
        return _enclose("[]", (render_value(item, indent + _STEP) for item in value), indent)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"json('{value!r}')"
    return str(value) if isinstance(value, int) else _quote(str(value))


def _enclose(brackets: str, items: Iterator[str], indent: str) -> str:
    lines = [f"{indent}{_STEP}{item}" for item in items]
    return "\n".join([brackets[0], *lines, indent + brackets[1]]) if lines else brackets


def _key(text: str) -> str:
    return text if _NAME.fullmatch(text) and text not in _WORDS else _quote(text)


def _quote(text: str) -> str:
    escaped = "".join(_ESCAPES.get(sign) or (sign if sign.isprintable() else f"\\u{{{ord(sign):x}}}") for sign in text)
    return "'" + escaped.replace("${", "\\${") + "'"
