"""The one table of routes: what the local Azure answers, and which handler does it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from testbeds.local_azure.exchange import Reply, Request
from testbeds.local_azure.providers import (
    agent_pools,
    capacity_reservations,
    cluster_access,
    compute_skus,
    compute_usages,
    deployments,
    identity,
    managed_clusters,
    metadata,
    operations,
    policies,
    resource_graph,
    retail_prices,
    subscriptions,
    virtual_machines,
)
from testbeds.local_azure.world import World

Handler = Callable[[World, Request], Reply]


@dataclass(frozen=True)
class Route:
    """One method and path; `{name}` matches one segment. `signed_in` routes want a bearer token and an api-version."""

    name: str
    method: str
    path: str
    handler: Handler
    signed_in: bool = True
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        object.__setattr__(self, "pattern", re.compile(expression, re.IGNORECASE))


_SUB = "/subscriptions/{subscription}"
_GROUP = _SUB + "/resourceGroups/{group}"
_AKS = "/providers/Microsoft.ContainerService"
_CLUSTER = _GROUP + _AKS + "/managedClusters/{cluster}"
_POOL = _CLUSTER + "/agentPools/{pool}"
_COMPUTE = _SUB + "/providers/Microsoft.Compute"
_MANAGEMENT = "/providers/Microsoft.Management/managementGroups/{management}"
_DEPLOYMENT = _GROUP + "/providers/Microsoft.Resources/deployments/{deployment}"
_MACHINE = _GROUP + "/providers/Microsoft.Compute/virtualMachines/{machine}"
_RESERVATIONS = _GROUP + "/providers/Microsoft.Compute/capacityReservationGroups/{reservations}/capacityReservations"

ROUTES: tuple[Route, ...] = (
    Route("metadata", "GET", "/metadata/endpoints", metadata.show, signed_in=False),
    Route("identity-token", "GET", "/msi/token", identity.managed_identity_token, signed_in=False),
    Route("openid", "GET", "/{tenant}/v2.0/.well-known/openid-configuration", identity.openid, signed_in=False),
    Route("token", "POST", "/{tenant}/oauth2/v2.0/token", identity.client_token, signed_in=False),
    Route("prices", "GET", "/api/retail/prices", retail_prices.list_prices, signed_in=False),
    Route("tenants", "GET", "/tenants", subscriptions.list_tenants),
    Route("subscriptions", "GET", "/subscriptions", subscriptions.list_subscriptions),
    Route("subscription", "GET", _SUB, subscriptions.show_subscription),
    Route("locations", "GET", _SUB + "/locations", subscriptions.list_locations),
    Route("groups", "GET", _SUB + "/resourceGroups", subscriptions.list_groups),
    Route("group", "GET", _GROUP, subscriptions.show_group),
    Route("clusters", "GET", _SUB + _AKS + "/managedClusters", managed_clusters.list_in_subscription),
    Route("clusters-in-group", "GET", _GROUP + _AKS + "/managedClusters", managed_clusters.list_in_group),
    Route("cluster", "GET", _CLUSTER, managed_clusters.show),
    Route("user-credentials", "POST", _CLUSTER + "/listClusterUserCredential", cluster_access.list_user_credentials),
    Route("run-command", "POST", _CLUSTER + "/runCommand", cluster_access.run_command),
    Route("command-result", "GET", _CLUSTER + "/commandResults/{command}", cluster_access.show_result),
    Route("pools", "GET", _CLUSTER + "/agentPools", agent_pools.list_pools),
    Route("pool", "GET", _POOL, agent_pools.show),
    Route("pool-put", "PUT", _POOL, agent_pools.put),
    Route("pool-delete", "DELETE", _POOL, agent_pools.delete),
    Route("operation", "GET", _SUB + _AKS + "/locations/{location}/operations/{operation}", operations.show),
    Route(
        "operation-result", "GET", _SUB + _AKS + "/locations/{location}/operationresults/{operation}", operations.result
    ),
    Route("capacity-reservations", "GET", _RESERVATIONS, capacity_reservations.list_reservations),
    Route("resource-graph", "POST", "/providers/Microsoft.ResourceGraph/resources", resource_graph.query),
    Route(
        "descendants",
        "GET",
        "/providers/Microsoft.Management/managementGroups/{group}/descendants",
        resource_graph.list_descendants,
    ),
    Route("deployment-validate", "POST", _DEPLOYMENT + "/validate", deployments.validate),
    Route("deployment-put", "PUT", _DEPLOYMENT, deployments.put),
    Route("deployment", "GET", _DEPLOYMENT, deployments.show),
    Route("deployment-status", "GET", _DEPLOYMENT + "/operationStatuses/{operation}", deployments.show_status),
    Route("vm", "GET", _MACHINE, virtual_machines.show),
    Route("vm-put", "PUT", _MACHINE, virtual_machines.put),
    Route("vm-extension", "GET", _MACHINE + "/extensions/{extension}", virtual_machines.show_extension),
    Route("skus", "GET", _COMPUTE + "/skus", compute_skus.list_skus),
    Route("usages", "GET", _COMPUTE + "/locations/{location}/usages", compute_usages.list_usages),
)


def _policy_routes() -> tuple[Route, ...]:
    """What holds policy: definitions at subscriptions and management groups, assignments at resource groups too."""
    return (
        *_policy_objects("definition", _SUB),
        *_policy_objects("definition", _MANAGEMENT, "-in-management-group"),
        *_policy_objects("assignment", _SUB),
        *_policy_objects("assignment", _GROUP, "-in-group"),
        *_policy_objects("assignment", _MANAGEMENT, "-in-management-group"),
    )


def _policy_objects(kind: str, scope: str, suffix: str = "") -> tuple[Route, ...]:
    path = f"{scope}/providers/Microsoft.Authorization/policy{kind.title()}s"
    one = path + "/{policy}"
    return (
        Route(f"policy-{kind}s{suffix}", "GET", path, policies.list_objects),
        Route(f"policy-{kind}{suffix}", "GET", one, policies.show),
        Route(f"policy-{kind}-put{suffix}", "PUT", one, policies.put),
        Route(f"policy-{kind}-delete{suffix}", "DELETE", one, policies.delete),
    )


ROUTES = (*ROUTES, *_policy_routes())


def match_route(method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    """The route of a request and the values of its path, or None."""
    for route in ROUTES:
        match = route.pattern.fullmatch(path.rstrip("/") or "/") if route.method == method else None
        if match:
            return route, match.groupdict()
    return None
