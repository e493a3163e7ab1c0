"""`az aigpu vm create`: what is refused before anything is sent, and what Azure refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.exchange import ArmError
from testbeds.local_azure.fault_effects import FailOperation
from tests.azext.core.harness import run
from tests.azext.handlers.commands import A100, CPU, T4, error_of, put_our_pool
from tests.azext.handlers.machines import KEY, VM, create, deployed, strike

pytestmark = pytest.mark.core


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
        strike(azure, "deployment-put", FailOperation(error))

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
