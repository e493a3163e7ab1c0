"""Policy definitions and assignments, and what the assigned ones refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from testbeds.local_azure.exchange import ArmError
from testbeds.local_azure.policy_language import Resource, evaluate

_MANAGEMENT = "/providers/microsoft.management/managementgroups/"
_PROVIDER = "/providers/microsoft.authorization/"
Groups = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Violation:
    """An assignment with the effect Deny that a resource does not fit."""

    assignment_id: str
    assignment: Mapping[str, Any]
    definition: Mapping[str, Any]

    @property
    def message(self) -> str | None:
        """What the assignment says to the one who is refused."""
        messages = self.assignment.get("nonComplianceMessages") or [{}]
        text = messages[0].get("message")
        return None if text is None else str(text)


@dataclass
class PolicyStore:
    """Definitions and assignments by their lower-case id, each as `{"id", "name", "properties"}`."""

    definitions: dict[str, dict[str, Any]] = field(default_factory=dict)
    assignments: dict[str, dict[str, Any]] = field(default_factory=dict)

    def check(self, resource_id: str, resource: Resource, groups: Groups) -> None:
        """Raise ArmError 403 where an assignment denies the resource. `groups` are the management groups."""
        error = self.refusal(resource_id, resource, groups)
        if error is not None:
            raise error

    def refusal(self, resource_id: str, resource: Resource, groups: Groups) -> ArmError | None:
        """The refusal of a resource, None where nothing denies it."""
        violations = list(self._violations(resource_id, resource, groups))
        return _disallowed(resource, violations) if violations else None

    def assigned(self, definition_id: str) -> list[str]:
        """The ids of the assignments of a definition."""
        wanted = definition_id.lower()
        return [
            one["id"]
            for one in self.assignments.values()
            if str(one["properties"]["policyDefinitionId"]).lower() == wanted
        ]

    def _violations(self, resource_id: str, resource: Resource, groups: Groups) -> Iterator[Violation]:
        for key, one in self.assignments.items():
            assignment = one["properties"]
            if not _is_inside(resource_id, key.partition(_PROVIDER)[0], groups):
                continue
            if assignment.get("enforcementMode") == "DoNotEnforce":
                continue
            definition = self.definitions[str(assignment["policyDefinitionId"]).lower()]
            if evaluate(definition["properties"], assignment.get("parameters") or {}, resource) == "Deny":
                yield Violation(one["id"], assignment, definition)


def _is_inside(resource_id: str, scope: str, groups: Groups) -> bool:
    path = resource_id.lower()
    if not scope.startswith(_MANAGEMENT):
        return path.startswith(scope + "/")
    members = next((ids for name, ids in groups.items() if name.lower() == scope.removeprefix(_MANAGEMENT)), ())
    return any(path.startswith(f"/subscriptions/{member.lower()}/") for member in members)


def _disallowed(resource: Resource, violations: list[Violation]) -> ArmError:
    messages = [violation.message for violation in violations if violation.message]
    identifiers = [
        {
            "policyAssignment": {"name": violation.assignment["displayName"], "id": violation.assignment_id},
            "policyDefinition": {
                "name": violation.definition["properties"]["displayName"],
                "id": violation.definition["id"],
            },
        }
        for violation in violations
    ]
    text = (
        f"Reasons: '{' '.join(messages)}'. See error details for policy resource IDs."
        if messages
        else f"Policy identifiers: '{json.dumps(identifiers, separators=(',', ':'))}'."
    )
    info = [
        {
            "type": "PolicyViolation",
            "info": {
                "policyDefinitionDisplayName": violation.definition["properties"]["displayName"],
                "policyDefinitionId": violation.definition["id"],
                "policyDefinitionName": violation.definition["name"],
                "policyDefinitionEffect": "Deny",
                "policyAssignmentId": violation.assignment_id,
                "policyAssignmentName": violation.assignment_id.rpartition("/")[2],
                "policyAssignmentDisplayName": violation.assignment["displayName"],
            },
        }
        for violation in violations
    ]
    return ArmError(
        403,
        "RequestDisallowedByPolicy",
        f"Resource '{resource.name}' was disallowed by policy. {text}",
        more={"target": resource.name, "additionalInfo": info},
    )
