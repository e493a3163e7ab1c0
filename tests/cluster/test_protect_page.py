"""`docs/how-to/protect-a-cluster.md`, followed command by command with the real az, kubectl, API server and agent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE
from testbeds.cluster import Cluster, FakeNodes
from testbeds.cluster.access import write_kubeconfig
from testbeds.cluster.cluster import wait_until
from testbeds.local_azure import LocalAzure
from testbeds.nvidia_stub import Libraries, StubNode, nodes
from tests.cluster.agent_commands import installing
from tests.cluster.agent_process import AgentProcess, ended
from tests.cluster.docs_bed import Follower, following, set_back, wait_for_quiet
from tests.docs.pages import ROOT, read_blocks, read_steps, run_step

pytestmark = [pytest.mark.cluster, pytest.mark.az]

PAGE = ROOT / "docs" / "how-to" / "protect-a-cluster.md"
FILES = ("train.yaml", "launcher.yaml")
PODS = "/api/v1/namespaces/{}/pods"
MISTYPED: dict[str, Any] = {"vmSize": "Standard_D16s_v5", "count": 1, "nodeLabels": {"hardware": "gpu"}}
FOUND, REFUSED = 4, 1
EXIT_CODES = {"az aigpu scan -o table": (FOUND, 0), "sed ": (0, REFUSED)}
"""The codes of the commands that begin so, one after the other; every other command ends with 0."""


class Story:
    """What goes on around somebody who follows the page: Azure makes machines, kubelets start pods, an agent runs."""

    def __init__(self, follower: Follower, libraries: Libraries, stack: contextlib.ExitStack) -> None:
        self.follower = follower
        self.admin = follower.cluster.admin
        self._libraries = libraries
        self._stack = stack
        self._mistyped = ""

    def begin(self) -> None:
        """A pool was typed wrong three days ago, and a job runs on it."""
        wait_for_quiet(self.follower.cluster)
        self.follower.azure.world.add_pool("gpu1", nodeTaints=["sku=gpu:NoSchedule"], **MISTYPED)
        self._mistyped = self.follower.start_node("gpu1")
        for name, block in zip(FILES, read_blocks(PAGE, "yaml"), strict=True):
            self.follower.write(name, block.text)
        done = self.follower.cluster.kubectl("apply", "-f", str(self.follower.folder / "train.yaml"))
        assert done.returncode == 0, done.stderr
        set_back(self.follower.cluster, "default", days=3)

    def after(self, command: str) -> None:
        """What follows on a command by itself."""
        if command.startswith("az aigpu agent install"):
            wait_until(lambda: self._judges("--enforce" in command), "the policy is not in force")
        if command.startswith("az aigpu nodepool delete"):
            self.follower.kubelets.remove(self._mistyped)
        if command.startswith("az aigpu nodepool add"):
            self._start_proven_node("gpu1")

    def pods(self, namespace: str, node: str | None = None) -> list[dict[str, dict[str, str]]]:
        """The pods of a namespace, or those of them on one node."""
        found = self.admin.get(PODS.format(namespace))["items"]
        return [one for one in found if node in (None, one["spec"].get("nodeName"))]

    def _judges(self, enforces: bool) -> bool:
        """Whether the API server has taken note of the policy, which it does a moment after it was applied."""
        job = {**yaml.safe_load(read_blocks(PAGE, "yaml")[0].text), "metadata": {"name": "judged"}}
        answer = self.admin.send("POST", "/apis/batch/v1/namespaces/default/jobs?dryRun=All", job)
        return answer.status == 403 if enforces else "warning" in answer.headers

    def _start_proven_node(self, pool: str) -> None:
        """Start a machine with a pretended T4, and on it the process of the DaemonSet's pod, in that pod's name."""
        beside = self.follower.folder.parent
        machine = self._stack.enter_context(StubNode(nodes.T4, beside / "machine", self._libraries))
        node = self.follower.start_node(pool, machine)
        wait_until(lambda: self.pods(NAMESPACE, node), "no pod of the DaemonSet is on the node")
        pod = next(one["metadata"]["name"] for one in self.pods(NAMESPACE, node) if AGENT in one["metadata"]["name"])
        access = self.follower.cluster.as_service_account(NAMESPACE, AGENT, pod=pod)
        kubeconfig = write_kubeconfig(access, beside / "agent.kubeconfig")
        self._stack.enter_context(ended(AgentProcess(node, machine, kubeconfig, self.admin))).start()


@pytest.fixture
def story(cluster: Cluster, kubelets: FakeNodes, libraries: Libraries, tmp_path: Path) -> Iterator[Story]:
    if not (cluster.has_controllers and cluster.has_scheduler):
        pytest.skip("needs kube-controller-manager and kube-scheduler: nothing makes or binds the job's pod")
    with contextlib.ExitStack() as stack:
        azure = stack.enter_context(LocalAzure())
        azure.world.operation_seconds = 0.2
        stack.enter_context(installing(cluster, tmp_path))
        stack.callback(remove_objects, cluster)
        follower = stack.enter_context(following(azure, cluster, kubelets, tmp_path))
        yield Story(follower, libraries, stack)


def remove_objects(cluster: Cluster) -> None:
    jobs, pods = "/apis/batch/v1/namespaces/default/jobs", PODS.format("default")
    for path in (f"{jobs}/train", f"{jobs}/again", f"{pods}/launcher"):
        cluster.admin.delete(path, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})


def test_every_command_of_the_page_prints_what_it_shows(story: Story) -> None:
    story.begin()
    codes = {start: iter(given) for start, given in EXIT_CODES.items()}
    for step in read_steps(PAGE):
        done = run_step(step, story.follower.environment, story.follower.folder)
        expected = next((next(given) for start, given in codes.items() if step.command.startswith(start)), 0)
        assert done.returncode == expected, (step.command, done.stdout)
        story.after(step.command)
