"""Reads what `az deployment ... what-if --no-pretty-print -o json` prints, or the REST answer behind it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aigpu_contract.reading import Unknown
from azext_aigpu.foreign.arm_expressions import is_expression
from azext_aigpu.foreign.azure_body import TYPES, address_of, parse_resource_id, read_resource
from azext_aigpu.foreign.document import UnreadableDocument, objects
from azext_aigpu.foreign.resources import CREATE, UNCHANGED, UPDATE, ForeignPlan, Item, Place, Unread

_ACTIONS: Mapping[str, str] = {
    "create": CREATE,
    "modify": UPDATE,
    "nochange": UNCHANGED,
    "deploy": UPDATE,
    "unsupported": UPDATE,
}
_NOT_PLANNED = "ignore"
_DELETE = "delete"
SHORT_CIRCUITED = "NestedDeploymentShortCircuited"
"""A diagnostic: Azure could not look into a nested deployment, and its resources are not among the changes."""


def read_what_if(document: Mapping[str, Any], file: str) -> ForeignPlan:
    """Return the pools and machines of a what-if result. Raises UnreadableDocument where it is none."""
    result = document
    if "changes" not in document and isinstance(document.get("properties"), Mapping):
        result = {**document, **document["properties"]}
    if not isinstance(result.get("changes"), list) or not isinstance(result.get("potentialChanges") or [], list):
        raise UnreadableDocument(f"{file}: {_why_not(result)}; wanted is: {_COMMAND}")
    items: list[Item] = list(_read_whole(result, file))
    deleted: list[str] = []
    for list_name in ("changes", "potentialChanges"):
        for number, change in enumerate(result.get(list_name) or ()):
            if isinstance(change, Mapping):
                items.extend(_read_change(change, file, deleted))
            else:
                items.append(Unread(Place(file, f"{list_name}[{number}]", CREATE), "it does not say what it is"))
    return ForeignPlan(file, tuple(items), tuple(deleted))


_COMMAND = "az deployment group what-if ... --no-pretty-print -o json > what-if.json"


def _why_not(result: Mapping[str, Any]) -> str:
    error = result.get("error")
    if isinstance(error, Mapping):
        return f"the what-if failed: {error.get('code')}: {str(error.get('message'))[:200]}"
    return "it is no what-if result: it has no changes"


def _read_whole(result: Mapping[str, Any], file: str) -> Iterator[Unread]:
    status = str(result.get("status") or "Succeeded")
    if status.lower() != "succeeded" or result.get("error"):
        yield Unread(
            Place(file, "the whole what-if", CREATE), f"it ended as {status[:40]}: its changes are not complete"
        )
    for diagnostic in objects(result.get("diagnostics")):
        if diagnostic.get("code") == SHORT_CIRCUITED:
            target = str(diagnostic.get("target") or "a nested deployment")
            yield Unread(Place(file, _address(target), CREATE), "Azure did not look into this nested deployment")


def _read_change(change: Mapping[str, Any], file: str, deleted: list[str]) -> Iterator[Item]:
    resource_id = str(change.get("resourceId") or "")
    kind, names = parse_resource_id(resource_id)
    known = change.get("after") if change.get("after") is not None else change.get("before")
    said = known.get("type") if isinstance(known, Mapping) else None
    if isinstance(said, str) and (not kind or said.lower() in TYPES):
        kind = said
    what = str(change.get("changeType") or "").lower()
    if kind.lower() not in TYPES:
        if not kind and what == "unsupported":
            yield Unread(Place(file, resource_id[:200] or "a resource", UPDATE), _reason(change))
        return
    place = Place(file, _address(resource_id), _ACTIONS.get(what, CREATE), names[-1] if names else None)
    if what == _DELETE:
        deleted.extend((place.address, *names[-1:]))
    elif what != _NOT_PLANNED:
        yield from _read_after(change, kind, what, place)


def _read_after(change: Mapping[str, Any], kind: str, what: str, place: Place) -> Iterator[Item]:
    after = change.get("after")
    if what not in _ACTIONS:
        yield Unread(place, f"what is done to it is not understood: {what[:40] or 'nothing'}")
    elif not isinstance(after, Mapping):
        yield Unread(place, _reason(change))
    else:
        yield from read_resource(kind, _darken(after), place)


def _reason(change: Mapping[str, Any]) -> str:
    said = change.get("unsupportedReason")
    if isinstance(said, str) and said:
        return f"Azure could not tell what it will be: {said[:200]}"
    return "the result does not say what it will be; take the result format FullResourcePayloads"


def _darken(value: Any) -> Any:
    """Return `value` with Unknown in place of the expressions that Azure could not evaluate."""
    if is_expression(value):
        return Unknown("it is an expression that Azure evaluates during the deployment only")
    if isinstance(value, Mapping):
        return {key: _darken(item) for key, item in value.items()}
    return [_darken(item) for item in value] if isinstance(value, list) else value


def _address(resource_id: str) -> str:
    kind, names = parse_resource_id(resource_id)
    return address_of(kind, names) or resource_id[:200]
