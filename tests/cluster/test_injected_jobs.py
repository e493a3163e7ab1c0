"""Jobs that `az aigpu job inject` guarded, on a real API server: it takes them, and its Job controller obeys them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_aigpu.cluster.admission.reverse_rule import GpuPools, breaks_rule
from azext_aigpu.cluster.jobs.documents import parse_documents
from azext_aigpu.cluster.jobs.guard import Wanted
from azext_aigpu.cluster.jobs.inject import inject
from azext_aigpu.cluster.jobs.workloads import list_workloads
from testbeds.cluster import Cluster, FakeNode, FakeNodes
from testbeds.cluster.cluster import wait_until
from testbeds.cluster.pod_phases import Ends

pytestmark = pytest.mark.cluster

Kubectl = Callable[..., subprocess.CompletedProcess[str]]

GOLDEN = Path(__file__).parents[1] / "golden" / "jobs"
NAMES = sorted(path.name.partition(".")[0] for path in GOLDEN.glob("*.after.yaml"))
CUSTOM = {"pytorchjob": "pytorchjobs.kubeflow.org", "trainjob": "trainjobs.trainer.kubeflow.org"}
"""The manifests whose kind a server has only with the CRD that is named."""

STRICT = ("apply", "--validate=strict", "-f", "-")
JOB = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: train
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: registry.example.com/train:1
        command: ["python", "train.py"]
        resources:
          limits:
            nvidia.com/gpu: 1
"""


def after(name: str) -> str:
    return (GOLDEN / f"{name}.after.yaml").read_text(encoding="utf-8")


def pods_in(text: str) -> Iterator[Mapping[str, Any]]:
    for document in parse_documents(text, "golden"):
        for workload in list_workloads(document):
            yield from (template.pod for template in workload.templates)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CUSTOM])
def test_the_server_takes_a_guarded_manifest(kubectl: Kubectl, namespace: str, name: str) -> None:
    done = kubectl("-n", namespace, *STRICT, stdin=after(name))

    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


@pytest.mark.parametrize(("name", "definition"), CUSTOM.items(), ids=CUSTOM)
def test_the_server_takes_a_guarded_custom_job(kubectl: Kubectl, namespace: str, name: str, definition: str) -> None:
    if kubectl("get", "crd", definition).returncode != 0:
        pytest.skip(f"this server has no {definition}; install the operator's CRD to have its jobs checked")
    done = kubectl("-n", namespace, *STRICT, "--dry-run=server", stdin=after(name))

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_every_guarded_pod_is_one_that_the_server_takes(kubectl: Kubectl, namespace: str, name: str) -> None:
    """Of custom kinds too: their CRDs do not look into pod templates, the pods that they lead to are looked at."""
    pods = [pod for pod in pods_in(after(name)) if pod["spec"].get("initContainers") or name in CUSTOM]
    assert pods

    for number, pod in enumerate(pods):
        spec = {"restartPolicy": "Never", **pod["spec"]}
        spec["containers"] = [{"image": "registry.example.com/train:1", **one} for one in spec["containers"]]
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"pod-{number}"}, "spec": spec}
        done = kubectl("-n", namespace, *STRICT, "--dry-run=server", stdin=json.dumps(body))

        assert done.returncode == 0, done.stderr
        assert not breaks_rule(body, GpuPools())


def test_the_patch_of_a_train_job_makes_a_pod_that_the_server_takes(kubectl: Kubectl, namespace: str) -> None:
    (job,) = yaml.safe_load_all(after("trainjob"))
    (patch,) = job["spec"]["runtimePatches"]
    (replicated,) = patch["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"]
    spec = replicated["template"]["spec"]["template"]["spec"]
    trainer = job["spec"]["trainer"]
    container = {**spec["containers"][0], "image": trainer["image"], "command": trainer["command"]}
    pod = {"restartPolicy": "Never", **spec, "containers": [{**container, "resources": trainer["resourcesPerNode"]}]}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "node"}, "spec": pod}
    done = kubectl("-n", namespace, *STRICT, "--dry-run=server", stdin=json.dumps(body))

    assert done.returncode == 0, done.stderr


@pytest.fixture
def train(kubectl: Kubectl, cluster: Cluster, namespace: str, kubelets: FakeNodes) -> Callable[..., dict[str, Any]]:
    """Run a guarded Job on a GPU node whose containers end as told; return the Job as it ended."""
    if not (cluster.has_controllers and cluster.has_scheduler):
        pytest.skip("this server has no controllers; put kube-controller-manager and kube-scheduler beside it")

    def run(script: Mapping[str, Ends], **options: Any) -> dict[str, Any]:
        taint = {"key": "sku", "value": "gpu", "effect": "NoSchedule"}
        kubelets.add(FakeNode(f"gpu-{namespace}", gpus=1, labels={"hardware": "gpu"}, taints=(taint,)))
        kubelets.script({"job-name": "train"}, script)
        text = inject(JOB, "job.yaml", Wanted(image="registry.example.com/aigpu-agent:1", **options)).text
        done = kubectl("-n", namespace, *STRICT, stdin=text)
        assert done.returncode == 0, done.stderr
        path = f"/apis/batch/v1/namespaces/{namespace}/jobs/train"
        wait_until(lambda: bool(ending(cluster.admin.get(path))), f"{path} did not end")
        job: dict[str, Any] = cluster.admin.get(path)
        return job

    return run


def ending(job: Mapping[str, Any]) -> tuple[str, str] | None:
    """The condition that ended a Job and its reason; None while it runs."""
    for condition in job.get("status", {}).get("conditions", ()):
        if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
            return condition["type"], condition.get("reason", "")
    return None


def test_a_proven_job_runs_on_the_tainted_node(train: Callable[..., dict[str, Any]]) -> None:
    job = train({"main": Ends(0)})

    assert ending(job) == ("Complete", "CompletionsReached")


@pytest.mark.parametrize(
    ("script", "options", "pods", "reason"),
    [
        pytest.param({"aigpu-preflight": Ends(78)}, {}, 1, "PodFailurePolicy", id="job-at-fault"),
        pytest.param({"aigpu-preflight": Ends(64)}, {}, 1, "PodFailurePolicy", id="bad-usage"),
        pytest.param({"aigpu-preflight": Ends(75)}, {}, 2, "BackoffLimitExceeded", id="node-at-fault"),
        pytest.param({"aigpu-preflight": Ends(70)}, {}, 2, "BackoffLimitExceeded", id="not-proven"),
        pytest.param({"main": Ends(78)}, {}, 1, "PodFailurePolicy", id="stopped-on-the-cpu"),
        pytest.param({"main": Ends(78)}, {"program_ends_with_78": True}, 2, "BackoffLimitExceeded", id="its-own-78"),
        pytest.param({"main": Ends(1)}, {}, 2, "BackoffLimitExceeded", id="the-program-failed"),
    ],
)
def test_the_job_controller_obeys_our_exit_codes(
    train: Callable[..., dict[str, Any]], script: Mapping[str, Ends], options: dict[str, Any], pods: int, reason: str
) -> None:
    job = train(script, **options)

    assert ending(job) == ("Failed", reason)
    assert job["status"]["failed"] == pods
    if reason == "PodFailurePolicy":
        ((container, ends),) = script.items()
        message = json.dumps(job["status"]["conditions"])
        assert f"Container {container} " in message
        assert f"exit code {ends.exit_code}" in message
