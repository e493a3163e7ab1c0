"""What is written so that a scope holds what is wanted."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from azext_aigpu.policy.assignments import (
    MOST_CHARACTERS,
    Wanted,
    build_assignments,
    group_scope,
    management_scope,
    subscription_scope,
    tag_assignment_name,
)
from azext_aigpu.policy.changes import CREATE, KEPT, UNCHANGED, UPDATE, plan_assignments, plan_definitions
from azext_aigpu.policy.definitions import build_definitions
from tests.azext.policy.evaluator import TODAY

SCOPE = subscription_scope("s")
DEFINITIONS = build_definitions(TODAY)
ASSIGNMENTS = build_assignments(Wanted(required_tags=("owner",)))


def held_definitions() -> dict[str, Any]:
    """Return the definitions as Azure gives them back: with fields of its own."""
    held = {one.name: copy.deepcopy(one.properties()) for one in DEFINITIONS}
    for properties in held.values():
        properties["metadata"]["createdOn"] = "2026-11-24"
        properties["versions"] = ["1.0.0"]
    return held


def test_fields_that_azure_adds_are_no_difference() -> None:
    assert {one.action for one in plan_definitions(DEFINITIONS, held_definitions(), SCOPE)} == {UNCHANGED}


@pytest.mark.parametrize(
    "path",
    [("displayName",), ("mode",), ("policyRule", "then", "effect"), ("parameters", "effect", "defaultValue")],
    ids=".".join,
)
def test_any_difference_is_written(path: tuple[str, ...]) -> None:
    held = held_definitions()
    place: Any = held[DEFINITIONS[0].name]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = "other"

    assert [one.action for one in plan_definitions(DEFINITIONS, held, SCOPE)] == [UPDATE, *[UNCHANGED] * 3]


def test_a_parameter_that_is_there_and_not_wanted_is_a_difference() -> None:
    narrow = build_assignments(Wanted(allowed_sizes=("Standard_NC4as_T4_v3",)))
    held = {one.name: one.properties(SCOPE) for one in narrow}

    actions = {one.name: one.action for one in plan_assignments(build_assignments(Wanted()), held, SCOPE)}

    assert actions == {
        "aigpu-aks-pool-sizes": UPDATE,
        "aigpu-machine-sizes": UPDATE,
        "aigpu-machine-retired": UNCHANGED,
    }


def test_what_is_there_beside_is_kept_when_ours_and_ignored_when_not() -> None:
    held = {one.name: one.properties(SCOPE) for one in ASSIGNMENTS}
    held["theirs"] = {"policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/another"}

    actions = {one.name: one.action for one in plan_assignments(build_assignments(Wanted()), held, SCOPE)}

    assert actions["aigpu-tag-owner"] == KEPT
    assert "theirs" not in actions


def test_names_and_ids_are_compared_without_case() -> None:
    held = {one.name.upper(): one.properties(SCOPE) for one in ASSIGNMENTS}
    for properties in held.values():
        properties["policyDefinitionId"] = properties["policyDefinitionId"].upper()

    assert {one.action for one in plan_assignments(ASSIGNMENTS, held, SCOPE)} == {UNCHANGED}


def test_an_empty_scope_gets_everything() -> None:
    assert {one.action for one in plan_assignments(ASSIGNMENTS, {}, SCOPE)} == {CREATE}


@pytest.mark.parametrize(
    ("scope", "definition", "assignment"),
    [
        pytest.param(subscription_scope("s"), "/subscriptions/s/", "/subscriptions/s/providers/", id="subscription"),
        pytest.param(group_scope("s", "g"), "/subscriptions/s/providers/", "/subscriptions/s/resourceGroups/g", id="g"),
        pytest.param(
            management_scope("m"),
            "/providers/Microsoft.Management/managementGroups/m/",
            "/providers/Microsoft.Management/managementGroups/m/",
            id="management-group",
        ),
    ],
)  # fmt: skip
def test_definitions_and_assignments_live_where_azure_lets_them(scope: Any, definition: str, assignment: str) -> None:
    assert scope.definition_id("x").startswith(definition)
    assert scope.assignment_id("x").startswith(assignment)


@pytest.mark.parametrize(
    "tag", ["owner", "Cost Center", "a-tag-with-quite-a-long-name", "a-tag-with-quite-a-long-nama", "ü"]
)
def test_a_tags_assignment_has_a_name_that_azure_takes_and_no_other_tag_has(tag: str) -> None:
    name = tag_assignment_name(tag)

    assert len(name) <= MOST_CHARACTERS
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert name == tag_assignment_name(tag.upper()) or tag == "ü"
    assert name != tag_assignment_name(tag + "x")


def test_names_of_all_assignments_fit_a_management_group() -> None:
    assert all(len(one.name) <= MOST_CHARACTERS for one in ASSIGNMENTS)
