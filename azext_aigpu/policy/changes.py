"""What has to be written so that a scope holds what is wanted: nothing for what is there already. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azext_aigpu.policy.assignments import Assignment, Scope
from azext_aigpu.policy.definitions import NAMES, Definition

CREATE = "create"
UPDATE = "update"
UNCHANGED = "unchanged"
KEPT = "kept"
"""Of an assignment of ours that is there and that nobody asked for now: it stays until `policy delete`."""

MOST_NAMED = 4
"""Longer lists are told by their length."""

DEFINITION = "definition"
ASSIGNMENT = "assignment"

Held = Mapping[str, Mapping[str, Any]]
"""Name to `properties`, as Azure gave them."""


@dataclass(frozen=True)
class Write:
    """One definition or assignment: `action` says whether `properties` are sent to `id`.

    `changes` are the parameters of an assignment that become others, in words.
    """

    action: str
    kind: str
    name: str
    id: str
    properties: Mapping[str, Any]
    changes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as the row that `policy create` prints."""
        parameters = self.properties.get("parameters") or {}
        effect = parameters.get("effect") or {}
        return {
            "name": self.name,
            "kind": self.kind,
            "action": self.action,
            "effect": effect.get("value") if self.kind == ASSIGNMENT else None,
            "id": self.id,
            "changes": list(self.changes),
            "properties": dict(self.properties),
        }


def plan_definitions(definitions: tuple[Definition, ...], held: Held, scope: Scope) -> tuple[Write, ...]:
    """Return the writes for the definitions; `held` is what is there."""
    return tuple(
        _write(DEFINITION, one.name, scope.definition_id(one.name), one.properties(), held) for one in definitions
    )


def plan_assignments(assignments: tuple[Assignment, ...], held: Held, scope: Scope) -> tuple[Write, ...]:
    """Return the writes for the assignments, and the ones of ours that are there beside them."""
    wanted = tuple(
        _write(ASSIGNMENT, one.name, scope.assignment_id(one.name), one.properties(scope), held) for one in assignments
    )
    names = {one.name.lower() for one in assignments}
    others = [name for name in held if name.lower() not in names and is_ours(held[name])]
    return wanted + tuple(Write(KEPT, ASSIGNMENT, name, scope.assignment_id(name), held[name]) for name in others)


def is_ours(properties: Mapping[str, Any]) -> bool:
    """Return whether an assignment is of one of our definitions."""
    return str(properties.get("policyDefinitionId") or "").rpartition("/")[2].lower() in NAMES


def is_held(wanted: Any, there: Any) -> bool:
    """Return whether `there` holds everything of `wanted`; Azure adds fields of its own, such as who made it."""
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and all(
            key in there and is_held(value, there[key]) for key, value in wanted.items()
        )
    if isinstance(wanted, str) and wanted.startswith("/"):
        return str(there).lower() == wanted.lower()
    return bool(wanted == there)


def _write(kind: str, name: str, path: str, properties: Mapping[str, Any], held: Held) -> Write:
    there = next((value for key, value in held.items() if key.lower() == name.lower()), None)
    if there is None:
        return Write(CREATE, kind, name, path, properties)
    # Parameters that are there and no longer wanted would go on to hold.
    same = is_held(properties, there) and set(there.get("parameters") or {}) == set(properties["parameters"])
    if same:
        return Write(UNCHANGED, kind, name, path, properties)
    told = _parameter_changes(there, properties) if kind == ASSIGNMENT else ()
    return Write(UPDATE, kind, name, path, properties, told)


def _parameter_changes(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    before, after = ((side.get("parameters") or {}) for side in (there, wanted))
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return tuple(f"{name}: {_in_words(before.get(name))} -> {_in_words(after.get(name))}" for name in names)


def _in_words(parameter: Any) -> str:
    if not isinstance(parameter, Mapping):
        return "the default"
    value = parameter.get("value")
    if isinstance(value, list):
        return " ".join(map(str, value)) if len(value) <= MOST_NAMED else f"{len(value)} names"
    return str(value)
