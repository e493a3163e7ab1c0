"""Microsoft.ContainerService/locations: the state of long-running operations, which advance by the clock."""

from __future__ import annotations

from typing import Any

from testbeds.local_azure.exchange import Reply, Request, aks_error, json_reply
from testbeds.local_azure.providers.subscriptions import find_subscription
from testbeds.local_azure.world import Operation, World


def operation_headers(
    world: World, request: Request, operation: Operation, *, location: bool = False
) -> dict[str, str]:
    """The headers that send a client to the operation; AKS sends no Retry-After."""
    subscription = find_subscription(world, request)
    prefix = (
        f"{request.base_url}/subscriptions/{subscription.id}/providers/Microsoft.ContainerService"
        f"/locations/{operation.location}"
    )
    version = "?api-version=2016-03-30"
    headers = {"Azure-AsyncOperation": f"{prefix}/operations/{operation.id}{version}"}
    if location:
        headers["Location"] = f"{prefix}/operationresults/{operation.id}{version}"
    return {**headers, **_hint(world)}


def show(world: World, request: Request) -> Reply:
    """What Azure-AsyncOperation points to."""
    operation = _find(world, request)
    body: dict[str, Any] = {"name": operation.id, "status": operation.status, "startTime": operation.started_at}
    if operation.finished_at is not None:
        body["endTime"] = operation.finished_at
    if operation.status == "Failed" and operation.error is not None:
        body["error"] = operation.error.error_object()
    return json_reply(body, headers=_hint(world))


def result(world: World, request: Request) -> Reply:
    """What Location points to: 202 while the operation runs, then 204."""
    operation = _find(world, request)
    if operation.finished_at is None:
        return Reply(202, headers=operation_headers(world, request, operation, location=True))
    return Reply(204)


def _find(world: World, request: Request) -> Operation:
    find_subscription(world, request)
    operation = world.operations.get(request.parameters["operation"])
    if operation is None:
        raise aks_error(404, "NotFound", f"The operation '{request.parameters['operation']}' was not found.")
    return operation


def _hint(world: World) -> dict[str, str]:
    # Not a header of AKS; azure-core honours it, so that tests need not wait the 30 s that the real CLI polls by.
    return {} if world.retry_after_ms is None else {"retry-after-ms": str(world.retry_after_ms)}
