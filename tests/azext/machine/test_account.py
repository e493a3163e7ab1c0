"""What is said of a machine that may have been made by halves, and what a machine is held to."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from aigpu_contract.reading import Unknown
from azext_aigpu.cost import build_cost
from azext_aigpu.machine.account import NOT_LOOKED, Making, Sight
from azext_aigpu.machine.readback import list_differences
from azext_aigpu.machine.spec import MachineSpec, build_pool_spec
from azext_aigpu.machine.template import MACHINE, build_template
from azext_aigpu.spec import Limits

SPEC = MachineSpec("gpu1", "rg", "eastus", "Standard_NC4as_T4_v3", "ssh-ed25519 A", Limits(datetime.date(2026, 11, 24)))
SUCCEEDED = {"provisioningState": "Succeeded"}


def making(**given: Any) -> Making:
    return Making(SPEC, build_cost(build_pool_spec(SPEC), Unknown("nobody answered")), "aigpu-gpu1", **given)


def made() -> tuple[dict[str, Any], dict[str, Any]]:
    """The machine and its extension, as Azure answers where it made what the template asks for."""
    by_type = {one["type"]: one for one in build_template(SPEC)["resources"]}
    machine, extension = by_type[MACHINE], by_type[f"{MACHINE}/extensions"]
    return {**machine, "properties": {**machine["properties"], **SUCCEEDED}}, {**extension["properties"], **SUCCEEDED}


@pytest.mark.parametrize("sight", [NOT_LOOKED, Sight(there=True), Sight(there=False)], ids=["unknown", "there", "gone"])
@pytest.mark.parametrize("goes_on", [True, False], ids=["goes-on", "ended"])
def test_an_unknown_price_is_said_and_never_nothing(sight: Sight, goes_on: bool) -> None:
    text = making().account(sight, goes_on)

    if goes_on or sight.there is not False:
        assert "an unknown price an hour" in text
        assert "az vm delete -g rg -n gpu1 --yes" in text
    assert ("az deployment group cancel" in text) is goes_on
    assert "az vm show -g rg -n gpu1" in text


def test_a_machine_that_is_not_there_yet_is_not_called_absent() -> None:
    assert "There is no machine 'gpu1' yet; once it is there" in making().account(Sight(there=False), goes_on=True)


def test_every_command_names_the_subscription_that_was_named() -> None:
    text = making(subscription="dev").account(NOT_LOOKED, goes_on=True)

    commands = [line for line in text.splitlines() if "az " in line]
    assert len(commands) == 5
    assert all("--subscription dev" in line for line in commands)


def test_what_the_template_asks_for_does_not_differ() -> None:
    assert list_differences(SPEC, *made()) == ()


@pytest.mark.parametrize("case", [str.upper, str.lower], ids=["upper", "lower"])
def test_azures_own_case_of_a_name_is_no_difference(case: Any) -> None:
    body, extension = made()
    body["properties"]["hardwareProfile"] = {"vmSize": case(SPEC.size)}

    assert list_differences(SPEC, body, extension) == ()


@pytest.mark.parametrize("body", [{}, {"properties": None}, {"properties": []}, {"tags": 3}], ids=str)
def test_an_answer_without_the_fields_differs_in_all_of_them(body: dict[str, Any]) -> None:
    what = {one.what for one in list_differences(SPEC, body, {})}

    assert {"size", "state", "region", "image offer", "OS disk in GB", "tag hardware"} <= what
    assert "extension NvidiaGpuDriverLinux" in what
