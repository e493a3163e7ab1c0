"""Microsoft.ContainerService/managedClusters: read only."""

from __future__ import annotations

from typing import Any

from testbeds.local_azure.exchange import ArmError, Reply, Request, json_reply
from testbeds.local_azure.providers.subscriptions import find_group, find_subscription
from testbeds.local_azure.world import Cluster, Subscription, World


def find_cluster(world: World, request: Request) -> tuple[Subscription, Cluster]:
    """The cluster of the path. Raises ArmError 404 for it, its group or its subscription."""
    subscription, group = find_group(world, request)
    wanted = request.parameters["cluster"]
    cluster = subscription.find_cluster(group, wanted)
    if cluster is None:
        raise ArmError(
            404,
            "ResourceNotFound",
            f"The Resource 'Microsoft.ContainerService/managedClusters/{wanted}' under resource group '{group}' was "
            "not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        )
    return subscription, cluster


def cluster_id(subscription: Subscription, cluster: Cluster) -> str:
    """The resource id as AKS writes it, with `resourcegroups` in lower case."""
    group = f"/subscriptions/{subscription.id}/resourcegroups/{cluster.resource_group}"
    return f"{group}/providers/Microsoft.ContainerService/managedClusters/{cluster.name}"


def list_in_subscription(world: World, request: Request) -> Reply:
    """Every cluster of the subscription."""
    subscription = find_subscription(world, request)
    return json_reply({"value": [cluster_body(subscription, cluster) for cluster in subscription.clusters]})


def list_in_group(world: World, request: Request) -> Reply:
    """Every cluster of the resource group."""
    subscription, group = find_group(world, request)
    clusters = [cluster for cluster in subscription.clusters if cluster.resource_group == group]
    return json_reply({"value": [cluster_body(subscription, cluster) for cluster in clusters]})


def show(world: World, request: Request) -> Reply:
    """One cluster."""
    return json_reply(cluster_body(*find_cluster(world, request)))


def cluster_body(subscription: Subscription, cluster: Cluster) -> dict[str, Any]:
    """The cluster on the wire, its pools included."""
    profiles = [{"name": pool.name, **pool.properties} for pool in cluster.pools.values()]
    return {
        "id": cluster_id(subscription, cluster),
        "location": cluster.location,
        "name": cluster.name,
        "type": "Microsoft.ContainerService/ManagedClusters",
        "tags": cluster.tags,
        "properties": {**cluster.properties, "agentPoolProfiles": profiles},
        "identity": {"type": "SystemAssigned", "principalId": subscription.id, "tenantId": subscription.tenant_id},
        "sku": {"name": "Base", "tier": "Standard"},
        "eTag": cluster.etag,
    }
