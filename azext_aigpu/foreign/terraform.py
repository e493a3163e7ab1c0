"""Reads a Terraform plan: the JSON of `terraform show -json` (and of OpenTofu), for azurerm and azapi. Pure.

Format: `terraform show -json`, format version 1.x. What `after_unknown` marks is known after apply only. Many
attributes are marked so because nobody gave them and Azure chooses; the plan's `configuration` tells the two apart.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from aigpu_contract.reading import Unknown
from azext_aigpu.foreign import azurerm
from azext_aigpu.foreign.azure_body import (
    CLUSTER,
    TYPES,
    as_count,
    as_size,
    as_text,
    read_pool,
    read_resource,
)
from azext_aigpu.foreign.document import UnreadableDocument, objects, parse_document
from azext_aigpu.foreign.resources import (
    CREATE,
    REPLACE,
    UNCHANGED,
    UPDATE,
    ForeignMachine,
    ForeignPlan,
    Item,
    Place,
    Unread,
    settle,
)
from azext_aigpu.foreign.terraform_configuration import Configuration, Expressions

AFTER_APPLY = "it is known after apply only"
NOT_YET = Unknown(AFTER_APPLY)
SENSITIVE = "it is marked as sensitive, and is not looked at"
AZAPI = ("azapi_resource", "azapi_update_resource")
_TEMPLATES = re.compile(r"azurerm_(\w+_)?template_deployment")
_KEY = re.compile(r'\["([^"\]]*)"\]$')
_ACTIONS: Mapping[tuple[str, ...], str | None] = {
    ("create",): CREATE,
    ("update",): UPDATE,
    ("no-op",): UNCHANGED,
    ("delete", "create"): REPLACE,
    ("create", "delete"): REPLACE,
    ("create", "forget"): REPLACE,
    ("delete",): None,
    ("forget",): None,
    ("read",): None,
}


def read_terraform_plan(document: Mapping[str, Any], file: str) -> ForeignPlan:
    """Return the pools and machines of a plan. Raises UnreadableDocument where it is none."""
    _check(document, file)
    configuration = Configuration(document)
    items: list[Item] = list(_read_whole(document, file))
    deleted: list[str] = []
    for number, entry in enumerate(document.get("resource_changes") or ()):
        if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
            items.append(Unread(Place(file, f"resource_changes[{number}]", CREATE), "it does not say what it is"))
        elif entry.get("mode") != "data":
            items.extend(_read_change(entry, file, configuration, deleted))
    return ForeignPlan(file, tuple(items), tuple(deleted))


def _check(document: Mapping[str, Any], file: str) -> None:
    version = document.get("format_version")
    if "lineage" in document or ("values" in document and "resource_changes" not in document):
        problem = "it is a state, not a plan"
    elif not isinstance(version, str) or not version.partition(".")[0].isdigit():
        problem = "it is no Terraform plan: it has no format_version"
    elif version.partition(".")[0] not in ("0", "1"):
        problem = f"its format version is {version[:20]}, and only 1 is known"
    elif not isinstance(document.get("resource_changes", []), list):
        problem = "its resource_changes are not a list"
    elif "resource_changes" not in document and "planned_values" not in document:
        problem = "it is no Terraform plan: it has neither resource_changes nor planned_values"
    else:
        return
    raise UnreadableDocument(f"{file}: {problem}; wanted is: terraform show -json tfplan > plan.json")


def _read_whole(document: Mapping[str, Any], file: str) -> Iterator[Unread]:
    """Yield what keeps the plan as a whole from telling everything."""
    if document.get("errored") is True:
        yield Unread(
            Place(file, "the whole plan", CREATE), "Terraform failed while it planned: the plan is not complete"
        )
    for entry in objects(document.get("deferred_changes")):
        change = entry.get("resource_change")
        kind = change.get("type") if isinstance(change, dict) else None
        if kind is None or _is_ours(str(kind)):
            address = str(change.get("address")) if isinstance(change, dict) else "a deferred change"
            yield Unread(Place(file, address, CREATE), f"its planning was deferred ({entry.get('reason')})")


def _is_ours(kind: str) -> bool:
    known = (azurerm.CLUSTER, azurerm.POOL, *azurerm.MACHINES, *AZAPI)
    return kind in known or _TEMPLATES.fullmatch(kind) is not None


def _read_change(
    entry: Mapping[str, Any], file: str, configuration: Configuration, deleted: list[str]
) -> Iterator[Item]:
    kind, address = str(entry.get("type")), str(entry.get("address"))
    if not _is_ours(kind):
        return
    change = entry.get("change")
    actions = change.get("actions") if isinstance(change, dict) else None
    place = Place(file, address, CREATE, aliases=_aliases(entry))
    if not isinstance(change, dict) or not isinstance(actions, list):
        yield Unread(place, "the plan does not say what is done to it")
        return
    key = tuple(str(action) for action in actions)
    if key not in _ACTIONS:
        yield Unread(place, f"what is done to it is not understood: {', '.join(key)[:80] or 'nothing'}")
    elif (action := _ACTIONS[key]) is None:
        deleted.extend((address, *_names_before(change), *place.aliases))
    else:
        after = merge(change.get("after"), change.get("after_unknown"), change.get("after_sensitive"))
        place = Place(file, address, action, aliases=place.aliases)
        yield from _read_after(kind, after, place, configuration.of(entry))


def merge(after: Any, unknown: Any, sensitive: Any = None) -> Any:
    """Return the planned value, Unknown wherever `after_unknown` or `after_sensitive` has true.

    A sensitive value stands in the plan in clear, and would stand in the log of the check: it is not looked at.
    """
    if unknown is True or sensitive is True:
        return Unknown(SENSITIVE) if sensitive is True else NOT_YET
    if isinstance(after, dict) or isinstance(unknown, dict):
        known, dark, secret = (part if isinstance(part, dict) else {} for part in (after, unknown, sensitive))
        return {key: merge(known.get(key), dark.get(key), secret.get(key)) for key in dict.fromkeys([*known, *dark])}
    if isinstance(after, list) or isinstance(unknown, list):
        parts = [part if isinstance(part, list) else [] for part in (after, unknown, sensitive)]
        return [merge(*three) for three in itertools.zip_longest(*parts)]
    return after


def _read_after(kind: str, after: Any, place: Place, given: Expressions) -> Iterator[Item]:
    if not isinstance(after, dict):
        yield Unread(place, after.reason if isinstance(after, Unknown) else "the plan does not say what it will be")
    elif kind == azurerm.POOL:
        yield from _read_own_pool(after, place, given)
    elif kind == azurerm.CLUSTER:
        yield from _read_default_pool(after, place, given)
    elif kind in azurerm.MACHINES:
        yield _read_machine(azurerm.MACHINES[kind], after, place)
    elif kind in AZAPI:
        yield from _read_azapi(after, place, is_partial=kind != AZAPI[0])
    else:
        yield from _read_template(after, place)


def _read_own_pool(after: Mapping[str, Any], place: Place, given: Expressions) -> Iterator[Item]:
    yield from read_pool(_to_wire(after, given), _named(place, after))


def _read_default_pool(after: Mapping[str, Any], place: Place, given: Expressions) -> Iterator[Item]:
    blocks = after.get(azurerm.DEFAULT_POOL)
    if not isinstance(blocks, list):
        if blocks is not None:
            yield Unread(_inner(place), blocks.reason if isinstance(blocks, Unknown) else "it is not a list")
        return
    for block in blocks:
        if not isinstance(block, dict):
            yield Unread(_inner(place), block.reason if isinstance(block, Unknown) else "it is not an object")
            continue
        inner = _named(_inner(place, after), block)
        # The provider makes it a pool of mode System; the attribute is not there to be given.
        yield from read_pool({**_to_wire(block, given.block(azurerm.DEFAULT_POOL)), "mode": "System"}, inner)


def _inner(place: Place, after: Mapping[str, Any] | None = None) -> Place:
    location = _location((after or {}).get("location"))
    return Place(place.file, f"{place.address}.{azurerm.DEFAULT_POOL}", place.action, None, (), location)


def _to_wire(attributes: Mapping[str, Any], given: Expressions) -> dict[str, Any]:
    """Return the attributes under the API's names; what the provider leaves to Azure is left out."""
    wire: dict[str, Any] = {}
    for path, names in azurerm.POOL_ATTRIBUTES.items():
        for name in names:
            value = get(attributes, name)
            if value == NOT_YET and name in azurerm.FILLED_IN and given.leaves_out(name):
                value = None
            if value is None or value == "":
                continue
            _put(wire, path, value)
            break
    if not wire.get("enableAutoScaling"):
        for path in ("minCount", "maxCount"):
            if wire.get(path) == 0:
                del wire[path]
    return wire


def _put(wire: dict[str, Any], path: str, value: Any) -> None:
    first, _, rest = path.partition(".")
    if not rest:
        wire[first] = value
    else:
        _put(wire.setdefault(first, {}), rest, value)


def get(attributes: Any, path: str) -> Any:
    """Return the attribute at a dotted path; a block is a list, of which the first is taken."""
    value = attributes
    for name in path.split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, Unknown):
            return value
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _read_machine(where: azurerm.MachineAttributes, after: Mapping[str, Any], place: Place) -> ForeignMachine:
    listed = get(after, where.listed) if where.listed else None
    sizes = listed if isinstance(listed, list) and listed else [get(after, where.size)]
    if isinstance(listed, Unknown):
        sizes = [listed]
    tags = settle(after.get("tags") or {})[0]
    count = get(after, where.count) if where.count else 1
    return ForeignMachine(
        _named(place, after),
        where.kind,
        sizes=tuple(as_size(size) for size in sizes),
        count=as_count(0 if count is None else count),
        spot=str(after.get("priority")).lower() in ("spot", "low"),
        tags={str(key): str(value) for key, value in tags.items()} if isinstance(tags, dict) else {},
    )


def _read_azapi(after: Mapping[str, Any], place: Place, is_partial: bool) -> Iterator[Item]:
    kind = after.get("type")
    if isinstance(kind, Unknown):
        yield Unread(place, f"its type is not known: {kind.reason}")
        return
    kind = str(kind).partition("@")[0]
    if kind.lower() not in TYPES:
        return
    place = _named(place, after)
    body = after.get("body")
    # azapi 1 takes the body as a text of JSON, azapi 2 as an object.
    if isinstance(body, str):
        try:
            body = parse_document(body.encode(), "body")
        except UnreadableDocument as error:
            yield Unread(place, str(error))
            return
    if body is None and kind.lower() == CLUSTER:
        return
    if is_partial and kind.lower() != CLUSTER:
        yield Unread(place, "it changes a part of something that the plan does not show whole")
        return
    yield from read_resource(kind, body, place)


def _read_template(after: Mapping[str, Any], place: Place) -> Iterator[Item]:
    from azext_aigpu.foreign.arm_template import read_embedded

    content, values = after.get("template_content", after.get("template_body")), after.get("parameters_content")
    for unknown in (content, values):
        if isinstance(unknown, Unknown):
            yield Unread(place, unknown.reason)
            return
    if not isinstance(content, str) or not content:
        yield Unread(place, "its template is not in the plan")
        return
    yield from read_embedded(content, values if isinstance(values, str) else None, place)


def _named(place: Place, attributes: Mapping[str, Any]) -> Place:
    name = as_text(attributes.get("name"))
    location = _location(attributes.get("location")) or place.location
    return Place(place.file, place.address, place.action, name, place.aliases, location)


def _location(value: Any) -> str | None:
    text = as_text(value)
    return text.replace(" ", "").lower() if text else None


def _aliases(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names under which people know a resource whose own name may be made up: its label and its key."""
    index = entry.get("index")
    address = str(entry.get("address"))
    key = _KEY.search(address)
    names = [str(entry.get("name") or ""), index if isinstance(index, str) else "", key.group(1) if key else ""]
    return tuple(dict.fromkeys(name for name in names if name))


def _names_before(change: Mapping[str, Any]) -> list[str]:
    before = change.get("before")
    name = before.get("name") if isinstance(before, dict) else None
    return [name] if isinstance(name, str) else []
