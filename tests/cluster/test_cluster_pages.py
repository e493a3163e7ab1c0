"""The how-to pages about a cluster: their commands run as they stand, and print what the pages show."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from testbeds.cluster import Cluster, FakeNode, FakeNodes
from testbeds.cluster.node_body import micro_time
from testbeds.local_azure import LocalAzure
from tests.cluster.agent_commands import installing, made
from tests.cluster.agent_process import GPU_LABELS
from tests.cluster.docs_bed import Follower, following, set_back, wait_for_quiet
from tests.docs.pages import ROOT, Step, compare, read_blocks, read_steps, run_step, shows

if TYPE_CHECKING:
    from tests.cluster.conftest import MakeNode

pytestmark = [pytest.mark.cluster, pytest.mark.az]

Make = Callable[[str, dict[str, Any]], dict[str, Any]]

HOW_TO = ROOT / "docs" / "how-to"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/aigpu-system/leases"
A100, D16, H100 = "Standard_NC24ads_A100_v4", "Standard_D16s_v5", "Standard_ND96isr_H100_v5"
SIZE, IMAGE_VERSION = "node.kubernetes.io/instance-type", "kubernetes.azure.com/node-image-version"
TAINT = {"key": "sku", "value": "gpu", "effect": "NoSchedule"}
UNHEALTHY = {"key": "status-taint.cluster-autoscaler.kubernetes.io/aigpu-unhealthy", "effect": "NoSchedule"}
FOUND = 4


def intent(pool: str, size: str = A100) -> dict[str, str]:
    """What `nodepool add` writes on a pool of one A100 a node, and AKS on its nodes; `size` is what they really are."""
    return {**GPU_LABELS, "agentpool": pool, "topology.kubernetes.io/region": "eastus", SIZE: size}


@pytest.fixture
def follower(cluster: Cluster, kubelets: FakeNodes, tmp_path: Path) -> Iterator[Follower]:
    if not (cluster.has_controllers and cluster.has_scheduler):
        pytest.skip("needs kube-controller-manager and kube-scheduler: nothing makes or binds a job's pod")
    wait_for_quiet(cluster)
    with LocalAzure() as azure, following(azure, cluster, kubelets, tmp_path) as found:
        yield found


def follow(follower: Follower, step: Step, code: int = 0) -> str:
    """Run a command; what it printed on both streams."""
    done = run_step(step, follower.environment, follower.folder)
    assert done.returncode == code, (step.command, done.stdout)
    return done.stdout


class TestFindCpuJobs:
    """The founding story beside a pool that is half idle and a CronJob that enforcing would refuse."""

    PAGE = HOW_TO / "find-cpu-jobs-on-gpu-nodes.md"

    @pytest.fixture
    def cluster_of_the_page(self, follower: Follower) -> Iterator[None]:
        idle = [FakeNode(f"aks-a100-{index}", gpus=1, labels=intent("a100"), taints=[TAINT]) for index in range(2)]
        wrong = FakeNode("aks-train-0", labels=intent("train", D16), taints=[TAINT])
        follower.kubelets.add(*idle, wrong, FakeNode("aks-system-0", labels={"agentpool": "system"}))
        asking = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
        jobs, crons = "/apis/batch/v1/namespaces/team-a/jobs", "/apis/batch/v1/namespaces/team-a/cronjobs"
        busy = {"metadata": {"name": "busy"}, "spec": {**pod("a100", **asking), "nodeName": "aks-a100-0"}}
        evaluate = {"schedule": "0 0 29 2 *", "jobTemplate": {"spec": {"template": {"spec": pod("a100")}}}}
        cluster = follower.cluster
        with made(cluster, "/api/v1/namespaces", {"metadata": {"name": "team-a", "labels": cluster.own_labels}}):
            cluster.provide_default_account("team-a")
            cluster.admin.post(jobs, {"metadata": {"name": "train"}, "spec": {"template": {"spec": pod("train")}}})
            set_back(cluster, "team-a", days=3)
            cluster.admin.post("/api/v1/namespaces/team-a/pods", busy)
            cluster.admin.post(crons, {"metadata": {"name": "evaluate"}, "spec": evaluate})
            yield

    @pytest.mark.usefixtures("cluster_of_the_page")
    def test_the_commands_print_what_the_page_shows(self, follower: Follower) -> None:
        scan, refused = read_steps(self.PAGE)
        table, findings = (block.text for block in read_blocks(self.PAGE, ""))

        printed = follow(follower, scan, FOUND)
        lines = follow(follower, Step(refused.command + " 2>/dev/null"), FOUND)

        assert shows("...\n" + table, printed), compare(table, printed)
        assert shows(findings + "...", printed), compare(findings, printed)
        assert [line.split("\t")[0] for line in lines.splitlines()] == ["Job team-a/train", "CronJob team-a/evaluate"]


def pod(pool: str, **container: Any) -> dict[str, Any]:
    """A pod that selects a pool by its name and tolerates its taint."""
    return {
        "restartPolicy": "Never",
        "nodeSelector": {"agentpool": pool},
        "tolerations": [{"key": "sku", "operator": "Exists"}],
        "containers": [{"name": "main", "image": "registry.example.com/train:1", **container}],
    }


class TestSeeTheFleet:
    PAGE = HOW_TO / "see-the-fleet.md"
    IMAGE = "AKSUbuntu-2204gen2containerd-202611.06.0"

    @pytest.fixture
    def fleet(self, follower: Follower, make_node: MakeNode, make: Make) -> None:
        follower.cluster.admin.send("POST", "/api/v1/namespaces", {"metadata": {"name": "aigpu-system"}})
        labels = {**intent("a100"), IMAGE_VERSION: self.IMAGE}
        for index, (said, driver, taints) in enumerate(
            [
                (condition("True", "Passed"), "570.86.15", []),
                (condition("True", "Passed"), "570.86.15", []),
                (condition("False", "GPULost"), "550.54.15", [UNHEALTHY]),
            ]
        ):
            proof = {"aigpu.io/proof": json.dumps(proven(driver))}
            given = {"annotations": proof, "boot_id": "boot", "taints": [TAINT, *taints], "conditions": [said]}
            make_node(f"aks-a100-{index}", gpus=1, labels=labels, **given)
        make_node("aks-a100-3", gpus=1, labels=labels, taints=[TAINT])
        by_hand = {"agentpool": "byhand", "kubernetes.azure.com/accelerator": "nvidia", SIZE: H100}
        make_node("aks-byhand-0", gpus=8, labels=by_hand)
        wrong = [condition("False", "WrongVMSize")]
        make_node("aks-train-0", gpus=0, labels=intent("train", D16), taints=[TAINT], conditions=wrong)
        for name, age_s in (("aks-a100-0", 20), ("aks-a100-1", 4004), ("aks-a100-2", 20), ("aks-train-0", 20)):
            make(LEASES, lease(name, age_s))

    @pytest.mark.usefixtures("fleet")
    def test_the_commands_print_what_the_page_shows(self, follower: Follower) -> None:
        listing, show, check = read_steps(self.PAGE)
        table, skew, one = (block.text for block in read_blocks(self.PAGE, ""))

        printed = follow(follower, listing)
        shown = follow(follower, show)
        bad = follow(follower, check, FOUND)

        assert shows(skew + "...\n" + table, printed), compare(skew + table, printed)
        assert shows(one, shown), compare(one, shown)
        assert bad.count("\taks-") + bad.count("\naks-") == 5


def now(ago_s: float = 0) -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago_s)


def proven(driver: str) -> dict[str, Any]:
    return {"bootId": "boot", "driver": driver, "gpus": 1, "provenAt": now(7200).strftime("%Y-%m-%dT%H:%M:%SZ")}


def condition(status: str, reason: str) -> dict[str, str]:
    return {"type": "aigpu.io/GPUReady", "status": status, "reason": reason}


def lease(name: str, age_s: float) -> dict[str, Any]:
    spec = {"holderIdentity": f"agent-{name}", "leaseDurationSeconds": 180, "renewTime": micro_time(now(age_s))}
    return {"metadata": {"name": name}, "spec": spec}


class TestInstallTheAgent:
    PAGE = HOW_TO / "install-the-agent.md"
    NAMES = (("-g GROUP", "-g rg-train"), ("CLUSTER", "aks-train"), ("REGISTRY", "registry"))

    def test_the_commands_lead_to_an_agent_that_refuses_and_away_again(
        self, follower: Follower, cluster: Cluster, tmp_path: Path
    ) -> None:
        follower.azure.world.add_pool("gpu1", vmSize="Standard_NC4as_T4_v3", count=1)
        follower.start_node("gpu1")
        printed = {}
        with installing(cluster, tmp_path):
            for step in read_steps(self.PAGE):
                command = step.command
                for word, ours in self.NAMES:
                    command = command.replace(word, ours)
                printed[command] = follow(follower, Step(command))

        assert len(printed) == 7
        assert "The API server refuses pods" in next(text for command, text in printed.items() if "enforce" in command)
        assert cluster.admin.send("GET", "/api/v1/namespaces/aigpu-system").status == 404
