"""`az aigpu sku find`, `policy` and `vm create` as a user runs them: the whole `az`, allowed and denied."""

from __future__ import annotations

import pytest

from testbeds.local_azure import LocalAzure
from tests.e2e.az import CLUSTER, CPU, T4, Az

pytestmark = pytest.mark.az

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfalse somebody"


def test_a_gpu_is_found_and_found_again_in_what_was_kept(azure: LocalAzure, az: Az) -> None:
    find = ("aigpu", "sku", "find", "--gpu-model", "t4", "--gpu-count", "1", "-l", "eastus", "westeurope")
    first = az.read(*find)
    second = az.read(*find)

    assert {row["region"] for row in first} == {"eastus", "westeurope"}
    assert [row["readAt"] for row in first] == [row["readAt"] for row in second]
    assert len(azure.recorded(route="skus")) == 2


def test_a_mistyped_region_is_named_with_the_nearest_ones(azure: LocalAzure, az: Az) -> None:
    done = az.run("aigpu", "sku", "find", "--gpu-model", "t4", "-l", "westus9")

    assert (done.returncode, done.stdout) == (2, "")
    assert "the subscription has no region 'westus9'" in done.stderr
    assert "Did you mean westus or " in done.stderr
    assert azure.recorded(route="skus") == []


def test_a_policy_refuses_the_founding_typo_until_it_is_deleted(azure: LocalAzure, az: Az) -> None:
    assert len(az.read("aigpu", "policy", "show")) == 4
    refused = az.run("aigpu", "policy", "create", "--effect", "Deny", "--gpu-pool-names", "gpu*")
    assert (refused.returncode, azure.world.policies.assignments) == (1, {})
    assert "Add --yes" in refused.stderr
    az.read("aigpu", "policy", "create", "--effect", "Deny", "--gpu-pool-names", "gpu*", "--yes")
    assert {row["effect"] for row in az.read("aigpu", "policy", "list") if row["kind"] == "assignment"} == {"Deny"}

    typo = ("aks", "nodepool", "add", *CLUSTER, "-n", "gpupool", "-c", "1", "-s")
    denied = az.run(*typo, CPU)
    assert denied.returncode == 1
    assert "RequestDisallowedByPolicy" in denied.stderr
    assert az.run(*typo, T4).returncode == 0

    assert az.run("aigpu", "policy", "delete", "--yes").returncode == 0
    assert az.run("aks", "nodepool", "add", *CLUSTER, "-n", "gpu2", "-c", "1", "-s", CPU).returncode == 0


def test_a_machine_is_made_and_a_cpu_size_is_not(azure: LocalAzure, az: Az) -> None:
    create = ("aigpu", "vm", "create", "-g", "rg-train", "-n", "gpu1", "--ssh-key-values", KEY, "--size")
    refused = az.run(*create, CPU)
    assert (refused.returncode, azure.requests) == (1, [])

    made = az.read(*create, T4)
    assert made["aigpu"]["proveWith"].startswith(f"aigpu-agent check --expect-vm-size {T4}")
    assert [machine.size for machine in azure.world.subscription.machines] == [T4]
