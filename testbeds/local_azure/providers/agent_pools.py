"""Microsoft.ContainerService/managedClusters/agentPools: list, show, create or update, delete."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from testbeds.local_azure.body_schema import unknown_keys
from testbeds.local_azure.exchange import ArmError, Reply, Request, aks_error, json_reply
from testbeds.local_azure.fault_effects import Alter, FailOperation
from testbeds.local_azure.policy_language import Resource
from testbeds.local_azure.pool_body import build_pool_properties
from testbeds.local_azure.pool_rules import PoolChange, check_pool
from testbeds.local_azure.providers.managed_clusters import cluster_id, find_cluster
from testbeds.local_azure.providers.operations import operation_headers
from testbeds.local_azure.world import Cluster, Operation, Pool, Subscription, World

# The service keeps the old value of these where a PUT leaves them out; anything else that is left out is gone.
_KEPT = (
    "vmSize", "count", "osDiskSizeGB", "osDiskType", "kubeletDiskType", "maxPods", "type", "osType", "osSKU", "mode",
    "orchestratorVersion", "nodeImageVersion", "scaleSetPriority", "scaleSetEvictionPolicy", "spotMaxPrice",
    "availabilityZones", "gpuInstanceProfile", "vnetSubnetID", "podSubnetID", "gpuProfile", "powerState",
    "upgradeSettings", "securityProfile",
)  # fmt: skip
_TYPE = "Microsoft.ContainerService/managedClusters/agentPools"
_BEING = {"Creating": "create", "Updating": "update", "Deleting": "delete"}


def list_pools(world: World, request: Request) -> Reply:
    """Every pool; as the service does, a nextLink leads to one more page, with nothing on it."""
    subscription, cluster = find_cluster(world, request)
    if "$skiptoken" in request.query:
        return json_reply({"value": []})
    version = request.query.get("api-version", "")
    link = f"{request.base_url}{request.path}?api-version={version}&%24skiptoken=eyJwIjoxfQ%3D%3D"
    pools = [pool_body(subscription, cluster, pool) for pool in cluster.pools.values()]
    return json_reply({"value": pools, "nextLink": link})


def show(world: World, request: Request) -> Reply:
    """One pool. Raises ArmError 404."""
    subscription, cluster = find_cluster(world, request)
    pool = cluster.pools.get(request.parameters["pool"])
    if pool is None:
        raise aks_error(404, "NotFound", f"Could not find the agent pool: {request.parameters['pool']}.")
    return json_reply(pool_body(subscription, cluster, pool))


def put(world: World, request: Request) -> Reply:
    """Create or replace a pool: 201 or 200, and an operation that ends by the clock."""
    subscription, cluster = find_cluster(world, request)
    name = request.parameters["pool"]
    existing = cluster.pools.get(name)
    asked = _asked_properties(request)
    world.policies.check(request.path, Resource(_TYPE, name, request.body), world.management_groups)
    _check_preconditions(request, existing)
    _check_idle(cluster, existing)
    check_pool(PoolChange(subscription, cluster, name, asked, existing))
    pool = _store(cluster, name, asked, existing)
    operation = _start(world, request, cluster, pool, is_new=existing is None)
    headers = operation_headers(world, request, operation)
    return json_reply(pool_body(subscription, cluster, pool), 200 if existing else 201, headers)


def delete(world: World, request: Request) -> Reply:
    """Delete a pool: 202 and an operation, or 204 where there is none."""
    _, cluster = find_cluster(world, request)
    pool = cluster.pools.get(request.parameters["pool"])
    _check_preconditions(request, pool)
    if pool is None:
        return Reply(204)
    _check_idle(cluster, pool)
    _check_not_last_system_pool(cluster, pool)
    pool.touch("Deleting")
    fault = world.faults.claim("pool-delete", request, FailOperation)
    operation = world.start_operation(
        "delete", cluster.location, _delete_finisher(cluster, pool, fault), fault.error if fault else None
    )
    return Reply(202, headers=operation_headers(world, request, operation, location=True))


def pool_body(subscription: Subscription, cluster: Cluster, pool: Pool) -> dict[str, Any]:
    """The pool on the wire."""
    return {
        "id": f"{cluster_id(subscription, cluster)}/agentPools/{pool.name}",
        "name": pool.name,
        "type": _TYPE,
        "properties": pool.properties,
    }


def _asked_properties(request: Request) -> dict[str, Any]:
    if not isinstance(request.body, dict) or not isinstance(request.body.get("properties"), dict):
        raise aks_error(400, "MissingRequestBody", "The request body is missing or has no properties.")
    unknown = next(unknown_keys(request.body), None)
    if unknown is not None:
        raise aks_error(400, "UnmarshalError", f'UnmarshalEntity encountered error: json: unknown field "{unknown}".')
    return dict(request.properties)


def _check_preconditions(request: Request, existing: Pool | None) -> None:
    if request.headers.get("if-none-match") == "*" and existing is not None:
        raise aks_error(
            412, "PreconditionFailed", f"The agent pool '{existing.name}' exists already (If-None-Match: *)."
        )
    wanted = request.headers.get("if-match")
    if wanted in (None, "", "*"):
        return
    if existing is None or wanted.strip('"') != existing.etag:
        found = existing.etag if existing else "none: there is no such agent pool"
        raise aks_error(
            412,
            "PreconditionFailed",
            f"The etag '{wanted}' of the request (If-Match) is not the current one ({found}).",
        )


def _check_idle(cluster: Cluster, pool: Pool | None) -> None:
    if cluster.stopped:
        raise aks_error(
            400,
            "OperationNotAllowed",
            f"Managed cluster '{cluster.name}' is stopped. Start it first, see aka.ms/aks-start-cluster.",
        )
    if cluster.properties["provisioningState"] not in ("Succeeded", "Failed"):
        raise _busy(f"managed cluster {cluster.name}", str(cluster.properties["provisioningState"]))
    if pool is not None and pool.busy:
        raise _busy(f"agent pool {pool.name}", pool.state)


def _busy(what: str, state: str) -> ArmError:
    return aks_error(
        409,
        "OperationNotAllowed",
        f"Operation is not allowed: Another operation ({state}) is in progress on the {what}, please wait for it to "
        f"finish before starting a new {_BEING.get(state, 'write')} operation. See aka.ms/aks-pending-operation.",
    )


def _check_not_last_system_pool(cluster: Cluster, pool: Pool) -> None:
    system = [other for other in cluster.pools.values() if other.properties.get("mode") == "System"]
    if system == [pool]:
        raise aks_error(400, "OperationNotAllowed", "There has to be at least one system node pool.")


def _store(cluster: Cluster, name: str, asked: dict[str, Any], existing: Pool | None) -> Pool:
    kept = {key: existing.properties[key] for key in _KEPT if key in existing.properties} if existing else {}
    given = {key: value for key, value in asked.items() if value is not None}
    properties = build_pool_properties({**kept, **given}, cluster.properties["currentKubernetesVersion"])
    if existing is None:
        pool = cluster.pools[name] = Pool(name, properties)
        pool.touch("Creating")
        return pool
    existing.properties.clear()
    existing.properties.update(properties)
    existing.touch("Updating")
    return existing


def _start(world: World, request: Request, cluster: Cluster, pool: Pool, *, is_new: bool) -> Operation:
    failure = world.faults.claim("pool-put", request, FailOperation)
    alteration = world.faults.claim("pool-put", request, Alter) if failure is None else None
    error = failure.error if failure else None
    finish = _failed_finisher(pool, error, is_new) if error else _finisher(pool, alteration)
    return world.start_operation("create" if is_new else "update", cluster.location, finish, error)


def _finisher(pool: Pool, alteration: Alter | None) -> Callable[[], None]:
    def finish() -> None:
        pool.touch("Succeeded")
        if alteration is not None:
            alteration.change(pool.properties)

    return finish


def _failed_finisher(pool: Pool, error: ArmError, is_new: bool) -> Callable[[], None]:
    def finish() -> None:
        pool.touch("Failed")
        pool.properties["status"] = {"provisioningError": copy.deepcopy(error.error_object())}
        if is_new:
            pool.properties["count"] = 0

    return finish


def _delete_finisher(cluster: Cluster, pool: Pool, failure: FailOperation | None) -> Callable[[], None]:
    def finish() -> None:
        if failure is None:
            del cluster.pools[pool.name]
        else:
            pool.touch("Failed")

    return finish
