"""Microsoft.Resources: tenants, subscriptions, locations, resource groups."""

from __future__ import annotations

from typing import Any

from testbeds.local_azure.exchange import ArmError, Reply, Request, json_reply
from testbeds.local_azure.regions import REGIONS
from testbeds.local_azure.world import TENANT_ID, Subscription, World


def find_subscription(world: World, request: Request) -> Subscription:
    """The subscription of the path. Raises ArmError 404."""
    wanted = request.parameters["subscription"]
    for subscription in world.subscriptions:
        if subscription.id.lower() == wanted.lower():
            return subscription
    raise ArmError(404, "SubscriptionNotFound", f"The subscription '{wanted}' could not be found.")


def find_group(world: World, request: Request) -> tuple[Subscription, str]:
    """The subscription and the resource group's own name. Raises ArmError 404."""
    subscription = find_subscription(world, request)
    wanted = request.parameters["group"]
    for name in subscription.resource_groups:
        if name.lower() == wanted.lower():
            return subscription, name
    raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{wanted}' could not be found.")


def list_tenants(_world: World, _request: Request) -> Reply:
    """The one tenant."""
    tenant = {"id": f"/tenants/{TENANT_ID}", "tenantId": TENANT_ID, "displayName": "local", "tenantCategory": "Home"}
    return json_reply({"value": [tenant]})


def list_subscriptions(world: World, _request: Request) -> Reply:
    """Every subscription."""
    return json_reply({"value": [_subscription(subscription) for subscription in world.subscriptions]})


def show_subscription(world: World, request: Request) -> Reply:
    """One subscription."""
    return json_reply(_subscription(find_subscription(world, request)))


def list_locations(world: World, request: Request) -> Reply:
    """The regions."""
    prefix = f"/subscriptions/{find_subscription(world, request).id}/locations/"
    locations = [
        {
            "id": prefix + region.name,
            "name": region.name,
            "displayName": region.display_name,
            "regionalDisplayName": region.display_name,
            "type": "Region",
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended" if region.zones else "Other"},
        }
        for region in REGIONS.values()
    ]
    return json_reply({"value": locations})


def list_groups(world: World, request: Request) -> Reply:
    """The resource groups."""
    subscription = find_subscription(world, request)
    return json_reply({"value": [_group(subscription, name) for name in subscription.resource_groups]})


def show_group(world: World, request: Request) -> Reply:
    """One resource group."""
    return json_reply(_group(*find_group(world, request)))


def _subscription(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription.id}",
        "authorizationSource": "RoleBased",
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant_id,
        "displayName": subscription.name,
        "state": "Enabled",
        "managedByTenants": [],
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _group(subscription: Subscription, name: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription.id}/resourceGroups/{name}",
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": subscription.resource_groups[name],
        "properties": {"provisioningState": "Succeeded"},
    }
