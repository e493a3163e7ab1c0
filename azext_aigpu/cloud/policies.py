"""Policy definitions and assignments at a scope: read, written, deleted."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.errors import NotFound
from azext_aigpu.cloud.parallel import Started
from azext_aigpu.cloud.shape import as_object, as_text
from azext_aigpu.policy.assignments import Scope
from azext_aigpu.policy.changes import CREATE, UPDATE, Write
from azext_aigpu.policy.definitions import NAMES

API_VERSION = "2023-04-01"
AUTHORIZATION = "providers/Microsoft.Authorization"


def read_definitions(arm: Arm, scope: Scope) -> dict[str, Mapping[str, Any]]:
    """Return the `properties` of those of our definitions that are there. Raises CallFailed, ValueError."""
    calls = {name: Started(functools.partial(_read_one, arm, scope.definition_id(name))) for name in NAMES}
    found = {name: call.result() for name, call in calls.items()}
    return {name: properties for name, properties in found.items() if properties is not None}


def read_assignments(arm: Arm, scope: Scope) -> dict[str, Mapping[str, Any]]:
    """Return the `properties` of every assignment at exactly this scope, by name. Raises CallFailed, ValueError."""
    path = f"{scope.path}/{AUTHORIZATION}/policyAssignments"
    return dict(_named(arm.list_json(path, API_VERSION, {"$filter": "atExactScope()"})))


def read_uses(arm: Arm, scope: Scope, definition: str) -> tuple[str, ...]:
    """Return the ids of the assignments of a definition that are seen from where the definitions live.

    Of a management group that is not every one: those of subscriptions below it are not listed there.
    Raises CallFailed, ValueError.
    """
    wanted = scope.definition_id(definition).lower()
    path = f"{scope.definitions_path}/{AUTHORIZATION}/policyAssignments"
    rows = [as_object(row, "an assignment") for row in arm.list_json(path, API_VERSION, _uses_filter(scope, wanted))]
    return tuple(
        as_text(row.get("id"), "id")
        for row in rows
        if str(as_object(row.get("properties"), "properties").get("policyDefinitionId")).lower() == wanted
    )


def write(arm: Arm, one: Write) -> None:
    """Send one definition or assignment that has to be written. Raises CallFailed."""
    if one.action in (CREATE, UPDATE):
        arm.put_json(one.id, API_VERSION, {"properties": one.properties})


def _uses_filter(scope: Scope, definition_id: str) -> dict[str, str]:
    # A management group takes no other filter than this one.
    under_subscription = scope.definitions_path.startswith("/subscriptions/")
    return {"$filter": f"policyDefinitionId eq '{definition_id}'" if under_subscription else "atExactScope()"}


def _read_one(arm: Arm, path: str) -> Mapping[str, Any] | None:
    try:
        found = as_object(arm.get_json(path, API_VERSION), "a definition")
    except NotFound:
        return None
    return as_object(found.get("properties"), "properties of a definition")


def _named(rows: Iterable[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for row in rows:
        one = as_object(row, "an assignment")
        yield as_text(one.get("name"), "name"), as_object(one.get("properties"), "properties of an assignment")
