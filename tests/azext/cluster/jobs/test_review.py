from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.finding import Status
from aigpu_contract.labels import Taint
from aigpu_contract.reasons import REASONS
from azext_aigpu.cluster.jobs.review import judge_manifest
from tests.azext.cluster.jobs.given import GPU, PLAIN, a_container, a_job, a_pod, an_object, review, told

VOID: dict[str, Any] = {"env": [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}], "resources": None}
CPU_ONLY = {"aigpu.io/cpu-only": "a launcher"}
PASSED = {"Passed": "PASS"}
POLICY: dict[str, Any] = {"podFailurePolicy": {"rules": []}}


def env(**variables: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in variables.items()]


OPEN = {"envFrom": [{"secretRef": {"name": "s"}}], "command": PLAIN}
LACKING = [
    pytest.param(a_pod(a_container(**OPEN)), "PreflightMissing", id="preflight"),
    pytest.param(a_pod(a_container(**OPEN)), "VisibleDevicesElsewhere", id="variables-in-bulk"),
    pytest.param(a_pod(tolerations=None), "TolerationMissing", id="toleration"),
    pytest.param(a_pod(a_container(resources=None)), "GPUNotRequested", id="limit"),
    pytest.param(
        a_pod(a_container(resources=None), initContainers=[a_container(name="first")]),
        "GPUInInitContainerOnly",
        id="limit-of-the-main-one",
    ),
]


@pytest.mark.parametrize(("pod", "reason"), LACKING)
@pytest.mark.parametrize(
    ("version", "kind", "is_changed"),
    [("batch/v1", "Job", True), ("apps/v1", "Deployment", False)],
    ids=["job", "other"],
)
def test_job_inject_is_named_where_it_changes_the_kind(
    version: str, kind: str, is_changed: bool, pod: dict[str, Any], reason: str
) -> None:
    (reviewed,) = review(an_object(version, kind, {"template": pod}))

    (step,) = {one.next_step for one in reviewed.findings if one.reason == reason}
    assert ("az aigpu job inject" in step) is is_changed


CASES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "all-well": (a_job(), PASSED),
    "cpu-job-elsewhere": (
        a_job(a_pod(a_container(resources=None), nodeSelector=None, tolerations=None)),
        PASSED,
    ),
    "founding-story": (a_job(a_pod(a_container(resources=None, command=["python"]))), {"GPUNotRequested": "FAIL"}),
    "only-the-toleration": (
        a_job(a_pod(a_container(resources=None), nodeSelector=None)),
        {"GPUNotRequested": "FAIL"},
    ),
    "init-container-alone": (
        a_job(a_pod(a_container(resources=None), initContainers=[a_container(name="init")])),
        {"GPUInInitContainerOnly": "FAIL"},
    ),
    "requests-alone": (
        a_job(a_pod(a_container(resources={"requests": {"nvidia.com/gpu": 1}}), nodeSelector=None, tolerations=None)),
        {"GPULimitMissing": "FAIL"},
    ),
    "no-toleration": (a_job(a_pod(tolerations=None)), {"TolerationMissing": "WARN"}),
    "tolerates-everything": (a_job(a_pod(tolerations=[{"operator": "Exists"}])), PASSED),
    "tolerates-another-value": (
        a_job(a_pod(tolerations=[{"key": "sku", "value": "cpu"}])),
        {"TolerationMissing": "WARN"},
    ),
    "tolerates-another-effect": (
        a_job(a_pod(tolerations=[{"key": "sku", "operator": "Exists", "effect": "NoExecute"}])),
        {"TolerationMissing": "WARN"},
    ),
    "no-preflight": (a_job(a_pod(a_container(command=["python"]))), {"PreflightMissing": "WARN"}),
    "preflight-in-args": (
        a_job(a_pod(a_container(command=None, args=["aigpu-preflight", "exec", "--", "python"]))),
        PASSED,
    ),
    "cpu-only": (a_job(a_pod(a_container(**VOID), annotations=CPU_ONLY)), PASSED),
    "cpu-only-sees-gpus": (
        a_job(a_pod(a_container(resources=None), annotations=CPU_ONLY)),
        {"CPUOnlyUnfit": "FAIL"},
    ),
    "cpu-only-and-asks": (a_job(a_pod(annotations=CPU_ONLY)), {"CPUOnlyUnfit": "FAIL"}),
    "cpu-only-without-reason": (
        a_job(a_pod(a_container(**VOID), annotations={"aigpu.io/cpu-only": ""})),
        {"CPUOnlyUnfit": "FAIL"},
    ),
    "train-job-that-is-cpu-only": (
        an_object(
            "trainer.kubeflow.org/v1alpha1",
            "TrainJob",
            {
                "trainer": {"command": ["x"], "env": VOID["env"]},
                "podTemplateOverrides": [{"metadata": {"annotations": CPU_ONLY}, "spec": {}}],
            },
        ),
        {"RequestInRuntime": "UNKNOWN", "Passed": "PASS"},
    ),
    "null-container": (a_job(a_pod(containers=[None])), {"WorkloadMisshapen": "UNKNOWN"}),
    "null-beside-a-container": (a_job(a_pod(containers=[a_container(), None])), {"WorkloadMisshapen": "UNKNOWN"}),
    "null-word": (a_job(a_pod(a_container(command=["python", None]))), {"WorkloadMisshapen": "UNKNOWN"}),
    "null-toleration": (a_job(a_pod(tolerations=[None])), {"WorkloadMisshapen": "UNKNOWN"}),
    "containers-as-a-map": (a_job(a_pod(containers={"main": a_container()})), {"WorkloadMisshapen": "UNKNOWN"}),
    "list-of-a-map": ({"apiVersion": "v1", "kind": "List", "items": {"a": a_job()}}, {"WorkloadMisshapen": "UNKNOWN"}),
    "list-of-an-empty-map": ({"apiVersion": "v1", "kind": "List", "items": {}}, {"WorkloadMisshapen": "UNKNOWN"}),
    "list-of-a-text": ({"apiVersion": "v1", "kind": "List", "items": "x"}, {"WorkloadMisshapen": "UNKNOWN"}),
    "list-of-one-kind": (
        {"apiVersion": "batch/v1", "kind": "JobList", "items": [a_job()]},
        {"WorkloadKindUnknown": "UNKNOWN"},
    ),
    "suspended": (
        a_job(a_pod(a_container(resources=None)), suspend=True),
        {"GPUNotRequested": "FAIL"},
    ),
    "no-replicas": (
        an_object("apps/v1", "Deployment", {"replicas": 0, "template": a_pod(a_container(resources=None))}),
        {"GPUNotRequested": "FAIL"},
    ),
    "claim-of-the-pod-alone": (
        a_job(a_pod(a_container(resources=None), resourceClaims=[{"name": "gpu", "resourceClaimName": "one"}])),
        {"GPUNotRequested": "FAIL"},
    ),
    "sidecar-alone": (
        a_job(a_pod(a_container(resources=None), initContainers=[a_container(name="s", restartPolicy="Always")])),
        {"GPUInInitContainerOnly": "FAIL"},
    ),
    "ephemeral-container-alone": (
        a_job(a_pod(a_container(resources=None), ephemeralContainers=[a_container(name="debug")])),
        {"GPUNotRequested": "FAIL"},
    ),
    "restarts-in-place": (
        a_job(a_pod(restartPolicy="OnFailure"), **POLICY),
        {"RestartPolicyUnfit": "FAIL"},
    ),
    "restarts-in-place-without-policy": (a_job(a_pod(restartPolicy="OnFailure")), PASSED),
    "cron-job-policy": (
        an_object(
            "batch/v1",
            "CronJob",
            {"jobTemplate": {"spec": {**POLICY, "template": a_pod(restartPolicy="OnFailure")}}},
        ),
        {"RestartPolicyUnfit": "FAIL"},
    ),
    "daemon-set": (an_object("apps/v1", "DaemonSet", {"template": a_pod(a_container(resources=None))}), PASSED),
    "deployment": (
        an_object("apps/v1", "Deployment", {"template": a_pod(a_container(resources=None))}),
        {"GPUNotRequested": "FAIL"},
    ),
    "one-of-two-roles": (
        an_object(
            "kubeflow.org/v1",
            "PyTorchJob",
            {"pytorchReplicaSpecs": {"A": {"template": a_pod()}, "B": {"template": a_pod(a_container(resources={}))}}},
        ),
        {"Passed": "PASS", "GPUNotRequested": "FAIL"},
    ),
    "no-pods": (an_object("v1", "Secret", None), {"NotApplicable": "SKIPPED"}),
    "unknown-kind": (an_object("example.com/v1", "Train", {}), {"WorkloadKindUnknown": "UNKNOWN"}),
    "misshapen": (a_job(a_pod(a_container(command="python"))), {"WorkloadMisshapen": "UNKNOWN"}),
    "misshapen-without-gpu": (an_object("batch/v1", "Job", {"template": {}}), {"WorkloadMisshapen": "UNKNOWN"}),
    "train-job": (
        an_object(
            "trainer.kubeflow.org/v1alpha1", "TrainJob", {"trainer": {"command": ["x"], "resourcesPerNode": GPU}}
        ),
        {"PreflightMissing": "WARN"},
    ),
    "train-job-by-its-runtime": (
        an_object("trainer.kubeflow.org/v1alpha1", "TrainJob", {"runtimeRef": {"name": "torch-distributed"}}),
        {"RequestInRuntime": "UNKNOWN"},
    ),
}


@pytest.mark.parametrize(("thing", "expected"), CASES.values(), ids=CASES)
def test_a_workload_is_judged(thing: dict[str, Any], expected: dict[str, str]) -> None:
    assert told(thing) == expected
    assert expected.keys() <= REASONS.keys()


@pytest.mark.parametrize(
    ("pools", "expected"),
    [
        pytest.param(None, {"TargetUnknown": "UNKNOWN"}, id="not-said"),
        pytest.param({"gpu"}, {"GPUNotRequested": "FAIL"}, id="a-gpu-pool"),
        pytest.param({"other"}, PASSED, id="no-gpu-pool"),
    ],
)
def test_a_pool_that_is_selected_by_name_is_never_taken_for_a_cpu_pool(
    pools: set[str] | None, expected: dict[str, str]
) -> None:
    pod = a_pod(a_container(resources=None), nodeSelector={"agentpool": "gpu"}, tolerations=None)

    assert told(a_job(pod), pools=pools) == expected


def test_the_taint_is_the_configured_one() -> None:
    pod = a_pod(tolerations=[{"key": "team/gpu", "operator": "Exists"}])

    assert told(a_job(pod), taint=Taint("team/gpu", "yes", "NoSchedule")) == PASSED
    assert told(a_job(pod)) == {"TolerationMissing": "WARN"}


@pytest.mark.parametrize(
    ("things", "status"),
    [
        pytest.param([], Status.UNKNOWN, id="empty"),
        pytest.param([CASES["no-pods"][0]], Status.UNKNOWN, id="nothing-with-pods"),
        pytest.param([CASES["no-pods"][0], a_job()], Status.PASS, id="one-job"),
        pytest.param([a_job(), CASES["unknown-kind"][0]], Status.UNKNOWN, id="unknown-kind-beside-a-job"),
        pytest.param([CASES["founding-story"][0], CASES["unknown-kind"][0]], Status.FAIL, id="worst-wins"),
    ],
)
def test_a_manifest_is_as_good_as_its_worst_workload(things: list[dict[str, Any]], status: Status) -> None:
    assert judge_manifest(review(*things)).status is status


def test_a_finding_names_role_and_container() -> None:
    pod = a_pod(a_container(name="pytorch", env=env(CUDA_VISIBLE_DEVICES="")))
    (reviewed,) = review(
        an_object("kubeflow.org/v1", "PyTorchJob", {"pytorchReplicaSpecs": {"Worker": {"template": pod}}})
    )

    (finding,) = reviewed.findings
    assert finding.evidence == (("role", "Worker"), ("container", "pytorch"))
