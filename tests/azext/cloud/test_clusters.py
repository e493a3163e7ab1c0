"""Reading a cluster out of its JSON."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from azext_aigpu.cloud.clusters import parse_cluster

CLUSTER: dict[str, Any] = {
    "id": "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/aks",
    "name": "aks",
    "location": "East US",
    "properties": {
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "kubernetesVersion": "1.34",
        "currentKubernetesVersion": "1.34.2",
        "nodeProvisioningProfile": {"mode": "Auto"},
        "autoUpgradeProfile": {"upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage"},
    },
}


def without(path: str, value: Any = None) -> dict[str, Any]:
    """CLUSTER with the value at `path` taken out, or replaced."""
    data = copy.deepcopy(CLUSTER)
    *parents, last = path.split(".")
    holder = data
    for parent in parents:
        holder = holder[parent]
    holder.pop(last)
    if value is not None:
        holder[last] = value
    return data


def test_a_cluster_is_read() -> None:
    cluster = parse_cluster(CLUSTER)
    assert cluster.location == "eastus"
    assert cluster.resource_group == "rg"
    assert cluster.kubernetes_version == "1.34.2"
    assert (cluster.provisioning_state, cluster.power_state) == ("Succeeded", "Running")
    assert (cluster.node_provisioning_mode, cluster.upgrade_channel) == ("Auto", "patch")
    assert cluster.node_os_upgrade_channel == "NodeImage"


@pytest.mark.parametrize("path", ["properties.nodeProvisioningProfile", "properties.autoUpgradeProfile"])
def test_profiles_that_the_service_leaves_out_are_unknown(path: str) -> None:
    cluster = parse_cluster(without(path))
    assert None in (cluster.node_provisioning_mode, cluster.upgrade_channel)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", None),
        ("name", None),
        ("location", None),
        ("location", 5),
        ("properties", None),
        ("properties", []),
        ("properties.provisioningState", None),
        ("properties.powerState", None),
        ("properties.powerState.code", None),
        ("properties.nodeProvisioningProfile.mode", 1),
        ("properties.autoUpgradeProfile", "none"),
    ],
)
def test_a_cluster_without_what_is_judged_makes_no_sense(path: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"missing|is not an object"):
        parse_cluster(without(path, value))
