"""`az aigpu vm create`: refused, dry, made; what Azure refuses; what it makes otherwise than asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.exchange import ArmError
from testbeds.local_azure.fault_effects import Answer, DropBefore, Effect, FailOperation, Fault
from testbeds.local_azure.faults import Injected
from testbeds.local_azure.providers import deployments
from testbeds.local_azure.world import Machine, Subscription
from tests.azext.core.harness import Result, run, run_offline
from tests.azext.handlers.commands import A100, CPU, T4, error_of, put_our_pool

pytestmark = pytest.mark.core

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfalseKeyOfATestThatNobodyHas somebody"
VM = ("aigpu", "vm", "create", "-g", "rg-train", "-n", "gpu1", "--ssh-key-values", KEY)


def create(azure: LocalAzure, *arguments: str, size: str = T4) -> Result:
    return run(azure, *VM, "--size", size, *arguments)


def deployed(azure: LocalAzure) -> list[str]:
    return [request.route for request in azure.recorded() if request.route.startswith("deployment")]


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


class TestRefused:
    @pytest.mark.parametrize(
        ("size", "arguments", "told"),
        [
            pytest.param(CPU, (), "no GPU", id="founding-cpu"),
            pytest.param("Standard_NC6s_v3", (), "retired", id="founding-retired"),
            pytest.param("Standard_ND96isr_MI300X_v5", (), "amd", id="amd"),
            pytest.param("Standard_NV6ads_A10_v5", (), "fractional-gpu", id="part-of-a-gpu"),
            pytest.param(A100, ("--gpu-model", "h100"), "h100", id="another-model"),
            pytest.param(A100, ("--gpu-count", "8"), "8", id="another-count"),
            pytest.param("Standard_NCC40ads_H100_v5", (), "driver extension", id="no-driver-line"),
            pytest.param("Standard_ND128isr_NDR_GB200_v6", (), "Arm", id="arm"),
        ],
    )
    def test_a_wrong_size_never_reaches_azure(
        self, azure: LocalAzure, size: str, arguments: tuple[str, ...], told: str
    ) -> None:
        result = create(azure, *arguments, size=size)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert head == "Virtual machine 'gpu1' was refused; nothing was sent to Azure."
        assert told.lower() in below.lower()
        assert azure.requests == []

    @pytest.mark.parametrize(
        ("prepare", "arguments", "told"),
        [
            pytest.param(lambda sub: sub.restrict("eastus", T4), (), "restricted in eastus", id="restricted"),
            pytest.param(lambda sub: sub.set_quota("eastus", "cores", 2), (), "do not fit the vCPU quota", id="quota"),
            pytest.param(lambda _: None, ("--max-hourly-cost", "0.1"), "cost more an hour", id="cost"),
            pytest.param(lambda _: None, ("-l", "westcentralus"), "not offered in westcentralus", id="region"),
        ],
    )
    def test_what_the_region_does_not_give_is_refused_before_a_write(
        self, azure: LocalAzure, prepare: Any, arguments: tuple[str, ...], told: str
    ) -> None:
        prepare(azure.world.subscription)

        result = create(azure, *arguments)

        assert result.exit_code == 1
        assert told in error_of(result)[1]
        assert deployed(azure) == []

    def test_required_tags_of_the_settings_hold(self, azure: LocalAzure) -> None:
        result = run(azure, *VM, "--size", T4, env={"AZURE_AIGPU_REQUIRED_TAGS": "owner"})

        assert result.exit_code == 1
        assert "owner" in error_of(result)[1]

    def test_a_waiver_is_kept_as_a_tag(self, azure: LocalAzure) -> None:
        result = create(azure, "--waive", "fractional-gpu=notebooks", size="Standard_NV6ads_A10_v5")

        assert result.exit_code == 0, result.stderr
        assert result.data["tags"]["aigpu-waive-fractional-gpu"] == "notebooks"

    def test_a_machine_of_that_name_is_left_alone(self, azure: LocalAzure) -> None:
        assert create(azure).exit_code == 0

        again = create(azure, size=T4)

        assert again.exit_code == 1
        assert "is there already" in error_of(again)[0]
        assert len(azure.recorded(route="deployment-put")) == 1

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            pytest.param(("--ssh-source", "0.0.0.0/0"), "in particular", id="everybody"),
            pytest.param(("--ssh-source", "*"), "in particular", id="star"),
            pytest.param(("--admin-username", "root"), "cannot be the name", id="root"),
            pytest.param(("--name", "gpu_1"), "not a name", id="name"),
            pytest.param(("--os-disk-size-gb", "20"), "--os-disk-size-gb", id="disk"),
            pytest.param(("--spot-max-price", "1"), "only for spot", id="spot-price"),
            pytest.param(("--subnet-id", "default"), "--subnet-id", id="subnet"),
            pytest.param(("--ssh-key-values", "nowhere.pub"), "neither a public SSH key nor a file", id="no-key"),
        ],
    )
    def test_what_is_not_understood_is_bad_usage(
        self, azure: LocalAzure, arguments: tuple[str, ...], told: str
    ) -> None:
        result = create(azure, *arguments)

        assert result.exit_code == 2
        assert told in " ".join(error_of(result))
        assert azure.requests == []

    def test_a_private_key_is_told_and_not_sent(self, azure: LocalAzure, tmp_path: Path) -> None:
        file = tmp_path / "id_ed25519"
        file.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n-----END OPENSSH PRIVATE KEY-----\n", "utf-8")

        result = create(azure, "--ssh-key-values", str(file))

        assert result.exit_code == 2
        assert "a private key; it was not sent" in error_of(result)[0]
        assert "secret" not in result.stderr


class TestAzureRefuses:
    def test_a_policy_is_told_by_its_own_words(self, azure: LocalAzure) -> None:
        run(azure, "aigpu", "policy", "create", "--effect", "Deny", "--required-tags", "owner", "--yes")

        result = create(azure)

        assert result.exit_code == 1
        assert "A machine with GPUs must carry the tag owner" in error_of(result)[0]
        assert "before anything was made" in error_of(result)[1]
        assert azure.recorded(route="deployment-put") == []
        assert create(azure, "--tags", "owner=ml").exit_code == 0

    def test_a_lack_of_capacity_is_told_as_such(self, azure: LocalAzure) -> None:
        error = ArmError(409, "DeploymentFailed", "At least one resource deployment operation failed.", details=[
            {"code": "AllocationFailed", "message": "We do not have sufficient capacity for the requested VM size."}
        ])  # fmt: skip
        fault = Fault("no-room", ("deployment-put",), FailOperation(error), "no room")
        azure.faults.injected.append(Injected(fault, fault.effect))

        result = create(azure)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert head.startswith("The deployment of virtual machine 'gpu1' failed: Azure has no free machines")
        assert "AllocationFailed" in head
        assert "--try-zones" not in below
        assert "There is no machine 'gpu1'. Of its network there may be: gpu1-nsg, gpu1-vnet, gpu1-nic;" in below
        assert "az deployment group show -g rg-train -n aigpu-gpu1" in below
        assert "az network nic delete -g rg-train -n gpu1-nic" in below
        assert azure.world.subscription.machines == []

    def test_a_group_that_is_not_there_ends_with_3(self, azure: LocalAzure) -> None:
        result = run(
            azure, "aigpu", "vm", "create", "-g", "nowhere", "-n", "gpu1", "--size", T4, "--ssh-key-values", KEY
        )

        assert result.exit_code == 3

    def test_nodes_that_run_count_against_the_quota(self, azure: LocalAzure) -> None:
        azure.world.subscription.set_quota("eastus", "Standard NCASv3_T4 Family", 4)
        put_our_pool(azure, vmSize=T4, count=1)

        assert "do not fit the vCPU quota" in create(azure).stderr


QUOTA = ArmError(400, "InvalidTemplateDeployment", "The template deployment is not valid.", details=[
    {"code": "QuotaExceeded", "message": "Operation could not be completed as it results in exceeding approved "
     "Standard NCASv3_T4 Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: "
     "eastus, Current Limit: 4, Current Usage: 4, Additional Required: 4"}
])  # fmt: skip
BROKEN_EXTENSION = ArmError(409, "DeploymentFailed", "At least one resource deployment operation failed.", details=[
    {"code": "VMExtensionProvisioningError", "message": "VM has reported a failure when processing the extension."}
])  # fmt: skip


def strike(azure: LocalAzure, route: str, effect: Effect, times: int | None = None) -> None:
    """Have `effect` happen on a route."""
    azure.faults.injected.append(Injected(Fault(route, (route,), effect, route), effect, times))


def make_before_failing(monkeypatch: pytest.MonkeyPatch, change: Callable[[Machine], None]) -> None:
    """Have a deployment make the machine whether or not it fails then; `change` is what came out otherwise."""
    finisher, make = deployments._finisher, deployments._make

    def make_otherwise(subscription: Subscription, group: str, made: Any) -> None:
        make(subscription, group, made)
        change(subscription.machines[-1])

    def finish_by_halves(subscription: Any, group: str, deployment: Any, made: Any) -> Callable[[], None]:
        end = finisher(subscription, group, deployment, made)

        def finish() -> None:
            end()
            if deployment.error is not None:
                make_otherwise(subscription, group, made)

        return finish

    monkeypatch.setattr(deployments, "_make", make_otherwise)
    monkeypatch.setattr(deployments, "_finisher", finish_by_halves)


def put(*path: str, value: Any) -> Callable[[Machine], None]:
    def change(machine: Machine) -> None:
        place = machine.body
        for key in path[:-1]:
            place = place[key]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value

    return change


def extension(**properties: Any) -> Callable[[Machine], None]:
    return lambda machine: machine.extensions["NvidiaGpuDriverLinux"]["properties"].update(properties)


def says_how_to_go_on(below: str) -> bool:
    """Whether what there may be, its cost, how to look and how to delete it are said."""
    wanted = ("$0.53/h", "az vm show -g rg-train -n gpu1", "az vm delete -g rg-train -n gpu1 --yes")
    return all(part in below for part in wanted)


class TestMadeOtherwise:
    @pytest.mark.parametrize(
        ("change", "told"),
        [
            pytest.param(
                put("properties", "hardwareProfile", "vmSize", value=CPU), f"size: seen {CPU}, wanted {T4}", id="size"
            ),
            pytest.param(put("properties", "hardwareProfile", value=None), "size: seen none", id="no-size"),
            pytest.param(put("properties", "provisioningState", value="Failed"), "state: seen Failed", id="state"),
            pytest.param(put("properties", "priority", value="Spot"), "priority: seen Spot, wanted Regular", id="spot"),
            pytest.param(
                put("properties", "storageProfile", "imageReference", "offer", value="other"),
                "image offer: seen other",
                id="image",
            ),
            pytest.param(
                put("properties", "storageProfile", "osDisk", "diskSizeGB", value=30),
                "OS disk in GB: seen 30",
                id="disk",
            ),
            pytest.param(
                put("properties", "osProfile", "linuxConfiguration", "disablePasswordAuthentication", value=False),
                "password login disabled: seen False",
                id="password",
            ),
            pytest.param(put("location", value="westus"), "region: seen westus, wanted eastus", id="region"),
            pytest.param(put("tags", value={}), "tag hardware: seen none, wanted gpu", id="tags"),
            pytest.param(extension(provisioningState="Failed"), "NvidiaGpuDriverLinux: seen Failed", id="driver"),
            pytest.param(extension(type="Other"), "type of the extension: seen Other", id="another-extension"),
            pytest.param(lambda one: one.extensions.clear(), "NvidiaGpuDriverLinux: seen not there", id="no-driver"),
        ],
    )  # fmt: skip
    def test_another_machine_than_asked_is_an_error_and_says_what_it_costs(
        self, azure: LocalAzure, monkeypatch: pytest.MonkeyPatch, change: Callable[[Machine], None], told: str
    ) -> None:
        make_before_failing(monkeypatch, change)

        result = create(azure)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert head == "Azure reported success, but machine 'gpu1' is not what was asked for."
        assert told in below
        assert "The machine 'gpu1' is there (" in below
        assert says_how_to_go_on(below)

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            pytest.param(
                put("properties", "priority", value=None), "priority: seen Regular, wanted Spot", id="regular"
            ),
            pytest.param(put("zones", value=["2"]), "zones: seen ['2'], wanted ['1']", id="zone"),
            pytest.param(extension(settings={}), "driver version asked for: seen none, wanted 535.161", id="driver"),
        ],
    )
    def test_what_was_asked_for_beside_the_size_is_compared_too(
        self, azure: LocalAzure, monkeypatch: pytest.MonkeyPatch, change: Callable[[Machine], None], told: str
    ) -> None:
        make_before_failing(monkeypatch, change)

        result = create(azure, "--priority", "Spot", "--zone", "1", "--driver-version", "535.161")

        assert result.exit_code == 1
        assert told in error_of(result)[1]

    @pytest.mark.parametrize(
        "effect",
        [
            pytest.param(Answer(200, b"<html>", {"Content-Type": "text/html"}), id="no-json"),
            pytest.param(Answer(200, b"[]", {"Content-Type": "application/json"}), id="another-type"),
            pytest.param(Answer.of(ArmError(403, "AuthorizationFailed", "no")), id="forbidden"),
            pytest.param(Answer.of(ArmError(404, "ResourceNotFound", "The Resource was not found.")), id="not-there"),
        ],
    )
    def test_what_cannot_be_read_back_is_no_success(
        self, azure: LocalAzure, monkeypatch: pytest.MonkeyPatch, effect: Answer
    ) -> None:
        make_before_failing(monkeypatch, lambda _: strike(azure, "vm", effect))

        result = create(azure)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert head.startswith("Azure reported success, but what it made is not known: virtual machine 'gpu1'")
        assert says_how_to_go_on(below)


class TestGoesWrong:
    def test_a_machine_without_its_driver_is_there_and_costs(
        self, azure: LocalAzure, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_before_failing(monkeypatch, extension(provisioningState="Failed"))
        strike(azure, "deployment-put", FailOperation(BROKEN_EXTENSION))

        result = create(azure)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert head.startswith("The deployment of virtual machine 'gpu1' failed: ")
        assert "was not created" not in result.stderr
        assert "--debug" not in below
        assert "The machine 'gpu1' is there (Succeeded; NvidiaGpuDriverLinux: Failed) and costs $0.53/h" in below
        assert says_how_to_go_on(below)

    def test_a_public_address_without_a_machine_costs(self, azure: LocalAzure) -> None:
        strike(azure, "deployment-put", FailOperation(QUOTA))

        result = create(azure, "--ssh-source", "203.0.113.7")

        assert result.exit_code == 1
        head, below = error_of(result)
        assert "The vCPU quota" in head
        assert "gpu1-ip, gpu1-nic; the public address costs money." in below
        assert (
            "az network nic delete -g rg-train -n gpu1-nic && az network public-ip delete -g rg-train -n gpu1-ip"
            in below
        )
        assert "az vm delete" not in below

    def test_a_quota_that_ran_out_after_the_judgement_is_a_refusal(self, azure: LocalAzure) -> None:
        strike(azure, "deployment-put", Answer.of(QUOTA))

        result = create(azure)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert head.startswith("Virtual machine 'gpu1' was not created: The vCPU quota")
        assert "That was before anything was made." in below

    @pytest.mark.usefixtures("hurried")
    @pytest.mark.parametrize(
        "effect",
        [
            pytest.param(DropBefore(), id="connection-broken"),
            pytest.param(Answer.of(ArmError(500, "InternalServerError", "an error")), id="server-error"),
            pytest.param(Answer(502, b"<html>", {"Content-Type": "text/html"}), id="gateway"),
            pytest.param(Answer.of(ArmError(409, "DeploymentActive", "is active")), id="its-own-first-try"),
        ],
    )
    def test_a_request_of_which_nobody_knows_whether_it_was_taken(self, azure: LocalAzure, effect: Effect) -> None:
        strike(azure, "deployment-put", effect)

        result = create(azure)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert head.startswith("Whether Azure took the request to create virtual machine 'gpu1' is not known: ")
        assert "az deployment group cancel -g rg-train -n aigpu-gpu1" in below
        assert says_how_to_go_on(below)
        assert "was not created" not in result.stderr

    @pytest.mark.usefixtures("hurried")
    @pytest.mark.parametrize(
        "effect",
        [
            pytest.param(DropBefore(), id="connection-broken"),
            pytest.param(Answer.of(ArmError(500, "InternalServerError", "an error")), id="server-error"),
            pytest.param(Answer.of(ArmError(401, "ExpiredAuthenticationToken", "expired")), id="login-ran-out"),
            pytest.param(Answer(200, b"<html>", {"Content-Type": "text/html"}), id="proxy"),
        ],
    )
    def test_a_deployment_that_is_lost_sight_of_goes_on(self, azure: LocalAzure, effect: Effect) -> None:
        azure.world.operation_seconds = 300
        strike(azure, "deployment-status", effect)

        result = create(azure)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert head.startswith("Azure goes on to create virtual machine 'gpu1', but how far it is could not be asked: ")
        assert "az deployment group cancel" in below
        assert "There is no machine 'gpu1'." not in below
        assert says_how_to_go_on(below)
        assert "was not created" not in result.stderr

    @pytest.mark.usefixtures("hurried")
    def test_a_connection_that_breaks_while_it_is_judged_has_made_nothing(self, azure: LocalAzure) -> None:
        strike(azure, "deployment-validate", DropBefore())

        result = create(azure)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert head.startswith("Virtual machine 'gpu1' was not created: ")
        assert "That was before anything was made." in below

    def test_commands_are_for_the_subscription_that_was_named(self, azure: LocalAzure) -> None:
        strike(azure, "deployment-put", FailOperation(QUOTA))

        result = create(azure, "--subscription", azure.world.subscription.id)

        assert f"-n aigpu-gpu1 --subscription {azure.world.subscription.id}" in result.stderr

    def test_a_long_name_makes_a_deployment_of_a_name_that_azure_takes(self, azure: LocalAzure) -> None:
        name = "a" * 60

        result = run(azure, *VM, "--size", T4, "-n", name)

        assert result.exit_code == 0, result.stderr
        (sent,) = azure.recorded(route="deployment-put")
        assert len(sent.path.rpartition("/")[2]) == 64
