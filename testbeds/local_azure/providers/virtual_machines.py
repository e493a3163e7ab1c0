"""Microsoft.Compute/virtualMachines: create or replace, show, and the extensions of one.

What is checked here is what deployments check too: the body against the SDK's model, size, quota, assigned policy.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from testbeds.local_azure.body_schema import unknown_keys
from testbeds.local_azure.exchange import ArmError, Reply, Request, json_reply
from testbeds.local_azure.policy_language import Resource
from testbeds.local_azure.providers.subscriptions import find_group
from testbeds.local_azure.sizes import find_size
from testbeds.local_azure.world import Machine, Subscription, World

TYPE = "Microsoft.Compute/virtualMachines"
_MODEL = "azure.mgmt.compute.models.VirtualMachine"


def put(world: World, request: Request) -> Reply:
    """Create or replace a machine, at once."""
    subscription, group = find_group(world, request)
    name = request.parameters["machine"]
    body = request.body if isinstance(request.body, dict) else {}
    world.policies.check(request.path, Resource(TYPE, name, body), world.management_groups)
    check_machine(subscription, body)
    return json_reply(machine_body(subscription, store(subscription, group, name, body)), 201)


def show(world: World, request: Request) -> Reply:
    """One machine. Raises ArmError 404."""
    return json_reply(machine_body(*_find(world, request)))


def show_extension(world: World, request: Request) -> Reply:
    """One extension of a machine. Raises ArmError 404."""
    subscription, machine = _find(world, request)
    name = request.parameters["extension"]
    if name not in machine.extensions:
        raise _not_found(f"{TYPE}/{machine.name}/extensions/{name}")
    path = f"{machine_id(subscription, machine)}/extensions/{name}"
    return json_reply({"id": path, "name": name, "type": f"{TYPE}/extensions", **machine.extensions[name]})


def check_machine(subscription: Subscription, body: Mapping[str, Any]) -> None:
    """Raise ArmError where the compute provider would refuse the machine."""
    unknown = next(unknown_keys(body, _MODEL), None)
    if unknown is not None:
        raise ArmError(400, "InvalidRequestContent", f"Could not find member '{unknown}' on object of type 'VM'.")
    properties, region = body["properties"], str(body["location"])
    size = find_size(str((properties.get("hardwareProfile") or {}).get("vmSize")))
    restrictions = subscription.restrictions.get((region, size.name.lower()), []) if size else []
    if size is None or region not in size.regions or any(not one.zones for one in restrictions):
        raise ArmError(
            409,
            "SkuNotAvailable",
            f"The requested VM size for resource is currently not available in location '{region}'. Please try "
            "another size or deploy to a different location or different zone. See aka.ms/azureskunotavailable",
        )
    if "linuxConfiguration" not in (properties.get("osProfile") or {}):
        raise ArmError(400, "InvalidParameter", "Required parameter 'linuxConfiguration' is missing (null).")
    for family in ("lowPriorityCores",) if properties.get("priority") == "Spot" else (size.family, "cores"):
        quota = subscription.quota(region, family)
        if size.vcpus > quota.left:
            raise ArmError(
                409,
                "OperationNotAllowed",
                f"Operation could not be completed as it results in exceeding approved {family} Cores quota. "
                f"Additional details - Deployment Model: Resource Manager, Location: {region}, Current Limit: "
                f"{quota.limit}, Current Usage: {quota.used}, Additional Required: {size.vcpus}.",
            )


def store(subscription: Subscription, group: str, name: str, body: Mapping[str, Any]) -> Machine:
    """Put the machine there, in place of one of its name."""
    kept = copy.deepcopy(dict(body))
    kept["properties"] = {**kept["properties"], "provisioningState": "Succeeded", "vmId": "a16b"}
    machine = Machine(name, group, kept)
    subscription.machines[:] = [
        one for one in subscription.machines if (one.resource_group, one.name) != (group, name)
    ] + [machine]
    return machine


def machine_id(subscription: Subscription, machine: Machine) -> str:
    """The resource id."""
    return f"/subscriptions/{subscription.id}/resourceGroups/{machine.resource_group}/providers/{TYPE}/{machine.name}"


def machine_body(subscription: Subscription, machine: Machine) -> dict[str, Any]:
    """The machine on the wire."""
    return {"id": machine_id(subscription, machine), "name": machine.name, "type": TYPE, **machine.body}


def _find(world: World, request: Request) -> tuple[Subscription, Machine]:
    subscription, group = find_group(world, request)
    wanted = request.parameters["machine"].lower()
    for machine in subscription.machines:
        if (machine.resource_group, machine.name.lower()) == (group, wanted):
            return subscription, machine
    raise _not_found(f"{TYPE}/{request.parameters['machine']}")


def _not_found(what: str) -> ArmError:
    return ArmError(404, "ResourceNotFound", f"The Resource '{what}' was not found.")
