"""The unmodified `az` in processes of its own, signed in to the test bed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.environment import build_variables, write_version_check
from tests.testbeds.local_azure.calls import A100, CPU

pytestmark = pytest.mark.az

CLUSTER = ("-g", "rg-train", "--cluster-name", "aks-train")


class Az:
    """`az` with the environment of a test."""

    def __init__(self, environment: dict[str, str]) -> None:
        beside = Path(sys.executable).with_name("az")
        self.program = str(beside) if beside.exists() else shutil.which("az") or "az"
        self.environment = environment

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def read(self, *arguments: str) -> Any:
        """Run one command that must succeed; gives its JSON."""
        done = self.run(*arguments, "-o", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null")


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    with LocalAzure() as running:
        yield running


@pytest.fixture
def az(azure: LocalAzure, tmp_path: Path) -> Az:
    return Az(azure.environment(tmp_path))


def test_the_commands_of_the_manual_sign_in(azure: LocalAzure, tmp_path: Path) -> None:
    write_version_check(tmp_path / "azure")
    az = Az({**azure.environment(tmp_path / "unused"), **build_variables(azure, tmp_path)})
    assert az.run("cloud", "register", "-n", "Here", "--endpoint-resource-manager", azure.url).returncode == 0
    assert az.run("cloud", "set", "-n", "Here").returncode == 0
    (account,) = az.read("login", "--identity")
    assert (account["name"], account["environmentName"]) == ("aigpu local", "Here")
    assert [recorded.route for recorded in azure.requests][:1] == ["metadata"]


def test_without_any_login_command_az_is_signed_in(azure: LocalAzure, az: Az) -> None:
    names = [cluster["name"] for cluster in az.read("aks", "list")]
    assert names == ["aks-train", "aks-nap", "aks-stopped", "aks-west"]
    assert {recorded.status for recorded in azure.requests} == {200}


def test_azure_says_yes_to_a_cpu_pool_that_is_called_gpu(azure: LocalAzure, az: Az) -> None:
    pool = ("aks", "nodepool", "add", *CLUSTER, "-n", "gpu", "--node-vm-size", CPU, "--node-count", "2")
    made = az.read(*pool, "--labels", "hardware=gpu", "--node-taints", "sku=gpu:NoSchedule")
    assert (made["provisioningState"], made["vmSize"], made["nodeTaints"]) == ("Succeeded", CPU, ["sku=gpu:NoSchedule"])
    assert [entry["name"] for entry in az.read("aks", "nodepool", "list", *CLUSTER)] == ["system", "gpu"]
    assert az.read("aks", "nodepool", "show", *CLUSTER, "-n", "gpu")["nodeLabels"] == {"hardware": "gpu"}
    assert az.run("aks", "nodepool", "delete", *CLUSTER, "-n", "gpu").returncode == 0
    assert azure.world.cluster().pools.keys() == {"system"}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param("allocation-failed", "AllocationFailed", id="failed-operation"),
        pytest.param("insufficient-vcpu-quota", "ErrCode_InsufficientVCPUQuota", id="flat-body"),
    ],
)
def test_az_reports_the_code_of_a_fault(azure: LocalAzure, az: Az, fault: str, code: str) -> None:
    azure.faults.inject(fault)
    done = az.run("aks", "nodepool", "add", *CLUSTER, "-n", "gpu", "--node-vm-size", A100, "--node-count", "1")
    assert done.returncode == 1
    assert f"({code})" in done.stderr


def test_quotas_are_read_by_az(az: Az) -> None:
    usages = {entry["name"]["value"]: entry for entry in az.read("vm", "list-usage", "-l", "eastus")}
    assert usages["StandardNCADSA100v4Family"]["limit"] == "48"
