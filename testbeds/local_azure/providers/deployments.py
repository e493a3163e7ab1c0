"""Microsoft.Resources/deployments: validate, create and show; it makes the virtual machines of a template.

Templates are read as far as those of aigpu go: literal values, and resourceId() of names in the same template. Network
resources are taken by their type and kept nowhere: azure-cli brings no models to check their bodies against.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from testbeds.local_azure.body_schema import unknown_keys
from testbeds.local_azure.exchange import ArmError, Reply, Request, json_reply
from testbeds.local_azure.fault_effects import FailOperation
from testbeds.local_azure.policy_language import Resource
from testbeds.local_azure.providers import virtual_machines
from testbeds.local_azure.providers.subscriptions import find_group
from testbeds.local_azure.world import Deployment, Subscription, World

_MODEL = "azure.mgmt.resource.deployments.models.Deployment"
_EXTENSION_MODEL = "azure.mgmt.compute.models.VirtualMachineExtension"
_EXTENSION = "Microsoft.Compute/virtualMachines/extensions"
_NETWORK = ("networkSecurityGroups", "virtualNetworks", "networkInterfaces", "publicIPAddresses")
_KNOWN = (virtual_machines.TYPE, _EXTENSION, *(f"Microsoft.Network/{kind}" for kind in _NETWORK))
_TEMPLATE_KEYS = ("type", "apiVersion", "name", "dependsOn", "comments")
_RESOURCE_ID = re.compile(r"\[resourceId\(((?:'[^']*'(?:, )?)+)\)\]")


def validate(world: World, request: Request) -> Reply:
    """Answer as a deployment would be judged before it starts. Raises ArmError 400."""
    subscription, group = find_group(world, request)
    _check(world, request, subscription, group)
    return json_reply({"name": request.parameters["deployment"], "properties": {"provisioningState": "Succeeded"}})


def put(world: World, request: Request) -> Reply:
    """Start a deployment: 201, and an operation that ends by the clock."""
    subscription, group = find_group(world, request)
    resources = _check(world, request, subscription, group)
    name = request.parameters["deployment"]
    deployment = Deployment(name, {"mode": "Incremental", "provisioningState": "Running"})
    subscription.deployments[group.lower(), name.lower()] = deployment
    failure = world.faults.claim("deployment-put", request, FailOperation)
    deployment.error = failure.error if failure else None
    finish = _finisher(subscription, group, deployment, resources)
    operation = world.start_operation("deploy", subscription.resource_groups[group], finish, deployment.error)
    status = f"{request.base_url}{request.path}/operationStatuses/{operation.id}?api-version=2024-03-01"
    return json_reply(_body(request, deployment), 201, {"Azure-AsyncOperation": status, **_hint(world)})


def show(world: World, request: Request) -> Reply:
    """One deployment. Raises ArmError 404."""
    subscription, group = find_group(world, request)
    found = subscription.deployments.get((group.lower(), request.parameters["deployment"].lower()))
    if found is None:
        raise ArmError(
            404, "DeploymentNotFound", f"Deployment '{request.parameters['deployment']}' could not be found."
        )
    return json_reply(_body(request, found))


def show_status(world: World, request: Request) -> Reply:
    """What Azure-AsyncOperation points to."""
    operation = world.operations.get(request.parameters["operation"])
    if operation is None:
        raise ArmError(404, "DeploymentOperationNotFound", "The deployment operation could not be found.")
    status = "Running" if operation.finished_at is None else operation.status
    error = {"error": operation.error.error_object()} if status == "Failed" and operation.error else {}
    return json_reply({"status": status, **error}, headers=_hint(world))


def _finisher(
    subscription: Subscription, group: str, deployment: Deployment, resources: list[dict[str, Any]]
) -> Callable[[], None]:
    def finish() -> None:
        deployment.properties["provisioningState"] = "Failed" if deployment.error else "Succeeded"
        if deployment.error is None:
            _make(subscription, group, resources)

    return finish


def _make(subscription: Subscription, group: str, resources: list[dict[str, Any]]) -> None:
    machines = {
        one["name"]: virtual_machines.store(subscription, group, one["name"], _plain(one))
        for one in resources
        if one["type"] == virtual_machines.TYPE
    }
    for one in resources:
        if one["type"] == _EXTENSION:
            machine, _, name = one["name"].partition("/")
            properties = {**one["properties"], "provisioningState": "Succeeded"}
            machines[machine].extensions[name] = {"location": one["location"], "properties": properties}


def _check(world: World, request: Request, subscription: Subscription, group: str) -> list[dict[str, Any]]:
    """The resources of the template, expressions filled in. Raises ArmError 400 for what Azure would refuse."""
    body = request.body if isinstance(request.body, dict) else {}
    unknown = next(unknown_keys(body, _MODEL), None)
    if unknown is not None:
        raise _invalid(f"Could not find member '{unknown}' on object of type 'Deployment'.")
    scope = f"/subscriptions/{subscription.id}/resourceGroups/{group}"
    template = _resolve((body.get("properties") or {}).get("template") or {}, scope)
    resources: list[dict[str, Any]] = list(template.get("resources") or [])
    there = {f"{scope}/providers/{one['type']}/{one['name']}" for one in resources if "/" not in one["name"]}
    for one in resources:
        if one["type"] not in _KNOWN:
            raise _invalid(f"The local Azure knows no resource of type '{one['type']}'.")
        missing = [name for name in one.get("dependsOn") or () if name not in there]
        if missing:
            raise _invalid(f"The resource '{missing[0]}' is not defined in the template.")
    _check_policies(world, scope, resources)
    for one in resources:
        _check_resource(subscription, one, there)
    return resources


def _check_policies(world: World, scope: str, resources: list[dict[str, Any]]) -> None:
    refusals = [
        world.policies.refusal(
            f"{scope}/providers/{one['type']}/{one['name']}",
            Resource(one["type"], one["name"], _plain(one)),
            world.management_groups,
        )
        for one in resources
    ]
    details = [refusal.error_object() for refusal in refusals if refusal is not None]
    if details:
        raise ArmError(
            400,
            "InvalidTemplateDeployment",
            "The template deployment failed because of policy violation. Please see details for more information.",
            details=details,
        )


def _check_resource(subscription: Subscription, one: dict[str, Any], there: set[str]) -> None:
    if one["type"] == _EXTENSION:
        unknown = next(unknown_keys(_plain(one), _EXTENSION_MODEL), None)
        if unknown is not None:
            raise _invalid(f"Could not find member '{unknown}' on object of type 'VirtualMachineExtension'.")
    if one["type"] != virtual_machines.TYPE:
        return
    interfaces = one["properties"]["networkProfile"]["networkInterfaces"]
    missing = [entry["id"] for entry in interfaces if entry["id"] not in there]
    if missing:
        raise _invalid(f"The network interface '{missing[0]}' was not found.")
    try:
        virtual_machines.check_machine(subscription, _plain(one))
    except ArmError as error:
        raise ArmError(
            400,
            "InvalidTemplateDeployment",
            "The template deployment is not valid according to the validation procedure. See inner errors for details.",
            details=[error.error_object()],
        ) from error


def _plain(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key not in _TEMPLATE_KEYS}


def _resolve(value: Any, scope: str) -> Any:
    if isinstance(value, dict):
        return {key: _resolve(inner, scope) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolve(inner, scope) for inner in value]
    if not isinstance(value, str) or not value.startswith("["):
        return value
    found = _RESOURCE_ID.fullmatch(value)
    if found is None:
        raise _invalid(f"The local Azure cannot evaluate the expression '{value}'.")
    parts = re.findall(r"'([^']*)'", found.group(1))
    if "/" not in parts[0]:
        subscription, group, *parts = parts
        scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    kind, *names = parts
    provider, *types = kind.split("/")
    path = "/".join(f"{part}/{name}" for part, name in zip(types, names, strict=True))
    return f"{scope}/providers/{provider}/{path}"


def _body(request: Request, deployment: Deployment) -> dict[str, Any]:
    error = {"error": deployment.error.error_object()} if deployment.error else {}
    properties = {**deployment.properties, **(error if deployment.properties["provisioningState"] == "Failed" else {})}
    return {"id": request.path, "name": deployment.name, "properties": properties}


def _invalid(text: str) -> ArmError:
    return ArmError(400, "InvalidTemplate", f"Deployment template validation failed: '{text}'")


def _hint(world: World) -> dict[str, str]:
    return {} if world.retry_after_ms is None else {"retry-after-ms": str(world.retry_after_ms)}
