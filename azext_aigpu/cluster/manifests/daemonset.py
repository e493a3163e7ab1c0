"""The DaemonSet of the agent, its namespace and its priority. Pure."""

from __future__ import annotations

from typing import Any

from aigpu_contract.duration import render_duration
from azext_aigpu.cluster.manifests.placing import build_affinity, build_tolerations
from azext_aigpu.cluster.manifests.settings import (
    AGENT,
    INTERVAL_S,
    NAMESPACE,
    PORT,
    PORT_NAME,
    WATCH,
    AgentSettings,
    build_labels,
    build_metadata,
)

USER_ID = 65532
"""Nobody in particular; NVIDIA's device nodes are open to every user."""

TOKEN_S = 3600
TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  a folder
MOST_PRIORITY = 1_000_000_000
"""The highest that a class of one's own may have."""


def build_namespace(settings: AgentSettings) -> dict[str, Any]:
    """Return the namespace; the strictest Pod Security level that holds for what runs in it."""
    is_restricted = settings.profile != WATCH and not settings.device_plugin
    metadata = build_metadata(NAMESPACE)
    level = "restricted" if is_restricted else "privileged"
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {**metadata, "labels": {**build_labels(), "pod-security.kubernetes.io/enforce": level}},
    }


def build_priority_class() -> dict[str, Any]:
    """Return a class that is scheduled first and evicted last, and never evicts anybody.

    `system-node-critical` would: on a full node it would end a pod, maybe one that has trained for days, to make room.
    An agent that finds none stays Pending, and its node counts as Unknown.
    """
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": build_metadata(AGENT),
        "value": MOST_PRIORITY,
        "preemptionPolicy": "Never",
        "globalDefault": False,
        "description": "The GPU node agent of aigpu: before other pods, but never in the place of one that runs.",
    }


def build_daemonset(settings: AgentSettings) -> dict[str, Any]:
    """Return the DaemonSet: no root, no capability, no mount of the host; GPUs come through the container runtime."""
    selector = build_labels()
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": build_metadata(AGENT, NAMESPACE),
        "spec": {
            "selector": {"matchLabels": selector},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "5%"}},
            "template": {"metadata": {"labels": selector}, "spec": _pod_spec(settings)},
        },
    }


def _pod_spec(settings: AgentSettings) -> dict[str, Any]:
    return {
        "serviceAccountName": AGENT,
        "automountServiceAccountToken": False,
        "priorityClassName": AGENT,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "affinity": build_affinity(settings),
        "tolerations": build_tolerations(settings),
        # The watchdog tells by /proc to which pod a process that NVML names belongs.
        **({"hostPID": True} if settings.profile == WATCH else {}),
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 10,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(settings)],
        "volumes": [{"name": "token", "projected": {"sources": _token_sources()}}],
    }


def _container(settings: AgentSettings) -> dict[str, Any]:
    return {
        "name": "agent",
        "image": settings.image,
        "command": ["aigpu-agent"],
        "args": _arguments(settings),
        "env": [
            {"name": "AIGPU_NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            {"name": "AIGPU_POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"},
            {"name": "NVIDIA_DRIVER_CAPABILITIES", "value": "compute,utility"},
        ],
        "ports": [{"name": PORT_NAME, "containerPort": PORT, "protocol": "TCP"}],
        "livenessProbe": _probe("/healthz", period=30, failures=5),
        "readinessProbe": _probe("/readyz", period=10, failures=3),
        # No limit on the processor: a throttled probe would look like a driver that hangs. The limit on memory holds a
        # leak, and leaves the kernel proof, which runs once a boot, room for a CUDA context in host memory.
        "resources": {"requests": {"cpu": "10m", "memory": _memory(settings)}, "limits": {"memory": "1Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "token", "mountPath": TOKEN_FOLDER, "readOnly": True}],
    }


def _arguments(settings: AgentSettings) -> list[str]:
    return [
        "run",
        f"--mode={settings.mode}",
        f"--interval={render_duration(INTERVAL_S)}",
        f"--namespace={NAMESPACE}",
        f"--metrics-address=0.0.0.0:{PORT}",
        *([f"--min-driver={settings.min_driver}"] if settings.min_driver else []),
        *(["--watch-pods"] if settings.profile == WATCH else []),
    ]


def _memory(settings: AgentSettings) -> str:
    return "80Mi" if settings.profile == WATCH else "64Mi"


def _probe(path: str, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": PORT_NAME},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def _token_sources() -> list[dict[str, Any]]:
    """What the kubelet mounts by itself where it may, said here in full: this token is the agent's identity."""
    namespace = {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}
    return [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": TOKEN_S}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
