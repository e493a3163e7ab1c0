"""The three kinds of patch that the contract suite holds. Pure. What it does not hold is refused, never guessed."""

from __future__ import annotations

import copy
import json
from typing import Any

from testbeds.cluster.client import JSON_MERGE, JSON_PATCH, STRATEGIC_MERGE
from testbeds.cluster.standin.status import StatusError

MERGE_KEYS = {"conditions": "type"}
"""Lists that a strategic merge patch merges, and by which field; every other list is replaced whole."""


def apply_patch(content_type: str, item: dict[str, Any], raw: bytes) -> dict[str, Any]:
    """Return the patched object. Raises StatusError as the real server does, and for what the stand-in has not."""
    if content_type not in (STRATEGIC_MERGE, JSON_MERGE, JSON_PATCH):
        raise StatusError(415, f"the body of the request was in an unknown format: {content_type}")
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise StatusError(400, f"the body is not JSON: {error}") from error
    if content_type == JSON_PATCH and isinstance(body, list):
        return _apply_operations(copy.deepcopy(item), body)
    if content_type != JSON_PATCH and isinstance(body, dict):
        return _merge(item, body, strategic=content_type == STRATEGIC_MERGE)
    raise StatusError(400, f"the body of a {content_type} cannot be a {type(body).__name__}")


def _merge(old: dict[str, Any], patch: dict[str, Any], *, strategic: bool) -> dict[str, Any]:
    merged = dict(old)
    for field, value in patch.items():
        if strategic and field.startswith("$"):
            raise StatusError(501, f"the stand-in does not know the directive {field}")
        if value is None:
            merged.pop(field, None)
        elif isinstance(value, dict):
            kept = merged.get(field)
            merged[field] = _merge(kept if isinstance(kept, dict) else {}, value, strategic=strategic)
        elif strategic and field in MERGE_KEYS:
            merged[field] = _merge_list(merged.get(field) or [], value, MERGE_KEYS[field])
        else:
            merged[field] = value
    return merged


def _merge_list(old: list[dict[str, Any]], patch: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    merged = {item[key]: item for item in old}
    for entry in patch:
        if key not in entry:
            raise StatusError(500, f"map: {entry} does not contain declared merge key: {key}", reason="")
        directive = entry.get("$patch")
        if directive == "delete":
            merged.pop(entry[key], None)
        elif directive is not None:
            raise StatusError(501, f"the stand-in does not know the directive $patch: {directive}")
        else:
            merged[entry[key]] = _merge(merged.get(entry[key], {}), entry, strategic=True)
    return list(merged.values())


def _apply_operations(item: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    try:
        for operation in operations:
            _apply_operation(item, operation)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        # The real server says no more than this either.
        raise StatusError(422, "the server rejected our request due to an error in our request") from error
    return item


def _apply_operation(item: dict[str, Any], operation: dict[str, Any]) -> None:
    """Change `item` in place. Raises KeyError, IndexError, ValueError, TypeError where it does not apply."""
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
    holder: Any = item
    for part in parents:
        holder = holder[int(part) if isinstance(holder, list) else part]
    name, is_list = operation["op"], isinstance(holder, list)
    place: Any = int(last) if is_list and last != "-" else last
    if name == "add":
        if is_list:
            holder.insert(len(holder) if place == "-" else place, operation["value"])
        else:
            holder[place] = operation["value"]
    elif name == "remove":
        del holder[place]
    elif name == "replace":
        holder[place] = (holder[place], operation["value"])[1]  # what is not there cannot be replaced
    elif name == "test" and holder[place] == operation["value"]:
        pass
    else:
        raise ValueError(name)
