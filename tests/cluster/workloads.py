"""Workloads as people write them, for the tests of this folder."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

VOID = {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}
CPU_ONLY = {"aigpu.io/cpu-only": "starts the workers, computes nothing"}
TOLERATION = {"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}

PATHS = {
    "Pod": "/api/v1/namespaces/{}/pods",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "ReplicaSet": "/apis/apps/v1/namespaces/{}/replicasets",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "PyTorchJob": "/apis/kubeflow.org/v1/namespaces/{}/pytorchjobs",
    "JobSet": "/apis/jobset.x-k8s.io/v1alpha2/namespaces/{}/jobsets",
}


def path_of(body: Mapping[str, Any], namespace: str) -> str:
    """Return where objects of this kind are made."""
    return PATHS[body["kind"]].format(namespace)


def story() -> Object:
    """The pod of the founding story: it finds the pool by label, tolerates its taint, and asks for no GPU."""
    return {
        "tolerations": [dict(TOLERATION)],
        "nodeSelector": {"hardware": "gpu", "gpu-type": "nvidia"},
        "restartPolicy": "Never",
        "containers": [{"name": "train", "image": "registry.example.com/train:1"}],
    }


def asking(resource: str = "nvidia.com/gpu", amount: int = 1) -> Object:
    """The same pod, as it was meant."""
    spec = story()
    spec["containers"][0]["resources"] = {"limits": {resource: amount}}
    return spec


def with_env(spec: Object, *variables: Mapping[str, Any]) -> Object:
    """The pod with these variables in every container."""
    changed = copy.deepcopy(spec)
    for container in (*changed["containers"], *changed.get("initContainers", ())):
        container["env"] = [dict(one) for one in variables]
    return changed


def pod(spec: Object, annotations: Mapping[str, str] | None = None, **metadata: Any) -> Object:
    """A bare Pod."""
    named = {"name": "train", "annotations": dict(annotations or {}), **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": spec}


def template(spec: Object, annotations: Mapping[str, str] | None = None) -> Object:
    """The template of a workload whose selector is `app: train`."""
    return {"metadata": {"labels": {"app": "train"}, "annotations": dict(annotations or {})}, "spec": spec}


def job(spec: Object, annotations: Mapping[str, str] | None = None, name: str = "train") -> Object:
    """A Job."""
    body = {"backoffLimit": 0, "template": template(spec, annotations)}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": body}


def cron_job(spec: Object) -> Object:
    """A CronJob that runs in one minute of the year."""
    body = {"schedule": "0 0 29 2 *", "jobTemplate": {"spec": {"template": template(spec)}}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "train"}, "spec": body}


def deployment(spec: Object, name: str = "train", kind: str = "Deployment", replicas: int = 1) -> Object:
    """A Deployment, or another kind of apps/v1 with a selector."""
    running = template({**spec, "restartPolicy": "Always"})
    body: Object = {"selector": {"matchLabels": {"app": "train"}}, "template": running}
    if kind != "DaemonSet":
        body["replicas"] = replicas
    if kind == "StatefulSet":
        body["serviceName"] = "train"
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": body}


def pytorch_job(**roles: Object) -> Object:
    """A PyTorchJob; one keyword a role, with its pod."""
    replicas = {role.capitalize(): {"replicas": 1, "template": {"spec": spec}} for role, spec in roles.items()}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": "train"},
        "spec": {"pytorchReplicaSpecs": replicas},
    }


def job_set(*specs: Object) -> Object:
    """A JobSet with one replicated job a pod."""
    jobs = [
        {"name": f"role{index}", "replicas": 1, "template": {"spec": {"template": {"spec": spec}}}}
        for index, spec in enumerate(specs)
    ]
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {"name": "train"},
        "spec": {"replicatedJobs": jobs},
    }


def crd(group: str, version: str, kind: str) -> Object:
    """A CustomResourceDefinition of our own making: any spec is kept as it is."""
    plural = kind.lower() + "s"
    spec = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }


def bare(**spec: Any) -> Object:
    """The spec of a pod that says nothing of GPUs, but for `spec`."""
    return {"containers": [{"name": "main", "image": "registry.example.com/tool:1"}], **spec}


def required(*expressions: Object) -> Object:
    """The affinity to nodes for which one of the expressions holds."""
    terms = {"nodeSelectorTerms": [{"matchExpressions": [one]} for one in expressions]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
