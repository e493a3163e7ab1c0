"""Runs the commands of the tests in this folder, and says what reached Azure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.world import Pool
from tests.azext.core.harness import Result, run

T4 = "Standard_NC4as_T4_v3"
A100 = "Standard_NC24ads_A100_v4"
CPU = "Standard_D16s_v5"
CONTRACT = {
    "hardware": "gpu",
    "gpu-type": "nvidia",
    "workload": "ai",
    "aigpu.io/sku": T4,
    "aigpu.io/gpu-model": "t4",
    "aigpu.io/gpu-count": "1",
    "aigpu.io/resource": "gpu",
    "aigpu.io/resource-count": "1",
}
"""The labels of a pool of T4 nodes that this tool made."""
TAINT = "sku=gpu:NoSchedule"


def nodepool(
    azure: LocalAzure,
    verb: str,
    *arguments: str,
    cluster: str = "aks-train",
    name: str | None = "gpu",
    env: Mapping[str, str] | None = None,
) -> Result:
    """Run `az aigpu nodepool VERB` for pool `name` of `cluster`."""
    named = () if name is None else ("-n", name)
    return run(
        azure, "aigpu", "nodepool", verb, "-g", "rg-train", "--cluster-name", cluster, *named, *arguments, env=env
    )


def add(
    azure: LocalAzure, *arguments: str, size: str = T4, cluster: str = "aks-train", env: Mapping[str, str] | None = None
) -> Result:
    """Run `az aigpu nodepool add` for one node of `size`."""
    given = ("--node-vm-size", size, "--node-count", "1", *arguments)
    return nodepool(azure, "add", *given, cluster=cluster, env=env)


def put_our_pool(azure: LocalAzure, name: str = "gpu", state: str = "Succeeded", **properties: Any) -> Pool:
    """Put a pool there that this tool made earlier; `properties` are wire names and replace those of ours."""
    ours = {
        "vmSize": T4,
        "count": 1,
        "osDiskSizeGB": 256,
        "nodeLabels": {**CONTRACT, "team": "vision"},
        "nodeTaints": [TAINT],
        "tags": {"aigpu-spec": name, "cost-center": "ml"},
    }
    return azure.world.add_pool(name, state=state, **{**ours, **properties})


def writes(azure: LocalAzure) -> list[str]:
    """Return what was sent that changes something, in order: `PUT gpu`, `DELETE gpu`."""
    sent = [request for request in azure.recorded() if request.method in ("PUT", "DELETE")]
    return [f"{request.method} {request.path.rpartition('/')[2]}" for request in sent]


def routes(azure: LocalAzure) -> dict[str, int]:
    """Return how often each route was called."""
    names = [request.route for request in azure.recorded()]
    return {name: names.count(name) for name in sorted(set(names))}


def sent(azure: LocalAzure) -> Any:
    """Return the properties of the one PUT that was sent."""
    (put,) = azure.recorded(method="PUT")
    return put.body["properties"]


def error_of(result: Result) -> tuple[str, str]:
    """Return azure-cli's ERROR line and what stands below it; there is no traceback, and nothing on stdout."""
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    _, marker, told = result.stderr.partition("ERROR: ")
    assert marker, result.stderr
    head, _, below = told.partition("\n")
    return head, below
