"""`az aigpu agent status` in this process, with the real kubectl against a real API server."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE
from testbeds.cluster import Cluster
from testbeds.cluster.cluster import wait_until
from tests.azext.core.harness import Result, run_offline
from tests.cluster.agent_commands import IMAGE, Commands, error_of, installing, made
from tests.cluster.policies import ADMISSION

if TYPE_CHECKING:
    from tests.cluster.conftest import MakeNode

pytestmark = [pytest.mark.cluster, pytest.mark.core]


@pytest.fixture
def agent(cluster: Cluster, tmp_path: Path) -> Iterator[Commands]:
    with installing(cluster, tmp_path) as commands:
        yield commands


class TestStatus:
    def test_not_installed_is_not_found(self, agent: Commands) -> None:
        result = agent("status")

        assert result.exit_code == 3
        assert "az aigpu agent install --kubeconfig" in error_of(result)

    def test_a_policy_that_somebody_took_away_is_told(self, agent: Commands) -> None:
        agent.install()
        agent.cluster.admin.delete(f"{ADMISSION}/validatingadmissionpolicybindings/aigpu-agent-own-node")

        result = agent("status")

        assert result.exit_code == 4
        assert result.data["ownNodePolicy"] == "absent"
        assert "so each agent may write every node" in " ".join(result.stderr.split())

    @pytest.mark.parametrize(
        ("kind", "name", "patch", "told"),
        [
            ("validatingadmissionpolicy", "aigpu-gpu-pods", {"failurePolicy": "Ignore"}, "spec.failurePolicy: Ignore"),
            (
                "validatingadmissionpolicybinding",
                "aigpu-agent-own-node",
                {"paramRef": {"name": "x", "parameterNotFoundAction": "Allow"}},
                "spec.paramRef: {'name': 'x'",
            ),
            (
                "daemonset",
                AGENT,
                {"template": {"spec": {"nodeSelector": {"no-such": "node"}}}},
                "spec.template.spec.nodeSelector.no-such: node",
            ),
        ],
        ids=["fails-open", "with-parameters", "held-to-other-nodes"],
    )
    def test_what_somebody_changed_is_told_and_the_command_that_is_named_puts_it_back(
        self, agent: Commands, kind: str, name: str, patch: Mapping[str, Any], told: str
    ) -> None:
        agent.install()
        done = agent.cluster.kubectl(
            "patch", kind, name, "-n", NAMESPACE, "--type=merge", "-p", json.dumps({"spec": patch})
        )
        assert done.returncode == 0, done.stderr

        found = altered(agent("status"))
        for command in way_back(found["nextStep"]):
            program, *words = shlex.split(command)
            if program == "kubectl":
                assert agent.cluster.kubectl(*words).returncode == 0
            else:
                result = agent("install", *words[3 : words.index("--kubeconfig")], "--force-conflicts")
                assert result.exit_code == 0, result.stderr

        assert told in found["seen"]
        assert not [one for one in agent("status").data["problems"] if one["reason"] == "InstallationAltered"]

    def test_a_right_that_somebody_added_is_told(self, agent: Commands) -> None:
        agent.install()
        rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
        agent.cluster.kubectl(
            "patch",
            "clusterrole",
            AGENT,
            "--type=json",
            "-p",
            json.dumps([{"op": "add", "path": "/rules/-", "value": rule}]),
        )

        assert "rules[2]: {'apiGroups': ['*']" in altered(agent("status"))["seen"]

    def test_whoever_may_read_only_the_daemonset_is_told_what_is_not_known(self, agent: Commands) -> None:
        agent.install()
        rules = [{"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["get"]}]
        roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
        user = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "reader"}
        bound = {
            "metadata": {"name": "aigpu-test-reader"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "aigpu-test-reader"},
            "subjects": [user],
        }
        with (
            made(agent.cluster, roles, {"metadata": {"name": "aigpu-test-reader"}, "rules": rules}),
            made(agent.cluster, roles.replace("roles", "rolebindings"), bound),
        ):
            result = agent("status", access=agent.cluster.as_user("reader"))

        assert result.exit_code == 5, result.stderr
        assert result.data["verdict"] == "UNKNOWN"
        assert (result.data["reverseRule"], result.data["ownNodePolicy"]) == ("unknown", "unknown")
        assert "User 'reader' may not get clusterroles" in " ".join(result.stderr.split())

    def test_a_well_installation_whose_pools_have_no_node_is_not_proven(self, agent: Commands) -> None:
        agent.install()
        wait_until(lambda: reasons(agent("status")) == {"AgentNowhere", "DevicePluginMissing"}, "not settled")

        assert agent("status").exit_code == 5

    def test_nodes_without_a_ready_agent_and_without_a_device_plugin(
        self, agent: Commands, make_node: MakeNode
    ) -> None:
        size = {"aigpu.io/sku": "Standard_NC4as_T4_v3", "node.kubernetes.io/instance-type": "Standard_NC4as_T4_v3"}
        node = make_node(labels=size)
        agent.install()
        wait_until(lambda: "AgentNotReady" in reasons(agent("status")), "no node is counted")

        result = agent("status", "-o", "table")

        assert result.exit_code == 4
        assert "FAIL DevicePluginMissing, UNKNOWN AgentNotReady" in result.stdout
        assert f"no nvidia.com resource on {node}" in result.stderr

    def test_a_taint_that_keeps_the_agent_off_is_told_and_the_command_that_is_named_helps(
        self, agent: Commands, make_node: MakeNode
    ) -> None:
        size = {"aigpu.io/sku": "Standard_NC4as_T4_v3", "node.kubernetes.io/instance-type": "Standard_NC4as_T4_v3"}
        node = make_node(labels=size, taints=[{"key": "team", "value": "a", "effect": "NoSchedule"}])
        agent.install()
        wait_until(lambda: "AgentKeptOff" in reasons(agent("status")), "the DaemonSet is not counted")

        result = agent("status")
        (found,) = [one for one in result.data["problems"] if one["reason"] == "AgentKeptOff"]
        assert (result.exit_code, found["seen"]) == (4, f"taint team on {node}")
        words = shlex.split(found["nextStep"].partition("   (")[0])
        named = words[4 : words.index("--kubeconfig")]
        again = agent("install", *named, "--tolerate", *words[words.index("--tolerate") + 1 :])
        assert "AgentKeptOff" not in reasons(again), again.stderr
        wait_until(lambda: "AgentKeptOff" not in reasons(agent("status")), "it is still kept off")

    def test_objects_that_gitops_applied_are_held_to_the_daemonset(self, agent: Commands) -> None:
        text = run_offline("aigpu", "agent", "show", *IMAGE, "--mode", "observe", "--gpu-pools", "gpu1").stdout
        namespace = yaml.safe_load(text)["items"][0]
        agent.cluster.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(namespace))
        done = agent.cluster.kubectl("apply", "--server-side", "-f", "-", stdin=text)
        assert done.returncode == 0, done.stderr

        assert "InstallationAltered" not in reasons(agent("status"))
        assert "InstallationUndeclared" in reasons(agent("status"))

    def test_as_a_table(self, agent: Commands) -> None:
        agent.install()

        lines = agent("status", "-o", "table").stdout.splitlines()

        assert lines[0].split() == [
            "Image", "Mode", "Profile", "Ready", "ReverseRule", "OwnNode", "DevicePlugin", "Problems",
        ]  # fmt: skip
        assert "condition" in lines[2]


def reasons(result: Result) -> set[str]:
    return {one["reason"] for one in result.data["problems"]}


def altered(result: Result) -> dict[str, Any]:
    """Return the one object that is not as it was asked for; the exit code says so."""
    assert result.exit_code == 4, result.stderr
    (found,) = [one for one in result.data["problems"] if one["reason"] == "InstallationAltered"]
    return dict(found)


def way_back(step: str) -> list[str]:
    """Return the commands that put an object back, as the next step names them."""
    return step.partition("put it back: ")[2].partition(" (with")[0].split("; then ")
