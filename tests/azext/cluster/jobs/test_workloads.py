from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cluster.jobs.documents import parse_documents
from azext_aigpu.cluster.jobs.workloads import list_workloads
from tests.azext.cluster.jobs.given import a_container, a_job, a_pod, an_object, workloads_of

POD = a_pod()
HEAD = {"headGroupSpec": {"template": POD}}
RAY = {**HEAD, "workerGroupSpecs": [{"groupName": "gpu", "template": POD}]}
JOBS = [{"name": "a", "template": {"spec": {"template": POD}}}, {"name": "b", "template": {"spec": {"template": POD}}}]
ROLES = {"Master": {"template": POD}, "Worker": {"template": POD}}

KINDS: dict[str, tuple[dict[str, Any], list[tuple[Any, ...]]]] = {
    "Pod": (an_object("v1", "Pod", POD["spec"]), [()]),
    "ReplicationController": (an_object("v1", "ReplicationController", {"template": POD}), [("spec", "template")]),
    "Deployment": (an_object("apps/v1", "Deployment", {"template": POD}), [("spec", "template")]),
    "StatefulSet": (an_object("apps/v1", "StatefulSet", {"template": POD}), [("spec", "template")]),
    "ReplicaSet": (an_object("apps/v1", "ReplicaSet", {"template": POD}), [("spec", "template")]),
    "DaemonSet": (an_object("apps/v1", "DaemonSet", {"template": POD}), [("spec", "template")]),
    "Job": (a_job(), [("spec", "template")]),
    "CronJob": (
        an_object("batch/v1", "CronJob", {"jobTemplate": {"spec": {"template": POD}}}),
        [("spec", "jobTemplate", "spec", "template")],
    ),
    "JobSet": (
        an_object("jobset.x-k8s.io/v1alpha2", "JobSet", {"replicatedJobs": JOBS}),
        [("spec", "replicatedJobs", number, "template", "spec", "template") for number in (0, 1)],
    ),
    "PyTorchJob": (
        an_object("kubeflow.org/v1", "PyTorchJob", {"pytorchReplicaSpecs": ROLES}),
        [("spec", "pytorchReplicaSpecs", role, "template") for role in ROLES],
    ),
    "MPIJob": (
        an_object("kubeflow.org/v2beta1", "MPIJob", {"mpiReplicaSpecs": ROLES}),
        [("spec", "mpiReplicaSpecs", role, "template") for role in ROLES],
    ),
    "RayCluster": (
        an_object("ray.io/v1", "RayCluster", RAY),
        [("spec", "headGroupSpec", "template"), ("spec", "workerGroupSpecs", 0, "template")],
    ),
    "RayCluster-without-workers": (
        an_object("ray.io/v1", "RayCluster", HEAD),
        [("spec", "headGroupSpec", "template")],
    ),
    "volcano-Job": (
        an_object("batch.volcano.sh/v1alpha1", "Job", {"tasks": [{"name": "worker", "template": POD}]}),
        [("spec", "tasks", 0, "template")],
    ),
    "RayJob": (
        an_object("ray.io/v1", "RayJob", {"rayClusterSpec": RAY, "submitterPodTemplate": POD}),
        [
            ("spec", "rayClusterSpec", "headGroupSpec", "template"),
            ("spec", "rayClusterSpec", "workerGroupSpecs", 0, "template"),
            ("spec", "submitterPodTemplate"),
        ],
    ),
}


@pytest.mark.parametrize(("thing", "paths"), KINDS.values(), ids=KINDS)
def test_every_kind_has_its_pods_where_its_api_says(thing: dict[str, Any], paths: list[tuple[Any, ...]]) -> None:
    (workload,) = workloads_of(thing)

    assert workload.problems == ()
    assert [template.path for template in workload.templates] == paths
    assert all(template.pod["spec"]["containers"] == [a_container()] for template in workload.templates)


def test_the_parts_of_a_workload_are_told_apart() -> None:
    (workload,) = workloads_of(KINDS["JobSet"][0])
    assert [template.role for template in workload.templates] == ["a", "b"]


def test_a_train_job_is_read_with_what_it_lays_over_its_runtime() -> None:
    pod = {"spec": {"nodeSelector": {"hardware": "gpu"}}}
    job = {"name": "node", "template": {"spec": {"template": pod}}}
    patch = {"manager": "me", "trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": [job]}}}}
    spec = {"trainer": {"command": ["torchrun"], "resourcesPerNode": {"limits": {}}}, "runtimePatches": [patch]}
    (workload,) = workloads_of(an_object("trainer.kubeflow.org/v1alpha1", "TrainJob", spec))

    (template,) = workload.templates
    assert not template.whole
    assert template.pod["spec"]["nodeSelector"] == {"hardware": "gpu"}
    assert template.pod["spec"]["containers"] == [
        {"name": "node", "command": ["torchrun"], "resources": {"limits": {}}}
    ]


@pytest.mark.parametrize("key", ["podSpecOverrides", "podTemplateOverrides"])
def test_the_earlier_forms_of_a_train_job_are_read_too(key: str) -> None:
    inner: dict[str, Any] = {"nodeSelector": {"hardware": "gpu"}}
    override = {"targetJobs": [{"name": "node"}], **(inner if key == "podSpecOverrides" else {"spec": inner})}
    (workload,) = workloads_of(an_object("trainer.kubeflow.org/v1alpha1", "TrainJob", {key: [override]}))

    assert workload.templates[0].pod["spec"]["nodeSelector"] == {"hardware": "gpu"}


def test_the_items_of_a_list_are_workloads_with_lines_of_their_own() -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n"
        "- apiVersion: v1\n  kind: List\n  items:\n  - apiVersion: v1\n    kind: Service\n"
    )
    (document,) = parse_documents(text, "list.yaml")
    found = list_workloads(document)

    assert [(one.kind, one.line, one.path) for one in found] == [
        ("Secret", 4, ("items", 0)),
        ("Service", 9, ("items", 1, "items", 0)),
    ]


@pytest.mark.parametrize(
    ("thing", "problem"),
    [
        pytest.param({"a": 1}, "apiVersion is missing", id="no-kubernetes-object"),
        pytest.param({"apiVersion": "v1"}, "kind is missing", id="no-kind"),
        pytest.param(an_object("v1", "Pod", None), "spec is missing", id="no-spec"),
        pytest.param(an_object("v1", "Pod", {}), "spec.containers is missing or empty", id="no-containers"),
        pytest.param(an_object("batch/v1", "Job", {}), "spec.template is missing", id="no-template"),
        pytest.param(an_object("batch/v1", "Job", {"template": 3}), "spec.template is not a mapping", id="template"),
        pytest.param(
            an_object("kubeflow.org/v1", "PyTorchJob", {}), "spec.pytorchReplicaSpecs is missing", id="no-replicas"
        ),
        pytest.param(
            an_object("kubeflow.org/v1", "PyTorchJob", {"pytorchReplicaSpecs": {"Worker": {}}}),
            "spec.pytorchReplicaSpecs.Worker.template is missing",
            id="replica-without-template",
        ),
        pytest.param(
            an_object("jobset.x-k8s.io/v1alpha2", "JobSet", {"replicatedJobs": []}),
            "spec.replicatedJobs is missing",
            id="no-jobs",
        ),
        pytest.param(
            an_object("ray.io/v1", "RayJob", {"clusterSelector": {}}),
            "spec.rayClusterSpec is missing",
            id="ray-selector",
        ),
        pytest.param(
            a_job(a_pod(a_container(command=["x", 3]))),
            "spec.template.spec.containers[0].command[1] is 3, not a text",
            id="number-in-command",
        ),
        pytest.param(
            a_job(a_pod(a_container(command="x"))),
            "spec.template.spec.containers[0].command is x, not a list",
            id="text-for-a-list",
        ),
        pytest.param(
            a_job(a_pod(a_container(env=[{"name": "A", "value": True}]))),
            "spec.template.spec.containers[0].env[0].value is true, not a text",
            id="truth-in-env",
        ),
        pytest.param(
            a_job(a_pod(nodeSelector={"aigpu.io/gpu-count": 1})),
            "spec.template.spec.nodeSelector.aigpu.io/gpu-count is 1, not a text",
            id="number-as-label",
        ),
        pytest.param(
            a_job(a_pod(a_container(resources={"limits": [1]}))),
            "spec.template.spec.containers[0].resources.limits is a list, not a mapping",
            id="list-for-limits",
        ),
        pytest.param(
            a_job(a_pod(tolerations={})),
            "spec.template.spec.tolerations is a mapping, not a list",
            id="mapping-for-a-list",
        ),
    ],
)
def test_what_has_not_the_form_of_the_api_is_told_by_its_place(thing: dict[str, Any], problem: str) -> None:
    (workload,) = workloads_of(thing)
    assert problem in workload.problems


@pytest.mark.parametrize("data", ["text", [1, 2]])
def test_a_document_that_is_no_object_is_a_problem(data: Any) -> None:
    (workload,) = workloads_of(data)
    assert workload.problems == ("this document is not a mapping",)


@pytest.mark.parametrize(
    ("version", "kind", "known", "without"),
    [
        pytest.param("v1", "ConfigMap", False, True, id="no-pods"),
        pytest.param("example.com/v1", "ConfigMap", False, False, id="same-name-in-another-group"),
        pytest.param("batch/v1", "Deployment", False, False, id="kind-in-the-wrong-group"),
        pytest.param("batch.example.com/v1", "Job", False, False, id="another-job"),
        pytest.param("trainer.kubeflow.org/v1alpha1", "TrainJob", True, False, id="train-job"),
    ],
)
def test_a_kind_is_known_with_its_group(version: str, kind: str, known: bool, without: bool) -> None:
    (workload,) = workloads_of(an_object(version, kind, {}))
    assert (workload.is_known, workload.has_no_pods) == (known, without)
