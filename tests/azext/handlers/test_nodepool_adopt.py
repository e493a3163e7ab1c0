"""`az aigpu nodepool adopt`: intent for a pool of others. kubectl is a script here, a real one in tests/cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import Result
from tests.azext.export.documents import read_bicep, read_hcl
from tests.azext.handlers.commands import CONTRACT, CPU, T4, TAINT, error_of, nodepool, writes

pytestmark = pytest.mark.core

ONE_T4 = ("--gpu-model", "t4", "--gpu-count", "1")
KUBECTL = """#!/bin/sh
printf '%s\\n' "$*" >>"$0.calls"
case " $* " in
*" apply "*) cat >"$0.applied" ;;
*" get --raw "*) cat "$0.applied" ;;
esac
"""
NO_NAMESPACE = """#!/bin/sh
echo 'Error from server (NotFound): namespaces "aigpu-system" not found' >&2
exit 1
"""


def adopt(azure: LocalAzure, *options: str, size: str = T4, **properties: Any) -> Result:
    env = properties.pop("env", None)
    azure.world.add_pool("gpu", vmSize=size, count=1, **properties)
    return nodepool(azure, "adopt", *options, env=env)


@pytest.fixture
def kubectl(tmp_path: Path) -> Path:
    program = tmp_path / "kubectl"
    program.write_text(KUBECTL, "utf-8")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    "intent", [ONE_T4, ("--expect-size", T4), ("--expect-size", T4.upper())], ids=["gpus", "size", "size-in-capitals"]
)
def test_it_writes_the_configmap_and_changes_nothing(azure: LocalAzure, intent: tuple[str, ...]) -> None:
    result = adopt(azure, *intent)

    assert result.exit_code == 0, result.stderr
    document = yaml.safe_load(result.stdout)
    assert document["metadata"] == {"name": "aigpu-intent", "namespace": "aigpu-system"}
    assert json.loads(document["data"]["gpu"]) == CONTRACT
    assert "kubectl apply --server-side --field-manager=aigpu-adopt-gpu" in result.stderr
    assert writes(azure) == []


def test_terraform_lines_have_what_is_there_already(azure: LocalAzure) -> None:
    result = adopt(azure, *ONE_T4, "--format", "terraform", nodeLabels={"team": "vision"}, nodeTaints=["a=b:NoExecute"])

    assert read_hcl(result.stdout) == {
        "node_labels": {"team": "vision", **CONTRACT},
        "node_taints": [TAINT, "a=b:NoExecute"],
    }


def test_bicep_lines_are_properties(azure: LocalAzure) -> None:
    result = adopt(azure, *ONE_T4, "--format", "bicep")

    assert read_bicep(f"resource a 'b' = {{\n{result.stdout}}}")["a"]["nodeLabels"] == CONTRACT


@pytest.mark.parametrize(
    ("size", "options", "told"),
    [
        (CPU, ("--expect-size", CPU), "sku-is-cuda-gpu"),
        (CPU, ONE_T4, "sku-is-cuda-gpu"),
        (T4, ("--gpu-model", "a100", "--gpu-count", "1"), "sku-matches-intent"),
        (T4, ("--expect-size", "Standard_NC24ads_A100_v4"), f"its size is {T4}"),
    ],
    ids=["cpu-meant", "cpu", "model", "size"],
)
def test_a_pool_that_is_not_what_was_said_is_refused(
    azure: LocalAzure, size: str, options: tuple[str, ...], told: str
) -> None:
    result = adopt(azure, *options, size=size)

    assert result.exit_code == 1
    head, below = error_of(result)
    assert "nothing was written" in head
    assert told in below
    assert "source of the tool that owns it" in below
    assert "--node-vm-size" not in below, "adopt has no such option"


def test_a_label_of_its_own_that_says_something_else_is_refused(azure: LocalAzure) -> None:
    result = adopt(azure, *ONE_T4, nodeLabels={"aigpu.io/gpu-model": "a100-80gb"})

    assert result.exit_code == 1
    assert "aigpu.io/gpu-model" in error_of(result)[1]


def test_a_pool_that_declares_itself_is_told_to_win(azure: LocalAzure) -> None:
    result = adopt(azure, *ONE_T4, nodeLabels=CONTRACT)

    assert result.exit_code == 0
    assert "own labels declare its GPUs already" in result.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "was not said"),
        (("--gpu-model", "t4"), "was not said"),
        (("--gpu-count", "1"), "was not said"),
        ((*ONE_T4, "--apply", "--format", "bicep"), "--apply writes the ConfigMap"),
        ((*ONE_T4, "--kubeconfig", "x"), "nothing is applied"),
        ((*ONE_T4, "--apply", "--kubeconfig", "x", "--via", "command-invoke"), "goes through Azure"),
    ],
    ids=["nothing", "no-count", "no-model", "apply-of-lines", "place-without-apply", "two-ways"],
)
def test_what_is_not_said_or_not_clear_is_bad_usage(azure: LocalAzure, options: tuple[str, ...], told: str) -> None:
    result = adopt(azure, *options)

    assert result.exit_code == 2
    assert told in error_of(result)[0]


class TestApply:
    def test_only_the_key_of_this_pool_is_applied(self, azure: LocalAzure, kubectl: Path, tmp_path: Path) -> None:
        env = {"AZURE_AIGPU_KUBECTL": str(kubectl)}
        mine = tmp_path / "mine"
        mine.touch()

        result = adopt(azure, *ONE_T4, "--apply", "--kubeconfig", str(mine), env=env)

        assert result.exit_code == 0, result.stderr
        applied = json.loads(kubectl.with_name("kubectl.applied").read_text("utf-8"))
        assert list(applied["data"]) == ["gpu"]
        calls = kubectl.with_name("kubectl.calls").read_text("utf-8").splitlines()
        assert f"--kubeconfig={mine} apply --server-side --field-manager=aigpu-adopt-gpu -f -" in calls
        assert "The pool itself was not changed" in result.stderr
        assert writes(azure) == []

    def test_what_does_not_read_back_is_an_error(self, azure: LocalAzure, kubectl: Path) -> None:
        kubectl.write_text(KUBECTL.replace('cat "$0.applied"', "echo '{}'"), "utf-8")
        env = {"AZURE_AIGPU_KUBECTL": str(kubectl)}

        result = adopt(azure, *ONE_T4, "--apply", "--context", "aks", env=env)

        assert result.exit_code == 1
        assert "does not say what it should" in error_of(result)[0]

    def test_without_the_namespace_the_way_to_it_is_told(self, azure: LocalAzure, kubectl: Path) -> None:
        kubectl.write_text(NO_NAMESPACE, "utf-8")
        env = {"AZURE_AIGPU_KUBECTL": str(kubectl)}

        result = adopt(azure, *ONE_T4, "--apply", "--context", "aks", env=env)

        assert result.exit_code == 3
        assert "kubectl create namespace aigpu-system" in error_of(result)[1]

    def test_nothing_is_applied_for_a_pool_that_is_refused(self, azure: LocalAzure, kubectl: Path) -> None:
        env = {"AZURE_AIGPU_KUBECTL": str(kubectl)}

        result = adopt(azure, *ONE_T4, "--apply", "--context", "aks", size=CPU, env=env)

        assert result.exit_code == 1
        assert not kubectl.with_name("kubectl.calls").exists()
