"""The kinds that the reverse rule judges when they are written, and where each keeps its pod templates. Pure.

A place is a path from the object to a template: `[]` stands for every item of a list, `{}` for every value of a map.
A kind whose CRD is not installed costs nothing: a policy may name resources that a cluster does not have.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkloadKind:
    """A kind by the names that a policy needs: `resource` is its plural, as in a URL."""

    group: str
    versions: tuple[str, ...]
    resource: str
    kind: str
    places: tuple[str, ...]


POD = WorkloadKind("", ("v1",), "pods", "Pod", ("",))
"""A pod is its own template."""

_TEMPLATE = ("spec.template",)
_RAY = ("headGroupSpec.template", "workerGroupSpecs[].template")

# Not here: DaemonSets (drivers, plugins, log collectors run on every node) and what only a controller makes for one of
# these (ReplicaSets, the JobSet of a TrainJob is here itself): its pods are judged on their own.
WORKLOADS = (
    WorkloadKind("apps", ("v1",), "deployments", "Deployment", _TEMPLATE),
    WorkloadKind("apps", ("v1",), "statefulsets", "StatefulSet", _TEMPLATE),
    WorkloadKind("batch", ("v1",), "jobs", "Job", _TEMPLATE),
    WorkloadKind("batch", ("v1",), "cronjobs", "CronJob", ("spec.jobTemplate.spec.template",)),
    WorkloadKind(
        "jobset.x-k8s.io", ("v1alpha2",), "jobsets", "JobSet", ("spec.replicatedJobs[].template.spec.template",)
    ),
    WorkloadKind("kubeflow.org", ("v1",), "pytorchjobs", "PyTorchJob", ("spec.pytorchReplicaSpecs{}.template",)),
    WorkloadKind("kubeflow.org", ("v1",), "tfjobs", "TFJob", ("spec.tfReplicaSpecs{}.template",)),
    WorkloadKind("kubeflow.org", ("v1",), "xgboostjobs", "XGBoostJob", ("spec.xgbReplicaSpecs{}.template",)),
    WorkloadKind("kubeflow.org", ("v1",), "paddlejobs", "PaddleJob", ("spec.paddleReplicaSpecs{}.template",)),
    WorkloadKind("kubeflow.org", ("v1",), "jaxjobs", "JAXJob", ("spec.jaxReplicaSpecs{}.template",)),
    WorkloadKind("kubeflow.org", ("v1", "v2beta1"), "mpijobs", "MPIJob", ("spec.mpiReplicaSpecs{}.template",)),
    WorkloadKind("ray.io", ("v1",), "rayclusters", "RayCluster", tuple(f"spec.{place}" for place in _RAY)),
    WorkloadKind(
        "ray.io",
        ("v1",),
        "rayjobs",
        "RayJob",
        (*(f"spec.rayClusterSpec.{place}" for place in _RAY), "spec.submitterPodTemplate"),
    ),
    WorkloadKind("ray.io", ("v1",), "rayservices", "RayService", tuple(f"spec.rayClusterConfig.{p}" for p in _RAY)),
    WorkloadKind(
        "leaderworkerset.x-k8s.io",
        ("v1",),
        "leaderworkersets",
        "LeaderWorkerSet",
        ("spec.leaderWorkerTemplate.leaderTemplate", "spec.leaderWorkerTemplate.workerTemplate"),
    ),
    WorkloadKind("batch.volcano.sh", ("v1alpha1",), "jobs", "Job", ("spec.tasks[].template",)),
)
