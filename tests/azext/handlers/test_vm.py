"""`az aigpu vm create`: what it makes, and the template that it sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import run, run_offline
from tests.azext.handlers.commands import A100, T4
from tests.azext.handlers.machines import KEY, VM, create, deployed

pytestmark = pytest.mark.core


def resources(template: Any) -> dict[str, Any]:
    return {one["type"].rpartition("/")[2]: one for one in template["resources"]}


class TestMade:
    def test_a_machine_is_validated_made_and_read_back(self, azure: LocalAzure) -> None:
        result = create(azure, "--tags", "cost-center=ml")

        assert result.exit_code == 0, result.stderr
        assert deployed(azure)[:2] == ["deployment-validate", "deployment-put"]
        made = result.data
        assert made["properties"]["hardwareProfile"]["vmSize"] == T4
        assert made["tags"] == {"cost-center": "ml", "hardware": "gpu", "gpu-type": "nvidia", "aigpu-spec": "gpu1"}
        assert made["aigpu"]["driverExtension"] == "Succeeded"
        assert (
            made["aigpu"]["proveWith"] == f"aigpu-agent check --expect-vm-size {T4} --expect-gpus 1 --expect-model t4"
        )
        assert "Cost: 1 x Standard_NC4as_T4_v3 x $0.526/h" in result.stderr

    def test_it_has_a_key_a_premium_disk_and_nothing_public(self, azure: LocalAzure) -> None:
        create(azure)

        body = azure.world.subscription.machines[0].body["properties"]
        assert body["osProfile"]["linuxConfiguration"]["disablePasswordAuthentication"] is True
        assert body["osProfile"]["linuxConfiguration"]["ssh"]["publicKeys"][0]["keyData"] == KEY
        assert "adminPassword" not in body["osProfile"]
        disk = body["storageProfile"]["osDisk"]
        assert (disk["managedDisk"]["storageAccountType"], disk["diskSizeGB"], disk["deleteOption"]) == (
            "Premium_LRS", 256, "Delete"
        )  # fmt: skip
        (put,) = azure.recorded(route="deployment-put")
        template = resources(put.body["properties"]["template"])
        assert "publicIPAddresses" not in template
        assert template["networkSecurityGroups"]["properties"]["securityRules"] == []

    def test_the_size_may_be_found_by_its_gpus_and_the_region_named(self, azure: LocalAzure) -> None:
        result = run(azure, *VM, "--gpu-model", "a100", "--gpu-count", "1", "-l", "West Europe")

        assert result.exit_code == 0, result.stderr
        assert (result.data["aigpu"]["size"], result.data["location"]) == (A100, "westeurope")

    def test_a_region_that_is_not_there_is_named_with_those_that_are_near(self, azure: LocalAzure) -> None:
        result = create(azure, "-l", "eastuss")

        assert result.exit_code == 2
        assert "the subscription has no region 'eastuss'" in result.stderr
        assert "Did you mean eastus" in result.stderr
        assert deployed(azure) == []

    def test_findings_about_a_machine_do_not_call_it_a_pool(self, azure: LocalAzure) -> None:
        untagged = create(azure, "--dry-run")
        dear = create(azure, "--max-hourly-cost", "0.1")

        assert "required-tags: no tag says who pays for it" in untagged.stderr
        assert "hourly-cost: it may cost more an hour than the limit allows" in dear.stderr
        assert "pool" not in untagged.stderr + dear.stderr

    def test_a_spot_machine_is_asked_for_as_one(self, azure: LocalAzure) -> None:
        result = create(azure, "--priority", "Spot", "--spot-max-price", "0.3", "-o", "json")

        assert result.exit_code == 0, result.stderr
        properties = azure.world.subscription.machines[0].body["properties"]
        assert (properties["priority"], properties["billingProfile"]) == ("Spot", {"maxPrice": 0.3})
        assert "spot" in result.stderr

    def test_the_table_is_one_line(self, azure: LocalAzure) -> None:
        result = create(azure, "-o", "table")

        assert result.stdout.splitlines()[0].split() == [
            "Name",
            "Region",
            "Size",
            "GPU",
            "Driver",
            "Extension",
            "Price/h",
        ]


class TestTemplate:
    def test_a_dry_run_prints_it_and_sends_nothing(self, azure: LocalAzure) -> None:
        result = create(azure, "--dry-run", "--ssh-source", "203.0.113.7", "--zone", "1", "--driver-version", "535.161")

        assert result.exit_code == 0, result.stderr
        assert deployed(azure) == []
        template = resources(result.data)
        rule = template["networkSecurityGroups"]["properties"]["securityRules"][0]["properties"]
        assert (rule["sourceAddressPrefix"], rule["destinationPortRange"]) == ("203.0.113.7/32", "22")
        assert template["virtualMachines"]["zones"] == ["1"]
        extension = template["extensions"]["properties"]
        assert (extension["publisher"], extension["type"]) == ("Microsoft.HpcCompute", "NvidiaGpuDriverLinux")
        assert extension["settings"] == {"driverVersion": "535.161"}

    def test_what_it_prints_is_what_is_sent(self, azure: LocalAzure) -> None:
        dry = create(azure, "--dry-run").data
        create(azure)

        for route in ("deployment-validate", "deployment-put"):
            (request,) = azure.recorded(route=route)
            assert request.body["properties"] == {"mode": "Incremental", "template": dry}

    def test_a_subnet_of_ones_own_makes_no_network(self, azure: LocalAzure) -> None:
        subnet = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/default"
        template = resources(create(azure, "--dry-run", "--subnet-id", subnet).data)

        assert template.keys() == {"networkInterfaces", "virtualMachines", "extensions"}
        primary = template["networkInterfaces"]["properties"]["ipConfigurations"][0]["properties"]
        expected = "[resourceId('s', 'g', 'Microsoft.Network/virtualNetworks/subnets', 'v', 'default')]"
        assert primary["subnet"] == {"id": expected}

    def test_its_own_network_has_a_way_out_for_the_driver(self, azure: LocalAzure) -> None:
        template = resources(create(azure, "--dry-run").data)

        (subnet,) = template["virtualNetworks"]["properties"]["subnets"]
        assert subnet["properties"]["defaultOutboundAccess"] is True

    def test_our_own_check_passes_it(self, azure: LocalAzure, tmp_path: Path) -> None:
        import json

        file = tmp_path / "vm.json"
        file.write_text(json.dumps(create(azure, "--dry-run", "--tags", "cost-center=ml").data), "utf-8")

        result = run_offline("aigpu", "check", "--template", str(file))

        assert result.exit_code == 0, result.stderr
        assert result.data["verdict"] in ("PASS", "WARN")
