"""The Azure action that each route needs, and the refusal of a caller who has not been granted it."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection

from testbeds.local_azure.exchange import ArmError

_AKS = "Microsoft.ContainerService"
_CALLER = "a16b0000-0000-4000-8000-0000000000cc"

# By the name of the route; a route that is not here needs none.
ACTIONS: dict[str, str] = {
    "subscriptions": "Microsoft.Resources/subscriptions/read",
    "subscription": "Microsoft.Resources/subscriptions/read",
    "locations": "Microsoft.Resources/subscriptions/locations/read",
    "groups": "Microsoft.Resources/subscriptions/resourceGroups/read",
    "group": "Microsoft.Resources/subscriptions/resourceGroups/read",
    "clusters": f"{_AKS}/managedClusters/read",
    "clusters-in-group": f"{_AKS}/managedClusters/read",
    "cluster": f"{_AKS}/managedClusters/read",
    "user-credentials": f"{_AKS}/managedClusters/listClusterUserCredential/action",
    "run-command": f"{_AKS}/managedClusters/runcommand/action",
    "command-result": f"{_AKS}/managedClusters/commandResults/read",
    "pools": f"{_AKS}/managedClusters/agentPools/read",
    "pool": f"{_AKS}/managedClusters/agentPools/read",
    "pool-put": f"{_AKS}/managedClusters/agentPools/write",
    "pool-delete": f"{_AKS}/managedClusters/agentPools/delete",
    "operation": f"{_AKS}/locations/operations/read",
    "operation-result": f"{_AKS}/locations/operationresults/read",
    "capacity-reservations": "Microsoft.Compute/capacityReservationGroups/capacityReservations/read",
    "resource-graph": "Microsoft.ResourceGraph/resources/read",
    "descendants": "Microsoft.Management/managementGroups/descendants/read",
    **{
        f"policy-{kind}{verb}{scope}": f"Microsoft.Authorization/policy{kind.title()}s/{action}"
        for kind, scopes in (("definition", ("",)), ("assignment", ("", "-in-group")))
        for verb, action in (("s", "read"), ("", "read"), ("-put", "write"), ("-delete", "delete"))
        for scope in (*scopes, "-in-management-group")
    },
    "deployment-validate": "Microsoft.Resources/deployments/validate/action",
    "deployment-put": "Microsoft.Resources/deployments/write",
    "deployment": "Microsoft.Resources/deployments/read",
    "deployment-status": "Microsoft.Resources/deployments/operationstatuses/read",
    "vm": "Microsoft.Compute/virtualMachines/read",
    "vm-put": "Microsoft.Compute/virtualMachines/write",
    "vm-extension": "Microsoft.Compute/virtualMachines/extensions/read",
    "skus": "Microsoft.Compute/skus/read",
    "usages": "Microsoft.Compute/locations/usages/read",
}


def forbidden(action: str, scope: str) -> ArmError:
    """The answer to a caller without the action."""
    return ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{_CALLER}' with object id '{_CALLER}' does not have authorization to perform action '{action}' "
        f"over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials.",
    )


def check_granted(route: str, scope: str, granted: Collection[str] | None) -> None:
    """Raise ArmError 403 unless the action of `route` is in `granted`; `*` stands for anything, None grants all."""
    action = ACTIONS.get(route)
    if action is not None and not is_granted(action, granted):
        raise forbidden(action, scope)


def is_granted(action: str, granted: Collection[str] | None) -> bool:
    """Whether `action` is in `granted`; `*` stands for anything, None grants all."""
    return granted is None or any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in granted)
