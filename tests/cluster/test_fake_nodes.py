"""What the fake kubelets make of real Jobs, DaemonSets and nodes."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from testbeds.cluster import Cluster, Ends, FakeNode, FakeNodes
from testbeds.cluster.cluster import wait_until
from testbeds.cluster.node_body import GPU, LEASE_NAMESPACE, NOT_READY

pytestmark = pytest.mark.cluster

CONTAINERS = {
    "restartPolicy": "Never",
    "initContainers": [{"name": "aigpu-preflight", "image": "none", "resources": {"limits": {GPU: "1"}}}],
    "containers": [{"name": "main", "image": "none", "resources": {"limits": {GPU: "1"}}}],
}
FAIL_AT_ONCE = {
    "rules": [
        {
            "action": "FailJob",
            "onExitCodes": {"containerName": "aigpu-preflight", "operator": "In", "values": [78]},
        }
    ]
}


@pytest.fixture(autouse=True)
def _whole(cluster: Cluster) -> None:
    if not (cluster.has_controllers and cluster.has_scheduler):
        pytest.skip("KUBEBUILDER_ASSETS has no kube-controller-manager or no kube-scheduler")


@pytest.fixture
def run(cluster: Cluster, namespace: str, kubelets: FakeNodes) -> Callable[..., tuple[dict[str, Any], dict[str, Any]]]:
    """Runs a Job to its end on a node of its own; gives the Job's last condition and its last pod's status."""
    name = f"gpu-{uuid.uuid4().hex[:8]}"

    def finish(script: dict[str, Ends], **spec: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        kubelets.add(FakeNode(name, gpus=1))
        kubelets.script({"run": name}, script)
        template = {"metadata": {"labels": {"run": name}}, "spec": {**CONTAINERS, "nodeSelector": hostname(name)}}
        job = {"metadata": {"name": "train"}, "spec": {"backoffLimit": 0, "template": template, **spec}}
        jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        cluster.admin.post(jobs, job)
        wait_until(lambda: finished(cluster.admin.get(f"{jobs}/train")), "the Job did not end")
        pods = cluster.admin.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=f"run={name}")["items"]
        return finished(cluster.admin.get(f"{jobs}/train")), pods[-1]["status"]

    return finish


def hostname(node: str) -> dict[str, str]:
    return {"kubernetes.io/hostname": node}


def finished(job: dict[str, Any]) -> dict[str, Any]:
    found = [one for one in job["status"].get("conditions", []) if one["type"] in ("Complete", "Failed")]
    return found[0] if found else {}


class TestJobs:
    def test_one_whose_containers_end_well_is_complete(self, run: Callable[..., Any]) -> None:
        condition, status = run({"main": Ends(after_s=0.2)})
        assert condition["type"] == "Complete"
        assert status["phase"] == "Succeeded"

    def test_an_exit_code_of_the_init_container_fails_it_at_once(self, run: Callable[..., Any]) -> None:
        condition, status = run({"aigpu-preflight": Ends(78, "no CUDA")}, podFailurePolicy=FAIL_AT_ONCE)
        assert (condition["type"], condition["reason"]) == ("Failed", "PodFailurePolicy")
        ended = status["initContainerStatuses"][0]["state"]["terminated"]
        assert (ended["exitCode"], ended["message"]) == (78, "no CUDA")

    def test_another_exit_code_counts_as_a_try(self, run: Callable[..., Any]) -> None:
        condition, _ = run({"main": Ends(1)}, podFailurePolicy=FAIL_AT_ONCE)
        assert (condition["type"], condition["reason"]) == ("Failed", "BackoffLimitExceeded")


class TestPods:
    def test_a_daemon_set_is_ready_on_every_node_and_ends_when_it_is_deleted(
        self, cluster: Cluster, namespace: str, kubelets: FakeNodes
    ) -> None:
        mark = uuid.uuid4().hex[:8]
        kubelets.add(*(FakeNode(f"{mark}-{index}", labels={"family": mark}) for index in range(3)))
        pod = {"nodeSelector": {"family": mark}, "containers": [{"name": "main", "image": "none"}]}
        template = {"metadata": {"labels": {"app": mark}}, "spec": pod}
        body = {
            "metadata": {"name": "agent"},
            "spec": {"selector": {"matchLabels": {"app": mark}}, "template": template},
        }
        sets = f"/apis/apps/v1/namespaces/{namespace}/daemonsets"
        cluster.admin.post(sets, body)
        wait_until(lambda: cluster.admin.get(f"{sets}/agent")["status"]["numberReady"] == 3, "not ready everywhere")
        cluster.admin.delete(f"{sets}/agent")
        pods = f"/api/v1/namespaces/{namespace}/pods"
        wait_until(lambda: not cluster.admin.get(pods)["items"], "its pods are still there")

    def test_one_that_asks_for_more_gpus_than_are_left_waits(
        self, cluster: Cluster, namespace: str, kubelets: FakeNodes
    ) -> None:
        name = f"gpu-{uuid.uuid4().hex[:8]}"
        kubelets.add(FakeNode(name, gpus=1))
        pods = f"/api/v1/namespaces/{namespace}/pods"
        for pod in ("first", "second"):
            spec = {**CONTAINERS, "nodeSelector": hostname(name)}
            cluster.admin.post(pods, {"metadata": {"name": pod}, "spec": spec})
            awaited = "Running" if pod == "first" else "Pending"
            wait_until(functools.partial(is_in, cluster, f"{pods}/{pod}", awaited), f"{pod} is not {awaited}")
        reason = next(one for one in cluster.admin.get(f"{pods}/second")["status"]["conditions"])
        assert "Insufficient nvidia.com/gpu" in reason["message"]


def is_in(cluster: Cluster, pod: str, phase: str) -> bool:
    status = cluster.admin.get(pod)["status"]
    return status["phase"] == phase and bool(status.get("conditions"))


class TestNodes:
    def test_a_node_is_ready_and_renews_its_lease(self, cluster: Cluster) -> None:
        name = f"gpu-{uuid.uuid4().hex[:8]}"
        lease = f"/apis/coordination.k8s.io/v1/namespaces/{LEASE_NAMESPACE}/leases/{name}"
        with FakeNodes(cluster, renew_every_s=0.2) as nodes:
            nodes.add(FakeNode(name))
            first = cluster.admin.get(lease)["spec"]["renewTime"]
            wait_until(lambda: cluster.admin.get(lease)["spec"]["renewTime"] > first, "it was not renewed")
            wait_until(lambda: not_ready(cluster, name) is False, "the taint of a new node is still there")
        assert cluster.admin.send("GET", f"/api/v1/nodes/{name}").status == 404
        assert cluster.admin.send("GET", lease).status == 404

    @pytest.mark.slow
    def test_a_silent_one_is_unknown_until_it_speaks(self, cluster: Cluster, kubelets: FakeNodes) -> None:
        name = f"gpu-{uuid.uuid4().hex[:8]}"
        kubelets.add(FakeNode(name))
        kubelets.silence(name)
        wait_until(lambda: ready(cluster, name) == "Unknown", "the controllers did not notice", 90)
        kubelets.speak(name)
        wait_until(lambda: not cluster.admin.get(f"/api/v1/nodes/{name}")["spec"].get("taints"), "still tainted")
        assert ready(cluster, name) == "True"


def not_ready(cluster: Cluster, node: str) -> bool:
    taints = cluster.admin.get(f"/api/v1/nodes/{node}")["spec"].get("taints", [])
    return any(taint["key"] == NOT_READY for taint in taints)


def ready(cluster: Cluster, node: str) -> str:
    conditions = cluster.admin.get(f"/api/v1/nodes/{node}")["status"]["conditions"]
    return str(next(one["status"] for one in conditions if one["type"] == "Ready"))
