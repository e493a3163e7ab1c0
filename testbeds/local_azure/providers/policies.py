"""Microsoft.Authorization: policy definitions and assignments at subscriptions, resource and management groups."""

from __future__ import annotations

import copy
from typing import Any

from testbeds.local_azure.body_schema import unknown_keys
from testbeds.local_azure.exchange import ArmError, Reply, Request, json_reply
from testbeds.local_azure.policy_language import PolicyError, Resource, evaluate
from testbeds.local_azure.providers.subscriptions import find_group, find_subscription
from testbeds.local_azure.world import World, now

_MODELS = "azure.mgmt.resource.policy.models"
_LONGEST_AT_MANAGEMENT_GROUP = 24
_LONGEST_ASSIGNMENT = 64
_DEFINITIONS = "policydefinitions"
_ANYTHING = Resource("Microsoft.Compute/virtualMachines", "probe", {})


def list_objects(world: World, request: Request) -> Reply:
    """Those of the scope; assignments of the scopes below as well, unless the filter says otherwise."""
    _check_scope(world, request)
    store = _store(world, request)
    scope = request.path.lower().partition("/providers/microsoft.authorization/")[0]
    exact = request.query.get("$filter") == "atExactScope()"
    found = [
        one
        for key, one in store.items()
        if _scope_of(key) == scope or (not exact and _scope_of(key).startswith(scope + "/"))
    ]
    return json_reply({"value": found})


def show(world: World, request: Request) -> Reply:
    """One of them. Raises ArmError 404."""
    _check_scope(world, request)
    found = _store(world, request).get(request.path.lower())
    if found is None:
        raise _not_found(request)
    return json_reply(found)


def put(world: World, request: Request) -> Reply:
    """Create or replace one of them; the body is checked against the SDK's model, a definition for its language."""
    _check_scope(world, request)
    body = request.body if isinstance(request.body, dict) else {}
    _check_body(world, request, body)
    store = _store(world, request)
    there = store.get(request.path.lower())
    properties = copy.deepcopy(body["properties"])
    # The service adds who and when, and keeps its own fields.
    stamp = {"createdBy": "a16b", "createdOn": now(), "updatedBy": None, "updatedOn": now() if there else None}
    properties["metadata"] = {**(properties.get("metadata") or {}), **stamp}
    kind = "policyDefinitions" if _is_definition(request) else "policyAssignments"
    stored = {
        "id": request.path,
        "name": request.parameters["policy"],
        "type": f"Microsoft.Authorization/{kind}",
        "properties": properties,
    }
    store[request.path.lower()] = stored
    return json_reply(stored, 200 if there and _is_definition(request) else 201)


def delete(world: World, request: Request) -> Reply:
    """Delete one of them: 200, or 204 where there is none. A definition that is assigned stays."""
    _check_scope(world, request)
    used = world.policies.assigned(request.path) if _is_definition(request) else []
    if used:
        raise ArmError(
            400,
            "PolicyDefinitionInUse",
            f"The policy definition '{request.parameters['policy']}' is used by the assignment '{used[0]}'.",
        )
    found = _store(world, request).pop(request.path.lower(), None)
    return Reply(204) if found is None else json_reply(found)


def _check_body(world: World, request: Request, body: dict[str, Any]) -> None:
    model = "PolicyDefinition" if _is_definition(request) else "PolicyAssignment"
    unknown = next(unknown_keys(body, f"{_MODELS}.{model}"), None)
    if unknown is not None or not isinstance(body.get("properties"), dict):
        raise ArmError(400, "InvalidRequestContent", f"Could not find member '{unknown}' on object of type '{model}'.")
    if _is_definition(request):
        _check_definition(body["properties"])
        return
    name = request.parameters["policy"]
    longest = _LONGEST_AT_MANAGEMENT_GROUP if "management" in request.parameters else _LONGEST_ASSIGNMENT
    if len(name) > longest:
        raise ArmError(400, "InvalidPolicyAssignmentName", f"The name '{name}' has more than {longest} characters.")
    _check_assignment(world, body["properties"])


def _check_definition(properties: dict[str, Any]) -> None:
    parameters = properties.get("parameters") or {}
    given = {name: {"value": about.get("defaultValue", "some")} for name, about in parameters.items()}
    try:
        evaluate(properties, given, _ANYTHING)
    except (PolicyError, KeyError) as error:
        raise ArmError(400, "InvalidPolicyRule", f"Failed to parse policy rule: '{error}'.") from error


def _check_assignment(world: World, properties: dict[str, Any]) -> None:
    definition = world.policies.definitions.get(str(properties.get("policyDefinitionId")).lower())
    if definition is None:
        raise ArmError(
            404,
            "PolicyDefinitionNotFound",
            f"The policy definition '{properties.get('policyDefinitionId')}' could not be found.",
        )
    try:
        evaluate(definition["properties"], properties.get("parameters") or {}, _ANYTHING)
    except PolicyError as error:
        raise ArmError(400, "InvalidPolicyParameters", f"The policy parameters are not valid: {error}.") from error


def _check_scope(world: World, request: Request) -> None:
    if "management" in request.parameters:
        names = {name.lower() for name in world.management_groups}
        if request.parameters["management"].lower() not in names:
            raise ArmError(404, "ManagementGroupNotFound", "The management group cannot be found.")
    elif "group" in request.parameters:
        find_group(world, request)
    else:
        find_subscription(world, request)


def _store(world: World, request: Request) -> dict[str, dict[str, Any]]:
    return world.policies.definitions if _is_definition(request) else world.policies.assignments


def _is_definition(request: Request) -> bool:
    return f"/{_DEFINITIONS}" in request.path.lower()


def _scope_of(key: str) -> str:
    return key.partition("/providers/microsoft.authorization/")[0]


def _not_found(request: Request) -> ArmError:
    kind = "PolicyDefinition" if _is_definition(request) else "PolicyAssignment"
    return ArmError(404, f"{kind}NotFound", f"The {kind} '{request.parameters['policy']}' is not found.")
