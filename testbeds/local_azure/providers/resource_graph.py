"""Microsoft.ResourceGraph/resources: the one question that the extension asks, page by page.

As the service does, it leaves out what the caller may not read and says nothing about it: `World.hidden` are the
subscriptions that the caller has no access to.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from typing import Any

from testbeds.local_azure.actions import is_granted
from testbeds.local_azure.exchange import ArmError, Reply, Request, json_reply
from testbeds.local_azure.providers.managed_clusters import cluster_body
from testbeds.local_azure.world import Subscription, World

_COMPUTE = "Microsoft.Compute"
_READ_CLUSTERS = "Microsoft.ContainerService/managedClusters/read"
_READ_SUBSCRIPTIONS = "Microsoft.Resources/subscriptions/read"
_MACHINES = "microsoft.compute/virtualmachines"
_TYPES = ("microsoft.resources/subscriptions", "microsoft.containerservice/managedclusters")


def query(world: World, request: Request) -> Reply:
    """One page of subscriptions and clusters. Raises ArmError for a scope or a query that it cannot answer."""
    asked = request.body if isinstance(request.body, dict) else {}
    text = str(asked.get("query") or "")
    if not all(kind in text for kind in _TYPES) or "order by id" not in text:
        raise ArmError(400, "BadRequest", "The local Azure knows the queries of aigpu alone: subscriptions, clusters.")
    options = asked.get("options") or {}
    rows = _rows(world, _scope(world, asked))
    if _MACHINES not in text:
        rows = [row for row in rows if row["type"] in _TYPES]
    start = _offset(options.get("$skipToken"))
    page = rows[start : start + min(int(options.get("$top") or 100), world.graph_page_size)]
    more = start + len(page) < len(rows)
    answer = {"totalRecords": len(rows), "count": len(page), "data": page, "facets": [], "resultTruncated": "false"}
    return json_reply({**answer, **({"$skipToken": _token(start + len(page))} if more else {})})


def list_descendants(world: World, request: Request) -> Reply:
    """What is below a management group. Raises ArmError 404."""
    group = request.parameters["group"]
    entries = [
        {
            "id": f"/subscriptions/{name}",
            "type": "Microsoft.Management/managementGroups/subscriptions",
            "name": name,
            "properties": {"displayName": name, "parent": {"id": f"/providers/Microsoft.Management/{group}"}},
        }
        for name in _members(world, group)
    ]
    return json_reply({"value": entries})


def _scope(world: World, asked: dict[str, Any]) -> list[Subscription]:
    wanted: Collection[str] = asked.get("subscriptions") or ()
    for group in asked.get("managementGroups") or ():
        wanted = [*wanted, *_members(world, group)]
    names = {name.lower() for name in wanted}
    readable = [one for one in world.subscriptions if one.id.lower() in names and one.id not in world.hidden]
    if not readable:
        raise ArmError(403, "AuthorizationFailed", "The caller has no access to any of the subscriptions.")
    return readable


def _members(world: World, group: str) -> tuple[str, ...]:
    if group not in world.management_groups:
        raise ArmError(404, "NotFound", f"The management group '{group}' cannot be found.")
    return world.management_groups[group]


def _rows(world: World, subscriptions: list[Subscription]) -> list[dict[str, Any]]:
    rows = [row for one in subscriptions for row in _rows_of(world, one)]
    return sorted(rows, key=lambda row: str(row["id"]))


def _rows_of(world: World, subscription: Subscription) -> list[dict[str, Any]]:
    common = {"subscriptionId": subscription.id}
    own = {"id": f"/subscriptions/{subscription.id}", "name": subscription.name, "type": _TYPES[0], **common}
    # What may not be read is left out without a word.
    rows: list[dict[str, Any]] = [{**own, "location": "", "resourceGroup": "", "size": "", "tags": None, "pools": None}]
    rows += [{**row, **common} for row in _machines_of(world, subscription)]
    rows = rows if is_granted(_READ_SUBSCRIPTIONS, world.granted) else []
    for cluster in subscription.clusters if is_granted(_READ_CLUSTERS, world.granted) else ():
        body = cluster_body(subscription, cluster)
        rows.append(
            {
                "id": body["id"],
                "name": cluster.name,
                "type": _TYPES[1],
                "location": cluster.location,
                "resourceGroup": cluster.resource_group.lower(),
                "size": "Base",
                "tags": cluster.tags,
                "pools": body["properties"]["agentPoolProfiles"],
                **common,
            }
        )
    return rows


def _machines_of(world: World, subscription: Subscription) -> Iterator[dict[str, Any]]:
    """The virtual machines, and the scale set that AKS makes for each pool, in its own resource group."""
    prefix = f"/subscriptions/{subscription.id}/resourceGroups"
    for machine in subscription.machines if is_granted(f"{_COMPUTE}/virtualMachines/read", world.granted) else ():
        yield {
            "id": f"{prefix}/{machine.resource_group}/providers/{_COMPUTE}/virtualMachines/{machine.name}",
            "name": machine.name,
            "type": _MACHINES,
            "location": machine.body["location"],
            "resourceGroup": machine.resource_group.lower(),
            "size": machine.size,
            "tags": machine.body.get("tags"),
            "pools": None,
        }
    for cluster in subscription.clusters:
        for pool in cluster.pools.values():
            group, name = cluster.properties["nodeResourceGroup"], f"aks-{pool.name}-16160000-vmss"
            yield {
                "id": f"{prefix}/{group}/providers/{_COMPUTE}/virtualMachineScaleSets/{name}",
                "name": name,
                "type": "microsoft.compute/virtualmachinescalesets",
                "location": cluster.location,
                "resourceGroup": group.lower(),
                "size": pool.properties["vmSize"],
                "tags": {**(pool.properties.get("tags") or {}), "aks-managed-poolName": pool.name},
                "pools": None,
            }


def _token(start: int) -> str:
    return base64.b64encode(str(start).encode()).decode()


def _offset(token: Any) -> int:
    if token is None:
        return 0
    try:
        return int(base64.b64decode(str(token)))
    except ValueError:
        raise ArmError(400, "InvalidSkipToken", "The skip token is not one of this service.") from None
