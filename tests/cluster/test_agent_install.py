"""`az aigpu agent install` in this process, with the real kubectl against a real API server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from aigpu_contract.labels import INSTALL_ANNOTATION, STARTUP_TAINT_KEY, STATUS_TAINT_KEY
from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE
from testbeds.cluster import Access, Cluster
from testbeds.cluster.client import JSON_MERGE
from testbeds.cluster.cluster import wait_until
from tests.azext.core.harness import run_offline
from tests.cluster.agent_commands import BINDING, DAEMONSETS, IMAGE, Commands, error_of, installing, made
from tests.cluster.workloads import deployment, job, path_of, story

if TYPE_CHECKING:
    from tests.cluster.conftest import MakeNode

pytestmark = [pytest.mark.cluster, pytest.mark.core]

PLUGIN = "nvcr.io/nvidia/k8s-device-plugin:v0.17.1"


@pytest.fixture
def agent(cluster: Cluster, tmp_path: Path) -> Iterator[Commands]:
    with installing(cluster, tmp_path) as commands:
        yield commands


def plugin(tolerations: list[dict[str, str]]) -> dict[str, Any]:
    spec = {"containers": [{"name": "plugin", "image": PLUGIN}], "tolerations": tolerations}
    body = deployment(spec, name="nvidia-device-plugin", kind="DaemonSet")
    body["spec"]["template"]["spec"]["nodeSelector"] = {"no-such-node": "true"}
    return body


class TestInstall:
    def test_everything_is_applied_and_warns_at_first(self, agent: Commands) -> None:
        result = agent.install()

        assert result.exit_code == 0, result.stderr
        assert result.data["reverseRule"] == "warn"
        assert result.data["ownNodePolicy"] == "deny"
        assert {one["status"] for one in result.data["problems"]} <= {"UNKNOWN", "WARN"}
        assert all(one["problem"].split()[0] in result.stderr for one in result.data["problems"])
        assert (result.data["mode"], result.data["profile"]) == ("condition", "base")
        assert "warns of pods that target a GPU pool" in result.stderr
        binding = agent.get(BINDING)
        assert binding["spec"]["validationActions"] == ["Warn", "Audit"]
        managers = {entry["manager"] for entry in binding["metadata"]["managedFields"]}
        assert managers == {"aigpu"}

    def test_the_table_and_stderr_say_which_problems_there_are(self, agent: Commands) -> None:
        result = agent.install("-o", "table")

        assert "WARN DevicePluginMissing" in result.stdout.splitlines()[2]
        assert "WARN    device-plugin: the cluster has no device plugin" in result.stderr

    def test_what_was_asked_for_is_written_down(self, agent: Commands) -> None:
        agent.install("--mode", "observe", "--gpu-pools", "gpu1")

        written = agent.get(f"{DAEMONSETS.format(NAMESPACE)}/{AGENT}")["metadata"]["annotations"][INSTALL_ANNOTATION]

        assert json.loads(written)["gpuPools"] == ["gpu1"]

    def test_a_second_time_changes_nothing(self, agent: Commands) -> None:
        agent.install()
        paths = [BINDING, f"{DAEMONSETS.format(NAMESPACE)}/{AGENT}"]
        before = [agent.get(path)["metadata"]["generation"] for path in paths if "bindings" not in path]

        assert agent.install().exit_code == 0

        assert [agent.get(path)["metadata"]["generation"] for path in paths if "bindings" not in path] == before

    def test_what_show_writes_kubectl_takes_whole_and_strictly(self, agent: Commands) -> None:
        text = run_offline("aigpu", "agent", "show", *IMAGE, "--with-device-plugin", "--profile", "watch").stdout
        namespace = yaml.safe_load(text)["items"][0]
        agent.cluster.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(namespace))

        done = agent.cluster.kubectl("apply", "--server-side", "--validate=strict", "-f", "-", stdin=text)

        assert done.returncode == 0, done.stderr

    def test_other_settings_take_away_what_they_no_longer_need(self, agent: Commands) -> None:
        agent.install("--mode", "taint", "--with-device-plugin")
        events = f"/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/{AGENT}"
        assert agent.exists(events)

        result = agent.install("--mode", "observe")

        assert result.exit_code == 0, result.stderr
        assert not agent.exists(events)
        assert result.data["devicePlugin"] is None
        assert result.data["mode"] == "observe"

    def test_the_agent_runs_on_gpu_nodes_whatever_they_turned_out_to_be(
        self, agent: Commands, make_node: MakeNode
    ) -> None:
        taints = [
            {"key": "sku", "value": "gpu", "effect": "NoSchedule"},
            {"key": STATUS_TAINT_KEY, "effect": "NoSchedule"},
        ]
        meant = make_node(labels={"aigpu.io/sku": "Standard_NC24ads_A100_v4"}, taints=taints)
        named = make_node(labels={"agentpool": "gpua100"})
        other = make_node(labels={"agentpool": "nodepool1"})

        agent.install("--gpu-pools", "gpua100")

        pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
        wait_until(lambda: {meant, named} <= targets(agent.get(pods)), "no pod for the GPU nodes")
        assert other not in targets(agent.get(pods))

    def test_without_the_prometheus_operator_monitoring_is_refused_and_nothing_else_is_made(
        self, agent: Commands
    ) -> None:
        result = agent.install("--with-monitoring")

        assert result.exit_code == 1
        assert "PodMonitor" in error_of(result)
        assert not agent.exists(f"{DAEMONSETS.format(NAMESPACE)}/{AGENT}")


def targets(pods: Mapping[str, Any]) -> set[str]:
    """Return the nodes that a DaemonSet's pods are made for."""
    found = set()
    for pod in pods["items"]:
        terms = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        found |= {
            value
            for term in terms["nodeSelectorTerms"]
            for field in term.get("matchFields", ())
            for value in field["values"]
        }
    return found


class TestRefusals:
    def test_mode_taint_while_a_device_plugin_would_be_kept_off(self, agent: Commands) -> None:
        path = DAEMONSETS.format("default")
        with made(agent.cluster, path, plugin([{"key": "nvidia.com/gpu", "operator": "Exists"}])):
            result = agent.install("--mode", "taint")

        assert result.exit_code == 1
        assert "keep default/nvidia-device-plugin off every new node" in error_of(result)
        assert STARTUP_TAINT_KEY in result.stderr
        assert not agent.exists(f"/api/v1/namespaces/{NAMESPACE}")

    def test_mode_taint_once_it_tolerates_both_taints(self, agent: Commands) -> None:
        tolerations = [
            {"key": key, "operator": "Exists", "effect": "NoSchedule"} for key in (STARTUP_TAINT_KEY, STATUS_TAINT_KEY)
        ]
        with made(agent.cluster, DAEMONSETS.format("default"), plugin(tolerations)):
            assert agent.install("--mode", "taint").exit_code == 0

    def test_a_second_device_plugin(self, agent: Commands) -> None:
        with made(agent.cluster, DAEMONSETS.format("default"), plugin([])):
            result = agent.install("--with-device-plugin")

        assert result.exit_code == 1
        assert "has a device plugin already, default/nvidia-device-plugin" in error_of(result)

    def test_enforcing_while_a_cpu_job_is_there(self, agent: Commands) -> None:
        body = job(story(), name="three-days")
        body["spec"]["suspend"] = True
        with made(agent.cluster, path_of(body, "default"), body):
            result = agent.install("--enforce")

        assert result.exit_code == 1
        assert "--enforce would refuse 1 object of the cluster" in error_of(result)
        assert "three-days" in result.stderr
        assert "az aigpu scan --kubeconfig" in result.stderr
        assert not agent.exists(BINDING)

    def test_a_login_without_rights_is_told_which_one(self, agent: Commands) -> None:
        result = agent.install(access=agent.cluster.as_user("somebody"))

        assert result.exit_code == 1
        assert "User 'somebody' may not list daemonsets.apps in the whole cluster" in error_of(result)
        assert "kubectl auth can-i list daemonsets.apps" in result.stderr

    def test_a_cluster_that_does_not_answer(self, agent: Commands) -> None:
        gone = Access("https://127.0.0.1:9", agent.cluster.access.authority, token="x")  # noqa: S106  nobody's

        result = agent.install(access=gone)

        assert result.exit_code == 1
        assert "127.0.0.1:9" in error_of(result)

    def test_without_kubectl(self, agent: Commands) -> None:
        agent.env["AZURE_AIGPU_KUBECTL"] = "no-such-kubectl"

        result = agent.install()

        assert result.exit_code == 1
        assert "no-such-kubectl is not on PATH" in error_of(result)
        assert "az aks install-cli" in result.stderr


class TestEnforce:
    def test_after_a_clean_scan_cpu_jobs_are_refused(self, agent: Commands, make_node: MakeNode) -> None:
        make_node()
        result = agent.install("--enforce")

        assert result.exit_code == 0, result.stderr
        assert result.data["reverseRule"] == "deny"
        path = path_of(job(story()), "default")
        wait_until(
            lambda: agent.cluster.admin.send("POST", path + "?dryRun=All", job(story())).status == 403, "not enforced"
        )

    def test_and_can_be_taken_back(self, agent: Commands, make_node: MakeNode) -> None:
        make_node()
        assert agent.install("--enforce").data["reverseRule"] == "deny"

        assert agent.install().data["reverseRule"] == "warn"

    def test_where_there_is_no_node_nothing_can_be_told(self, agent: Commands) -> None:
        result = agent.install("--enforce")

        assert result.exit_code == 1
        assert "1 more could not be judged" in error_of(result)


def test_a_binding_that_another_tool_has_changed_is_taken_over_only_when_asked(
    agent: Commands, make_node: MakeNode
) -> None:
    make_node()
    agent.install()
    enforced = {"spec": {"validationActions": ["Deny", "Audit"]}}
    agent.cluster.admin.patch(f"{BINDING}?fieldManager=flux", enforced, JSON_MERGE)

    refused = agent.install()
    taken = agent.install("--force-conflicts")

    assert refused.exit_code == 1
    assert "set by another tool, in the binding aigpu-gpu-pods" in error_of(refused)
    assert taken.exit_code == 0, taken.stderr
    assert taken.data["reverseRule"] == "warn"
    assert agent.install("--enforce").data["reverseRule"] == "deny"
