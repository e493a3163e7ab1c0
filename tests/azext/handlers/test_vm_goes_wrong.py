"""`az aigpu vm create`: a deployment that fails, or of which nobody knows how it ended."""

from __future__ import annotations

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.exchange import ArmError
from testbeds.local_azure.fault_effects import Answer, DropBefore, Effect, FailOperation
from tests.azext.core.harness import run
from tests.azext.handlers.commands import T4, error_of
from tests.azext.handlers.machines import VM, create, extension, make_before_failing, says_how_to_go_on, strike

pytestmark = pytest.mark.core

QUOTA = ArmError(400, "InvalidTemplateDeployment", "The template deployment is not valid.", details=[
    {"code": "QuotaExceeded", "message": "Operation could not be completed as it results in exceeding approved "
     "Standard NCASv3_T4 Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: "
     "eastus, Current Limit: 4, Current Usage: 4, Additional Required: 4"}
])  # fmt: skip
BROKEN_EXTENSION = ArmError(409, "DeploymentFailed", "At least one resource deployment operation failed.", details=[
    {"code": "VMExtensionProvisioningError", "message": "VM has reported a failure when processing the extension."}
])  # fmt: skip


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
