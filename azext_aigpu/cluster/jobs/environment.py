"""Where a container's variable comes from: written in the manifest, or held by another object. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azext_aigpu.cluster.admission.reverse_rule import REFERENCE
from azext_aigpu.cluster.object_parts import items, mapping

_SOURCES = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_KEYS = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}


@dataclass(frozen=True)
class Elsewhere:
    """The value is in no manifest: `origin` says where it is. `is_named` tells a variable that the manifest names."""

    origin: str
    is_named: bool


def find_variable(container: Mapping[str, Any], name: str) -> str | Elsewhere | None:
    """Return the value of a variable, or where it may come from; None where nothing sets it.

    The last entry of a name wins, an entry without a value is the empty text, and `env` wins over `envFrom`.
    """
    entries = [entry for entry in items(container, "env") if entry.get("name") == name]
    if not entries:
        return _find_in_bulk(container, name)
    source = entries[-1].get("valueFrom")
    if source is not None:
        return Elsewhere(_describe(source), is_named=True)
    value = entries[-1].get("value")
    text = "" if value is None else str(value)
    return Elsewhere(f"another variable: {text}", is_named=True) if _refers(text) else text


def _find_in_bulk(container: Mapping[str, Any], name: str) -> Elsewhere | None:
    """Return the objects whose keys all become variables, where this one may be among them."""
    able = [one for one in items(container, "envFrom") if name.startswith(str(one.get("prefix") or ""))]
    named = [_describe_bulk(one) for one in able]
    return Elsewhere("envFrom " + ", ".join(named), is_named=False) if named else None


def _refers(text: str) -> bool:
    """Return whether the kubelet puts another variable's value in: `$(NAME)`, but not `$$(NAME)`."""
    return REFERENCE in text.replace("$$", "")


def _describe(source: Any) -> str:
    fields = source if isinstance(source, Mapping) else {}
    for key, kind in _KEYS.items():
        if fields.get(key) is not None:
            return f"{kind} {mapping(fields, key).get('name')}, key {mapping(fields, key).get('key')}"
    field = mapping(fields, "fieldRef").get("fieldPath") or mapping(fields, "resourceFieldRef").get("resource")
    return f"field {field}" if field else "valueFrom"


def _describe_bulk(entry: Mapping[str, Any]) -> str:
    for key, kind in _SOURCES.items():
        if entry.get(key) is not None:
            return f"{kind} {mapping(entry, key).get('name')}"
    return "an object"
