"""Microsoft.ContainerService/managedClusters: credentials of users, and commands that run inside a cluster."""

from __future__ import annotations

import base64
import io
import uuid
import zipfile
from typing import Any

from testbeds.local_azure.exchange import Reply, Request, aks_error, json_reply
from testbeds.local_azure.providers.managed_clusters import cluster_id, find_cluster
from testbeds.local_azure.world import RanCommand, World


def list_user_credentials(world: World, request: Request) -> Reply:
    """The kubeconfig of a user; a cluster of this world has none until a test gives it one."""
    _, cluster = find_cluster(world, request)
    if cluster.kubeconfig is None:
        raise aks_error(400, "BadRequest", f"The cluster {cluster.name} has no credentials in this world.")
    value = base64.b64encode(cluster.kubeconfig.encode()).decode()
    return json_reply({"kubeconfigs": [{"name": "clusterUser", "value": value}]})


def run_command(world: World, request: Request) -> Reply:
    """Accept a command; what it prints is what the test that plays the cluster says."""
    subscription, cluster = find_cluster(world, request)
    body = request.body if isinstance(request.body, dict) else {}
    if not body.get("command"):
        raise aks_error(400, "InvalidParameter", "The value of parameter command is invalid.")
    if cluster.properties.get("aadProfile") and not body.get("clusterToken"):
        raise aks_error(400, "InvalidClusterToken", "A cluster token is required for a cluster with AAD integration.")
    files = _unpack(str(body.get("context") or ""))
    if cluster.run_command is None:
        raise aks_error(
            409, "KubernetesPerformanceError", "Failed to run command in managed cluster: no pod could start."
        )
    exit_code, logs = cluster.run_command(str(body["command"]), files)
    command = RanCommand(uuid.uuid4().hex, exit_code, logs)
    world.commands[command.id] = command
    path = f"{cluster_id(subscription, cluster)}/commandResults/{command.id}"
    return Reply(202, headers={"Location": f"{request.base_url}{path}?api-version={request.query['api-version']}"})


def show_result(world: World, request: Request) -> Reply:
    """How a command ended: 202 at the first look, as it takes a while to start a pod."""
    find_cluster(world, request)
    command = world.commands.get(request.parameters["command"])
    if command is None:
        raise aks_error(404, "NotFound", f"The command '{request.parameters['command']}' was not found.")
    if not command.seen:
        command.seen = True
        hint = {} if world.retry_after_ms is None else {"retry-after-ms": str(world.retry_after_ms)}
        location = f"{request.base_url}{request.path}?api-version={request.query['api-version']}"
        return Reply(202, headers={"Location": location, **hint})
    properties: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "exitCode": command.exit_code,
        "logs": command.logs,
    }
    return json_reply({"id": command.id, "properties": properties})


def _unpack(context: str) -> dict[str, str]:
    if not context:
        return {}
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(context))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}
