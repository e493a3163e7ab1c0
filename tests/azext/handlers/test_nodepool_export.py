"""`az aigpu nodepool export`: documents of pools that run, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.world import Reservation
from tests.azext.core.harness import Result, run
from tests.azext.export.documents import BODIES, read_bicep, read_hcl
from tests.azext.handlers.commands import CPU, T4, add, error_of, nodepool, put_our_pool, sent, writes

pytestmark = pytest.mark.core

FORMATS = ("spec", "terraform", "bicep", "karpenter")


def export(azure: LocalAzure, *options: str, **named: Any) -> Result:
    return nodepool(azure, "export", *options, **named)


@pytest.mark.parametrize("name", BODIES)
def test_the_spec_of_a_pool_plans_to_no_change(azure: LocalAzure, name: str, tmp_path: Path) -> None:
    azure.world.subscription.reservations["held"] = [Reservation(T4, 4)]
    azure.world.add_pool("gpu", **BODIES[name])
    file = str(tmp_path / "gpu.yaml")

    exported = export(azure, "--file", file)
    planned = run(azure, "aigpu", "nodepool", "plan", "--file", file, "--exit-code")

    assert (exported.exit_code, exported.stdout) == (0, ""), exported.stderr
    assert planned.exit_code == 0, planned.stderr
    assert [step["action"] for step in planned.data["steps"]] == ["unchanged"]


def test_a_pool_that_add_made_plans_to_no_change(azure: LocalAzure, tmp_path: Path) -> None:
    assert add(azure, "--labels", "team=vision", "--tags", "cost-center=ml").exit_code == 0
    file = str(tmp_path / "gpu.yaml")
    export(azure, "--file", file)

    planned = run(azure, "aigpu", "nodepool", "plan", "--file", file, "--exit-code")

    assert planned.exit_code == 0, planned.stderr


def test_bicep_has_the_body_that_add_sent(azure: LocalAzure) -> None:
    assert add(azure, "--drain-timeout", "120").exit_code == 0
    asked = sent(azure)

    made = read_bicep(export(azure, "--format", "bicep").stdout)["pool"]["properties"]

    implied = {"type", "osType"}
    merged = {path: value for path, value in asked.items() if path not in {*implied, "upgradeSettings"}}
    assert {path: made.get(path) for path in merged} == merged
    assert made["upgradeSettings"]["drainTimeoutInMinutes"] == 120


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_written_to_azure(azure: LocalAzure, form: str) -> None:
    put_our_pool(azure)

    result = export(azure, "--format", form)

    assert result.exit_code == 0, result.stderr
    assert result.stdout
    assert writes(azure) == []


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_left_out_is_told_and_stands_in_the_document(azure: LocalAzure, form: str) -> None:
    put_our_pool(azure)

    result = export(azure, "--format", form)

    assert "Left out: kubernetesVersion" in result.stderr
    assert "Left out: kubernetesVersion" in result.stdout


class TestRefusals:
    @pytest.mark.parametrize("form", FORMATS)
    def test_a_cpu_pool_that_says_it_has_gpus_is_not_made_again(self, azure: LocalAzure, form: str) -> None:
        azure.world.add_pool("gpu", vmSize=CPU, count=1, nodeLabels={"hardware": "gpu"})

        result = export(azure, "--format", form)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert "was refused" in head
        assert f"{CPU}" in below
        assert "sku-is-cuda-gpu" in below

    def test_a_size_is_no_intent(self, azure: LocalAzure) -> None:
        azure.world.add_pool("gpu", vmSize=T4, count=1)

        result = export(azure)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert "Nobody wrote down" in head
        assert "--gpu-model MODEL --gpu-count N" in below

    def test_with_the_users_word_it_is_exported_with_it(self, azure: LocalAzure) -> None:
        azure.world.add_pool("gpu", vmSize=T4, count=1)

        result = export(azure, "--gpu-model", "t4", "--gpu-count", "1")

        assert result.exit_code == 0, result.stderr
        assert "Added, as the pool has not got them: labels" in result.stderr
        assert yaml.safe_load(result.stdout)["spec"]["gpuModel"] == "t4"

    @pytest.mark.parametrize("given", [("a100", "1"), ("t4", "4")], ids=["model", "count"])
    def test_a_word_that_the_size_contradicts_is_refused(self, azure: LocalAzure, given: tuple[str, str]) -> None:
        azure.world.add_pool("gpu", vmSize=T4, count=1)

        result = export(azure, "--gpu-model", given[0], "--gpu-count", given[1])

        assert result.exit_code == 1
        assert "sku-matches-intent" in error_of(result)[1]

    @pytest.mark.parametrize("named", [{"name": "nope"}, {"cluster": "nope"}], ids=["pool", "cluster"])
    def test_what_is_not_there_is_not_found(self, azure: LocalAzure, named: dict[str, str]) -> None:
        assert export(azure, **named).exit_code == 3

    def test_a_file_that_cannot_be_written_is_named(self, azure: LocalAzure, tmp_path: Path) -> None:
        put_our_pool(azure)

        result = export(azure, "--file", str(tmp_path / "no" / "gpu.yaml"))

        assert result.exit_code == 2
        assert "cannot be written" in result.stderr


class TestClone:
    SUBNET = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/nodes"

    def test_what_belongs_to_the_old_region_is_named(self, azure: LocalAzure) -> None:
        put_our_pool(azure, availabilityZones=["1"], vnetSubnetID=self.SUBNET)

        result = export(azure, "--format", "terraform", "--location", "West Europe")

        assert result.exit_code == 0, result.stderr
        assert "Left out: zones, of eastus: 1." in result.stderr
        assert f"Left out: vnetSubnetId, of eastus: {self.SUBNET}." in result.stderr
        assert "Cost: 1 x Standard_NC4as_T4_v3" in result.stderr
        (resource,) = read_hcl(result.stdout)["resource"]
        assert not {"zones", "vnet_subnet_id"} & resource["azurerm_kubernetes_cluster_node_pool"]["gpu"].keys()

    @pytest.mark.parametrize("form", FORMATS)
    def test_a_region_without_the_size_is_refused(self, azure: LocalAzure, form: str) -> None:
        put_our_pool(azure)
        azure.world.subscription.restrict("westeurope", T4)

        result = export(azure, "--format", form, "--location", "westeurope")

        assert result.exit_code == 1
        head, below = error_of(result)
        assert "it could not be made in westeurope" in head
        assert "sku-available" in below

    def test_a_region_without_the_quota_is_refused(self, azure: LocalAzure) -> None:
        put_our_pool(azure)
        azure.world.subscription.set_quota("westeurope", "Standard NCASv3_T4 Family", 0)

        result = export(azure, "--location", "westeurope")

        assert result.exit_code == 1
        assert "quota" in error_of(result)[1]

    def test_its_own_nodes_do_not_count_in_the_other_region(self, azure: LocalAzure) -> None:
        # The old pool's nodes need no quota any more; those of the clone do.
        put_our_pool(azure, count=2)
        azure.world.subscription.set_quota("westeurope", "Standard NCASv3_T4 Family", 4)

        result = export(azure, "--location", "westeurope")

        assert result.exit_code == 1
        assert "quota" in error_of(result)[1]

    def test_what_could_not_be_judged_is_no_pass(self, azure: LocalAzure) -> None:
        put_our_pool(azure)
        aks = "Microsoft.ContainerService/managedClusters"
        azure.world.granted = {f"{aks}/read", f"{aks}/agentPools/read"}

        result = export(azure, "--location", "westeurope")

        assert result.exit_code == 5, result.stderr
        assert "Microsoft.Compute/locations/usages/read" in result.stderr
        assert "could not be judged" in result.stderr

    def test_a_mistyped_region_is_bad_usage(self, azure: LocalAzure) -> None:
        put_our_pool(azure)

        result = export(azure, "--location", "westeurop")

        assert result.exit_code == 2
        head, below = error_of(result)
        assert head == "--location: the subscription has no region 'westeurop'."
        assert "Did you mean westeurope" in below

    def test_in_its_own_region_nothing_is_left_out(self, azure: LocalAzure) -> None:
        put_our_pool(azure, availabilityZones=["1"])

        result = export(azure, "--location", "eastus", "--format", "bicep")

        assert result.exit_code == 0, result.stderr
        assert read_bicep(result.stdout)["pool"]["properties"]["availabilityZones"] == ["1"]


def test_every_resource_of_the_spec_is_in_the_subscription_in_use(azure: LocalAzure) -> None:
    put_our_pool(azure)

    cluster = yaml.safe_load(export(azure).stdout)["spec"]["cluster"]

    assert cluster.split("/")[2] == azure.world.subscription.id
    assert json.dumps(cluster).isascii()


def test_for_karpenter_a_number_of_nodes_that_azure_does_not_tell_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure).properties.pop("count")
    file = tmp_path / "karpenter.yaml"

    result = export(azure, "--format", "karpenter", "--file", str(file))

    assert (result.exit_code, file.exists()) == (1, False)
    assert "does not say how many nodes pool 'gpu' may have, so its NodePool would have no limit" in error_of(result)[0]
