"""`az aigpu vm create`: Azure reports success, and the machine is not what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.exchange import ArmError
from testbeds.local_azure.fault_effects import Answer
from testbeds.local_azure.world import Machine
from tests.azext.handlers.commands import CPU, T4, error_of
from tests.azext.handlers.machines import create, extension, make_before_failing, says_how_to_go_on, strike

pytestmark = pytest.mark.core


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
