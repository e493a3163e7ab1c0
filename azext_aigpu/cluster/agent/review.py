"""What stands in the way of an installation, from what the cluster has already. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aigpu_contract import labels
from azext_aigpu.cluster.agent.rollout import parse_rollout
from azext_aigpu.cluster.manifests import device_plugin
from azext_aigpu.cluster.manifests.settings import NAMESPACE, TAINT, AgentSettings
from azext_aigpu.cluster.object_parts import items, mapping

OLDEST_MINOR = 30
"""Kubernetes 1.30 serves ValidatingAdmissionPolicy v1, and puts the node's name into a pod's token."""

PLUGIN_IMAGES = ("k8s-device-plugin",)
OPERANDS = (*PLUGIN_IMAGES, "container-toolkit", "dcgm", "dcgm-exporter", "gpu-operator-validator", "driver")
"""Last parts of the names of NVIDIA's images that a node needs before it has GPUs to prove."""

_TAINTS = (labels.STARTUP_TAINT_KEY, labels.STATUS_TAINT_KEY)
_MINOR = re.compile(r"\d+")


@dataclass(frozen=True)
class DaemonSetFacts:
    """What is kept of a DaemonSet: the names of its images, its tolerations and how many nodes it is for.

    `desired` and `ready` None: the API has no number there. `is_counted`: they are those of the DaemonSet as it is now.
    """

    namespace: str
    name: str
    images: tuple[str, ...]
    tolerations: tuple[Mapping[str, Any], ...]
    desired: int | None = None
    ready: int | None = None
    is_counted: bool = False

    @property
    def title(self) -> str:
        """Return where it is: `kube-system/nvidia-device-plugin`."""
        return f"{self.namespace}/{self.name}"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {"name": self.title, "desired": self.desired, "ready": self.ready}

    def runs(self, names: Iterable[str]) -> bool:
        """Return whether one of NVIDIA's images with these last parts of a name is in it."""
        return any("nvidia" in image and _last_part(image) in names for image in self.images)

    def tolerates(self, key: str) -> bool:
        """Return whether its pods run on a node with a NoSchedule taint of this key, whatever the taint's value."""
        return any(
            one.get("operator") == "Exists"
            and one.get("key") in (None, "", key)
            and one.get("effect") in (None, "", "NoSchedule")
            for one in self.tolerations
        )


def parse_daemonset(data: Mapping[str, Any]) -> DaemonSetFacts:
    """Return what is kept of a DaemonSet of the API."""
    metadata, spec = mapping(data, "metadata"), mapping(mapping(mapping(data, "spec"), "template"), "spec")
    containers = (*items(spec, "initContainers"), *items(spec, "containers"))
    rollout = parse_rollout(data)
    return DaemonSetFacts(
        namespace=str(metadata.get("namespace", "")),
        name=str(metadata.get("name", "")),
        images=tuple(str(one.get("image", "")) for one in containers),
        tolerations=tuple(items(spec, "tolerations")),
        desired=rollout.counts["desired"],
        ready=rollout.counts["ready"],
        is_counted=rollout.is_counted,
    )


def list_obstacles(settings: AgentSettings, version: Any, daemonsets: Sequence[DaemonSetFacts]) -> list[str]:
    """Return why this installation must not be made, each with what was seen, what is wanted and the next step."""
    found = [_judge_version(version)]
    if settings.mode == TAINT:
        found.append(_judge_tolerations(daemonsets))
    if settings.device_plugin:
        found.append(_judge_plugins(daemonsets))
    return [text for text in found if text]


def _judge_version(version: Any) -> str:
    said = version.get("minor") if isinstance(version, Mapping) else None
    match = _MINOR.match(str(said))
    seen = version.get("gitVersion") if isinstance(version, Mapping) else None
    if match is not None and str(version.get("major")) == "1" and int(match[0]) >= OLDEST_MINOR:
        return ""
    return (
        f"The cluster runs Kubernetes {seen or 'of a version that it does not tell'}. Wanted is 1.{OLDEST_MINOR} or "
        "newer: older ones cannot hold the agent to its own node.\n"
        "Next: az aks upgrade -g GROUP -n CLUSTER --kubernetes-version VERSION"
    )


def list_kept_off(daemonsets: Iterable[DaemonSetFacts]) -> list[str]:
    """Return the DaemonSets that a node needs before it has GPUs, and that do not tolerate the agent's taints."""
    others = [one for one in daemonsets if one.runs(OPERANDS) and one.title != f"{NAMESPACE}/{device_plugin.NAME}"]
    return [one.title for one in others if not all(map(one.tolerates, _TAINTS))]


def _judge_tolerations(daemonsets: Iterable[DaemonSetFacts]) -> str:
    lacking = list_kept_off(daemonsets)
    if not lacking:
        return ""
    wanted = "; ".join(f"key {key}, operator Exists" for key in _TAINTS)
    return (
        f"Mode taint would keep {', '.join(lacking)} off every new node, and a node without them has no GPU to prove. "
        f"Wanted are these tolerations in each: {wanted}.\n"
        "Next: add them (for the GPU Operator: daemonsets.tolerations of its ClusterPolicy), or stay with: "
        "--mode condition"
    )


def _judge_plugins(daemonsets: Iterable[DaemonSetFacts]) -> str:
    own = f"{NAMESPACE}/{device_plugin.NAME}"
    there = [one.title for one in daemonsets if one.runs(PLUGIN_IMAGES) and one.title != own]
    if not there:
        return ""
    return (
        f"--with-device-plugin: the cluster has a device plugin already, {', '.join(there)}; two on one node take the "
        "kubelet's registration from each other.\n"
        f"Next: leave --with-device-plugin out, or first: kubectl delete daemonset -n {there[0].replace('/', ' ')}"
    )


def _last_part(image: str) -> str:
    """Return `k8s-device-plugin` of `nvcr.io/nvidia/k8s-device-plugin:v0.17.1`."""
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[0]
