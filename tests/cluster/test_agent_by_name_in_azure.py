"""`az aigpu agent` for a cluster that is named in Azure: the local Azure gives the way to a real API server."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE
from testbeds.cluster import Cluster
from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import Result, run
from tests.cluster.agent_commands import DAEMONSETS, IMAGE, Commands, error_of, installing, made

pytestmark = [pytest.mark.cluster, pytest.mark.core]


@pytest.fixture
def agent(cluster: Cluster, tmp_path: Path) -> Iterator[Commands]:
    with installing(cluster, tmp_path) as commands:
        yield commands


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    with LocalAzure() as local:
        yield local


def run_at(azure: LocalAzure, agent: Commands, verb: str, *options: str) -> Result:
    place = ("-g", "rg-train", "--cluster-name", "aks-train")
    return run(azure, "aigpu", "agent", verb, *place, *options, env=agent.env)


def give(azure: LocalAzure, agent: Commands, user: Mapping[str, Any] | None = None) -> None:
    document = yaml.safe_load(agent.cluster.kubeconfig().read_text("utf-8"))
    if user is not None:
        document["users"][0]["user"] = user
    azure.world.subscription.clusters[0].kubeconfig = yaml.safe_dump(document)


def kubelogin(agent: Commands, script: str) -> None:
    folder = agent.folder / "bin"
    folder.mkdir()
    program = folder / "kubelogin"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    agent.env["PATH"] = f"{folder}:/usr/bin:/bin"


def test_the_users_own_credentials_are_used_and_nothing_of_them_is_left(azure: LocalAzure, agent: Commands) -> None:
    give(azure, agent)

    result = run_at(azure, agent, "install", *IMAGE)

    assert result.exit_code == 0, result.stderr
    asked = [request.path.rpartition("/")[2] for request in azure.recorded(method="POST")]
    assert "listClusterUserCredential" in asked
    assert not [one for one in asked if "Admin" in one]
    assert not list(agent.folder.glob("*.kubeconfig"))
    assert "once az aigpu scan -g rg-train --cluster-name aks-train finds none" in result.stderr


def test_the_pools_that_azure_knows_are_named(azure: LocalAzure, agent: Commands) -> None:
    azure.world.add_pool("gpupool", vmSize="Standard_NC4as_T4_v3", count=1)
    give(azure, agent)

    run_at(azure, agent, "install", *IMAGE)

    assert "gpupool" in json.dumps(agent.get(f"{DAEMONSETS.format(NAMESPACE)}/{AGENT}")["spec"])


def test_pools_that_azure_does_not_tell_are_no_success(azure: LocalAzure, agent: Commands) -> None:
    give(azure, agent)
    aks = "Microsoft.ContainerService/managedClusters"
    azure.world.granted = {f"{aks}/read", f"{aks}/listClusterUserCredential/action"}

    unknown = run_at(azure, agent, "install", *IMAGE)
    named = run_at(azure, agent, "install", *IMAGE, "--gpu-pools", "gpu1")

    assert unknown.exit_code == 5
    assert "UNKNOWN: " in unknown.stderr
    assert "agentPools/read" in unknown.stderr
    assert named.exit_code == 0, named.stderr


def test_kubelogin_takes_the_login_of_az(azure: LocalAzure, agent: Commands) -> None:
    token = agent.cluster.as_service_account("default", "default").token
    bound = {
        "metadata": {"name": "aigpu-test-reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "default"}],
    }
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "status": {"token": token},
    }
    kubelogin(agent, f"echo \"$@\" > {agent.folder}/asked\ncat <<'END'\n{json.dumps(answer)}\nEND")
    give(azure, agent, entra())

    with made(agent.cluster, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", bound):
        result = run_at(azure, agent, "install", *IMAGE)

    assert result.exit_code == 0, result.stderr
    asked = (agent.folder / "asked").read_text("utf-8").split()
    assert asked == ["get-token", "--login", "azurecli", "--server-id", "6dae42f8"]


def test_without_kubelogin_it_is_said_how_to_get_it(azure: LocalAzure, agent: Commands) -> None:
    agent.env["PATH"] = "/nowhere"
    give(azure, agent, entra())

    result = run_at(azure, agent, "status")

    assert result.exit_code == 1
    assert "needs the program kubelogin" in error_of(result)
    assert "az aks install-cli" in result.stderr


def test_a_private_cluster_that_does_not_answer_is_told_of_the_way_through_azure(
    azure: LocalAzure, agent: Commands
) -> None:
    give(azure, agent)
    kubeconfig = azure.world.subscription.clusters[0].kubeconfig or ""
    azure.world.subscription.clusters[0].kubeconfig = kubeconfig.replace(
        agent.cluster.access.server, "https://127.0.0.1:9"
    )

    result = run_at(azure, agent, "status")

    assert result.exit_code == 1
    assert "--via command-invoke" in error_of(result)


def test_without_the_right_to_the_credentials_it_is_named(azure: LocalAzure, agent: Commands) -> None:
    azure.world.granted = {"Microsoft.ContainerService/managedClusters/agentPools/read"}

    result = run_at(azure, agent, "status")

    assert result.exit_code == 1
    assert "listClusterUserCredential/action" in error_of(result)


def test_through_azure_into_the_cluster(azure: LocalAzure, agent: Commands) -> None:
    """AKS's side is played: the command runs here, with the files that came, as it would there."""
    seen: list[str] = []

    def play(command: str, files: Mapping[str, str]) -> tuple[int, str]:
        seen.append(command)
        _, *arguments = command.split(" ")
        stdin = files.get("stdin.json")
        given = [("-" if one == "stdin.json" else one).strip("'") for one in arguments]
        done = agent.cluster.kubectl(*given, stdin=stdin)
        return done.returncode, done.stdout + done.stderr

    azure.world.subscription.clusters[0].run_command = play

    installed = run_at(azure, agent, "install", "--via", "command-invoke", *IMAGE)
    missing = run_at(azure, agent, "uninstall", "--yes", "--via", "command-invoke")

    assert installed.exit_code == 0, installed.stderr
    assert missing.exit_code == 0, missing.stderr
    assert all(command.startswith("kubectl ") for command in seen)
    assert not [request for request in azure.requests if "Credential" in request.path]


def entra() -> dict[str, Any]:
    """The user of a cluster that signs in by Microsoft Entra ID, as AKS writes it."""
    arguments = ["get-token", "--environment", "AzurePublicCloud", "--server-id", "6dae42f8", "--client-id", "80faf920"]
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "kubelogin",
            "args": [*arguments, "--tenant-id", "t", "--login", "devicecode"],
            "interactiveMode": "IfAvailable",
        }
    }
