"""The one table of routes: what the local Azure answers, and which handler does it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from testbeds.local_azure.exchange import Reply, Request
from testbeds.local_azure.providers import (
    agent_pools,
    capacity_reservations,
    compute_skus,
    compute_usages,
    identity,
    managed_clusters,
    metadata,
    operations,
    retail_prices,
    subscriptions,
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
    Route("pools", "GET", _CLUSTER + "/agentPools", agent_pools.list_pools),
    Route("pool", "GET", _POOL, agent_pools.show),
    Route("pool-put", "PUT", _POOL, agent_pools.put),
    Route("pool-delete", "DELETE", _POOL, agent_pools.delete),
    Route("operation", "GET", _SUB + _AKS + "/locations/{location}/operations/{operation}", operations.show),
    Route(
        "operation-result", "GET", _SUB + _AKS + "/locations/{location}/operationresults/{operation}", operations.result
    ),
    Route("capacity-reservations", "GET", _RESERVATIONS, capacity_reservations.list_reservations),
    Route("skus", "GET", _COMPUTE + "/skus", compute_skus.list_skus),
    Route("usages", "GET", _COMPUTE + "/locations/{location}/usages", compute_usages.list_usages),
)


def match_route(method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    """The route of a request and the values of its path, or None."""
    for route in ROUTES:
        match = route.pattern.fullmatch(path.rstrip("/") or "/") if route.method == method else None
        if match:
            return route, match.groupdict()
    return None
