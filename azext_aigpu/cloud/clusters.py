"""Managed clusters: the JSON of Microsoft.ContainerService/managedClusters, and reading it."""

from __future__ import annotations

from typing import Any

from aigpu_contract.reading import Reading
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.facts import Cluster
from azext_aigpu.cloud.readings import take_reading
from azext_aigpu.cloud.shape import as_object, as_text, optional_text

PERMISSION = "Microsoft.ContainerService/managedClusters/read"


def parse_cluster(data: Any) -> Cluster:
    """Return the cluster in `data`. Raises ValueError where a field that is judged is missing or of another type."""
    cluster = as_object(data, "the cluster")
    properties = as_object(cluster.get("properties"), "properties")
    power = as_object(properties.get("powerState"), "powerState")
    provisioning = as_object(properties.get("nodeProvisioningProfile") or {}, "nodeProvisioningProfile")
    upgrades = as_object(properties.get("autoUpgradeProfile") or {}, "autoUpgradeProfile")
    version = properties.get("currentKubernetesVersion") or properties.get("kubernetesVersion")
    return Cluster(
        id=as_text(cluster.get("id"), "id"),
        name=as_text(cluster.get("name"), "name"),
        # Azure writes `eastus` here, but takes and sometimes gives back `East US`.
        location=as_text(cluster.get("location"), "location").replace(" ", "").lower(),
        kubernetes_version=optional_text(version, "kubernetesVersion"),
        provisioning_state=as_text(properties.get("provisioningState"), "provisioningState"),
        power_state=as_text(power.get("code"), "powerState.code"),
        node_provisioning_mode=optional_text(provisioning.get("mode"), "nodeProvisioningProfile.mode"),
        node_os_upgrade_channel=optional_text(upgrades.get("nodeOSUpgradeChannel"), "nodeOSUpgradeChannel"),
        upgrade_channel=optional_text(upgrades.get("upgradeChannel"), "upgradeChannel"),
    )


def read_cluster(arm: Arm, group: str, name: str) -> Reading[Cluster]:
    """Return the cluster. Raises NotFound where there is none of that name."""
    return take_reading(
        lambda: parse_cluster(arm.get_cluster(group, name)), f"cluster '{name}'", PERMISSION, must_exist=True
    )
