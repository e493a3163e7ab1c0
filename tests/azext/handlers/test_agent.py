"""`az aigpu agent` as far as it needs no cluster; the rest is in tests/cluster/test_agent_*.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_aigpu.cluster.manifests.objects import build_list
from azext_aigpu.cluster.manifests.settings import AgentSettings
from testbeds.local_azure import LocalAzure
from tests.azext.cluster.agent import installed
from tests.azext.core.harness import Result, run, run_offline
from tests.azext.handlers.commands import error_of
from tests.azext.handlers.test_permissions_page import role

pytestmark = pytest.mark.core

IMAGE = "registry.example.com/aigpu-agent:0.1.0"
PLACE = ("-g", "rg-train", "--cluster-name", "aks-train")


def show(*options: str, env: Mapping[str, str] | None = None) -> Result:
    return run_offline("aigpu", "agent", "show", *options, env=env)


class TestShow:
    def test_it_writes_one_list_as_yaml(self) -> None:
        result = show("--image", IMAGE)

        assert result.exit_code == 0, result.stderr
        assert yaml.safe_load(result.stdout) == build_list(AgentSettings(IMAGE))

    def test_or_as_json(self) -> None:
        result = show("--image", IMAGE, "--format", "json")

        assert json.loads(result.stdout) == build_list(AgentSettings(IMAGE))

    def test_or_into_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "aigpu.yaml"

        result = show("--image", IMAGE, "--file", str(path))

        assert result.stdout == ""
        assert yaml.safe_load(path.read_text("utf-8")) == build_list(AgentSettings(IMAGE))
        assert "kubectl apply --server-side" in result.stderr

    def test_a_file_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        result = show("--image", IMAGE, "--file", str(tmp_path / "no" / "aigpu.yaml"))

        assert result.exit_code == 2
        assert "cannot be written" in error_of(result)[0]

    def test_every_option_has_its_place(self) -> None:
        words = (
            "--profile watch --mode taint --gpu-pools b,a --taint gpu-only=yes:NoSchedule --tolerate team tier "
            "--enforce --exempt-namespaces run-ai --with-device-plugin --with-monitoring azure-monitor"
        )

        result = show("--image", IMAGE, *words.split())

        assert yaml.safe_load(result.stdout) == build_list(
            AgentSettings(
                IMAGE,
                profile="watch",
                mode="taint",
                taint_key="gpu-only",
                gpu_pools=("a", "b"),
                tolerated=("team", "tier"),
                exempt_namespaces=("run-ai",),
                enforce=True,
                device_plugin=True,
                monitoring="azure-monitor",
            )
        )

    def test_monitoring_without_a_value_is_that_of_the_prometheus_operator(self) -> None:
        assert "monitoring.coreos.com/v1\n" in show("--image", IMAGE, "--with-monitoring").stdout

    def test_settings_fill_in_what_is_not_given(self) -> None:
        configured = {
            "AZURE_AIGPU_AGENT_IMAGE": IMAGE,
            "AZURE_AIGPU_TAINT": "gpu-only=yes:NoSchedule",
            "AZURE_AIGPU_MIN_DRIVER": "570.86.15",
        }

        result = show(env=configured)

        assert yaml.safe_load(result.stdout) == build_list(
            AgentSettings(IMAGE, taint_key="gpu-only", min_driver="570.86.15")
        )

    def test_without_an_image_it_is_refused_with_the_way_to_one(self) -> None:
        result = show()

        assert result.exit_code == 2
        head, below = error_of(result)
        assert "there is no default one" in head
        assert "docs/how-to/build-the-agent-image.md" in below
        assert "az config set aigpu.agent_image=" in below

    @pytest.mark.parametrize(
        "options",
        [
            ("--image", "aigpu-agent"),
            ("--image", IMAGE, "--gpu-pools", ","),
            ("--image", IMAGE, "--taint", "sku"),
            ("--image", IMAGE, "--tolerate", "team=vision"),
            ("--image", IMAGE, "--mode", "drain"),
            ("--image", IMAGE, "--profile", "root"),
        ],
        ids=lambda options: options[-2] + options[-1],
    )
    def test_what_is_not_of_the_form_is_bad_usage(self, options: tuple[str, ...]) -> None:
        result = show(*options)

        assert result.exit_code == 2
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("verb", ["install", "status", "uninstall"])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-g", "rg-train"), "was given without --cluster-name"),
        (("--cluster-name", "aks-train"), "was given without --resource-group"),
        ((*PLACE, "--kubeconfig", "x"), "were both given"),
        (("--via", "command-invoke"), "no cluster is named there"),
    ],
    ids=["group-alone", "cluster-alone", "two-clusters", "via-without-a-cluster"],
)
def test_a_cluster_is_named_in_one_way(verb: str, options: tuple[str, ...], told: str) -> None:
    confirmed = ("--yes",) if verb == "uninstall" else ()

    result = run_offline("aigpu", "agent", verb, *options, *confirmed)

    assert result.exit_code == 2
    assert told in error_of(result)[0]


class TestThroughAzure:
    """What AKS answers is recorded: a DaemonSet, and nothing else."""

    def status(self, azure: LocalAzure, *options: str) -> Result:
        return run(azure, "aigpu", "agent", "status", *PLACE, "--via", "command-invoke", *options)

    def play(self, azure: LocalAzure, answers: Mapping[str, object]) -> list[str]:
        asked: list[str] = []

        def answer(command: str, _: Mapping[str, str]) -> tuple[int, str]:
            asked.append(command)
            if command.startswith("kubectl get --ignore-not-found") and answers:
                return 0, json.dumps({"kind": "List", "items": list(installed.objects().values())})
            for path, body in answers.items():
                if command.strip("'").startswith(f"kubectl get --raw {path}"):
                    return 0, json.dumps(body)
            return 1, "Error from server (NotFound): the server could not find the requested resource"

        azure.world.subscription.clusters[0].run_command = answer
        return asked

    def play_all(self, azure: LocalAzure, objects: Mapping[Any, Any]) -> list[str]:
        pods = [installed.pod(number) for number in range(installed.NODES)]
        daemonsets = [objects[installed.DAEMONSET], objects[installed.PLUGIN]]
        return self.play(
            azure,
            {
                "/apis/apps/v1/namespaces/aigpu-system/daemonsets/aigpu-agent": objects[installed.DAEMONSET],
                "'/api/v1/namespaces/aigpu-system/pods?": {"metadata": {}, "items": pods},
                "'/api/v1/nodes?": {"metadata": {}, "items": [installed.node_body(number) for number in range(3)]},
                "'/apis/apps/v1/daemonsets?": {"metadata": {}, "items": daemonsets},
            },
        )

    def test_the_status_is_read_without_kubectl_and_without_credentials(self, azure: LocalAzure) -> None:
        asked = self.play_all(azure, installed.objects())

        result = self.status(azure)

        assert result.exit_code == 0, result.stderr
        assert result.data["image"] == installed.IMAGE
        assert result.data["reverseRule"] == "deny"
        assert len(asked) == 5
        assert not [request for request in azure.requests if "Credential" in request.path]

    def test_a_problem_shows_in_the_exit_code_in_the_table_and_on_stderr(self, azure: LocalAzure) -> None:
        objects = installed.objects()
        objects[installed.DAEMONSET]["metadata"]["generation"] = 3
        self.play_all(azure, objects)

        result = self.status(azure, "-o", "table")

        assert result.exit_code == 5
        assert "UNKNOWN AgentStarting" in result.stdout
        assert "generation 3, observed generation 2" in result.stderr

    def test_to_look_again_is_to_look_at_the_same_cluster(self, azure: LocalAzure) -> None:
        objects = installed.objects()
        objects[installed.DAEMONSET]["metadata"]["generation"] = 3
        self.play_all(azure, objects)

        (problem,) = self.status(azure).data["problems"]

        assert f"az aigpu agent status {' '.join(PLACE)} --via command-invoke;" in problem["nextStep"]

    def test_a_cluster_with_entra_id_gets_a_token_of_the_login(self, azure: LocalAzure) -> None:
        azure.world.subscription.clusters[0].properties["aadProfile"] = {"managed": True}
        self.play(azure, {})

        result = self.status(azure)

        assert result.exit_code == 3, result.stderr
        (sent, *_) = azure.recorded(method="POST")[-1:]
        assert sent.body["clusterToken"]

    def test_a_cluster_without_room_for_a_pod_is_told(self, azure: LocalAzure) -> None:
        result = self.status(azure)

        assert result.exit_code == 1
        assert "no pod could start" in result.stderr

    def test_without_the_right_it_is_named(self, azure: LocalAzure) -> None:
        azure.world.granted = {"Microsoft.ContainerService/managedClusters/read"}

        result = self.status(azure)

        assert result.exit_code == 1
        assert "Microsoft.ContainerService/managedClusters/runcommand/action" in result.stderr

    def test_a_cluster_that_is_not_there_is_not_found(self, azure: LocalAzure) -> None:
        place = ("-g", "rg-train", "--cluster-name", "aks-typo", "--via", "command-invoke")

        assert run(azure, "aigpu", "agent", "status", *place).exit_code == 3


class TestInstall:
    """The cluster is played: it takes everything, and has then what the test says."""

    def install(self, azure: LocalAzure, objects: Mapping[Any, Any]) -> Result:
        def answer(command: str, _: Mapping[str, str]) -> tuple[int, str]:
            if command.startswith("kubectl get --ignore-not-found"):
                return 0, json.dumps({"kind": "List", "items": list(objects.values())})
            if command == "kubectl get --raw /version":
                return 0, json.dumps({"major": "1", "minor": "34", "gitVersion": "v1.34.0"})
            if command.endswith("daemonsets/aigpu-agent"):
                return 0, json.dumps(objects[installed.DAEMONSET])
            return answer_of_an_empty_cluster(command)

        azure.world.subscription.clusters[0].run_command = answer
        return run(azure, "aigpu", "agent", "install", "--image", installed.IMAGE, *PLACE, "--via", "command-invoke")

    def test_what_was_applied_and_is_not_there_is_no_success(self, azure: LocalAzure) -> None:
        objects = installed.objects(AgentSettings(installed.IMAGE))
        del objects[installed.REVERSE_BINDING]

        result = self.install(azure, objects)

        assert result.exit_code == 4
        assert result.data["reverseRule"] == "absent"
        assert "CPU jobs may pass unseen" in " ".join(result.stderr.split())
        assert "The API server" not in result.stderr.partition("Follow it")[0]

    def test_what_is_there_is_said_of_the_rule(self, azure: LocalAzure) -> None:
        result = self.install(azure, installed.objects(AgentSettings(installed.IMAGE)))

        assert result.exit_code == 0, result.stderr
        assert "The API server warns of pods that target a GPU pool" in result.stderr

    def test_what_another_installation_left_there_is_no_success(self, azure: LocalAzure) -> None:
        result = self.install(azure, installed.objects())

        assert result.exit_code == 4
        assert "--mode=taint" in result.stderr


class TestUninstall:
    """The cluster is played: what deleting and reading answer."""

    def uninstall(self, azure: LocalAzure, answer: Callable[[str], tuple[int, str]]) -> Result:
        azure.world.subscription.clusters[0].run_command = lambda command, _: answer(command)
        return run(azure, "aigpu", "agent", "uninstall", "--yes", *PLACE, "--via", "command-invoke")

    def test_what_something_else_has_made_again_is_named_and_no_success(self, azure: LocalAzure) -> None:
        role = installed.objects()[(installed.RBAC, "ClusterRole", "", "aigpu-agent")]

        def answer(command: str) -> tuple[int, str]:
            if command.startswith("kubectl get --ignore-not-found"):
                return 0, json.dumps({"kind": "List", "items": [role]})
            return answer_of_an_empty_cluster(command)

        result = self.uninstall(azure, answer)

        assert result.exit_code == 1
        assert "this is there again or still: ClusterRole aigpu-agent." in error_of(result)[0]
        assert "GitOps" in error_of(result)[1]

    def test_halfway_it_says_how_to_go_on_and_never_that_nothing_is_installed(self, azure: LocalAzure) -> None:
        def answer(command: str) -> tuple[int, str]:
            if command.startswith("kubectl delete"):
                return 1, 'Error from server (NotFound): daemonsets "x" not found'
            return answer_of_an_empty_cluster(command)

        result = self.uninstall(azure, answer)

        assert result.exit_code == 1
        assert "The same command again goes on." in error_of(result)[1]
        assert "Removed" not in result.stderr

    def test_a_list_of_api_groups_that_is_none_deletes_nothing_and_is_no_success(self, azure: LocalAzure) -> None:
        result = self.uninstall(azure, lambda _: (0, "{}"))

        assert result.exit_code == 1
        assert "Removed" not in result.stderr


def answer_of_an_empty_cluster(command: str) -> tuple[int, str]:
    if command == "kubectl get --raw /apis":
        groups = [{"name": name, "versions": [{"version": "v1"}]} for name in ("apps", "batch")]
        return 0, json.dumps({"groups": groups})
    if command.startswith(("kubectl get --raw '/api/v1/nodes", "kubectl get --raw '/apis/apps/v1/daemonsets?")):
        return 0, json.dumps({"metadata": {}, "items": []})
    if command.startswith("kubectl get --raw"):
        return 1, "Error from server (NotFound): the server could not find the requested resource"
    return 0, ""


def test_an_answer_without_a_kubeconfig_is_told(azure: LocalAzure, tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text("#!/bin/sh\n", "utf-8")
    kubectl.chmod(0o755)
    azure.world.subscription.clusters[0].kubeconfig = "no kubeconfig"

    result = run(azure, "aigpu", "agent", "status", *PLACE, env={"AZURE_AIGPU_KUBECTL": str(kubectl)})

    assert result.exit_code == 1
    assert "kubeconfig is none" in error_of(result)[0]


def test_the_role_on_the_permissions_page_is_enough(azure: LocalAzure, tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text('#!/bin/sh\necho "Error from server (NotFound): not there" >&2\nexit 1\n', "utf-8")
    kubectl.chmod(0o755)
    cluster = azure.world.subscription.clusters[0]
    cluster.kubeconfig = yaml.safe_dump({"users": [{"name": "u", "user": {"token": "t"}}]})
    cluster.run_command = lambda *_: (1, "Error from server (NotFound): not there")
    azure.world.granted = role()
    env = {"AZURE_AIGPU_KUBECTL": str(kubectl)}

    codes = [
        run(azure, "aigpu", "agent", "status", *PLACE, *via, env=env).exit_code
        for via in ((), ("--via", "command-invoke"))
    ]

    assert codes == [3, 3]
    assert not [request for request in azure.requests if request.status == 403]
