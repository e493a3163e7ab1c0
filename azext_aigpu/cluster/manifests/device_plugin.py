"""NVIDIA's device plugin as a DaemonSet, for clusters that have none. Pure.

The image is NVIDIA's own, of the registry and the version that its project's static manifest names; what differs from
that manifest is where it runs and what it tolerates. It must tolerate the agent's taints: until the plugin runs, the
kubelet offers no GPU, and a node without GPUs would never be proven.
"""

from __future__ import annotations

from typing import Any

from azext_aigpu.cluster.manifests.placing import build_affinity, build_tolerations
from azext_aigpu.cluster.manifests.settings import NAMESPACE, AgentSettings, build_labels, build_metadata

NAME = "aigpu-device-plugin"
IMAGE = "nvcr.io/nvidia/k8s-device-plugin:v0.17.1"
SOCKETS = "/var/lib/kubelet/device-plugins"


def build_device_plugin(settings: AgentSettings) -> dict[str, Any]:
    """Return the DaemonSet. It runs as root: the kubelet's folder of sockets is root's."""
    selector = build_labels("device-plugin")
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": build_metadata(NAME, NAMESPACE, "device-plugin"),
        "spec": {
            "selector": {"matchLabels": selector},
            "updateStrategy": {"type": "RollingUpdate"},
            "template": {"metadata": {"labels": selector}, "spec": _pod_spec(settings)},
        },
    }


def _pod_spec(settings: AgentSettings) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        # Without it no job of the node gets a GPU, so it may take the room of one.
        "priorityClassName": "system-node-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "affinity": build_affinity(settings),
        "tolerations": build_tolerations(settings),
        "containers": [
            {
                "name": "device-plugin",
                "image": IMAGE,
                # On a machine without a GPU it waits; ending again and again would tell nobody anything.
                "env": [{"name": "FAIL_ON_INIT_ERROR", "value": "false"}],
                "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [{"name": "device-plugins", "mountPath": SOCKETS}],
            }
        ],
        "volumes": [{"name": "device-plugins", "hostPath": {"path": SOCKETS, "type": "Directory"}}],
    }
