from __future__ import annotations

from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.regions import REGIONS
from testbeds.local_azure.sizes import all_sizes
from testbeds.local_azure.world import Reservation
from tests.testbeds.local_azure.calls import A100, GROUP, SUB, get, quiet_azure

SKUS = f"{SUB}/providers/Microsoft.Compute/skus"


def read_skus(azure: LocalAzure, region: str = "eastus") -> dict[str, Any]:
    answered = get(azure, f"{SKUS}?$filter=location eq '{region}'")
    return {
        element["name"]: element for element in answered.body["value"] if element["resourceType"] == "virtualMachines"
    }


def read_usages(azure: LocalAzure, region: str = "eastus") -> dict[str, Any]:
    answered = get(azure, f"{SUB}/providers/Microsoft.Compute/locations/{region}/usages")
    return {entry["name"]["value"]: entry for entry in answered.body["value"]}


def test_the_filter_gives_the_sizes_of_that_region_only() -> None:
    found = read_skus(quiet_azure()[0])
    assert {tuple(element["locations"]) for element in found.values()} == {("eastus",)}
    assert {"Standard_D16s_v5", A100, "Standard_NC6s_v3"} <= found.keys()
    assert len(found) > 300


def test_capabilities_are_strings_under_the_service_s_names() -> None:
    element = read_skus(quiet_azure()[0])[A100]
    capabilities = {entry["name"]: entry["value"] for entry in element["capabilities"]}
    assert all(isinstance(value, str) for value in capabilities.values())
    assert (capabilities["vCPUs"], capabilities["MemoryGB"], capabilities["GPUs"]) == ("24", "220", "1")
    assert (element["family"], element["size"]) == ("StandardNCADSA100v4Family", "NC24ads_A100_v4")
    assert element["locationInfo"][0]["zones"] == ["1", "3"]


def test_a_cpu_size_has_no_gpus_capability() -> None:
    element = read_skus(quiet_azure()[0])["Standard_D16s_v5"]
    assert "GPUs" not in {entry["name"] for entry in element["capabilities"]}


def test_some_sizes_are_not_to_be_had_as_spot() -> None:
    found = read_skus(quiet_azure()[0])
    spot = {
        name: entry["value"]
        for name, element in found.items()
        for entry in element["capabilities"]
        if entry["name"] == "LowPriorityCapable"
    }
    assert spot["Standard_NP10s"] == "False"
    assert spot[A100] == "True"


@pytest.mark.parametrize(
    ("region", "size", "kind", "zones", "reason"),
    [
        pytest.param("eastus", "Standard_NC6s_v3", "Zone", ["1", "2", "3"], "NotAvailableForSubscription", id="zones"),
        pytest.param("eastus", "Standard_ND96asr_v4", "Location", None, "QuotaId", id="region-by-offer"),
        pytest.param(
            "westeurope", "Standard_NC40ads_H100_v5", "Location", None, "NotAvailableForSubscription", id="region"
        ),
        pytest.param("westeurope", A100, "Zone", ["1"], "NotAvailableForSubscription", id="one-zone"),
    ],
)
def test_restrictions_are_reported(region: str, size: str, kind: str, zones: list[str] | None, reason: str) -> None:
    (restriction,) = read_skus(quiet_azure()[0], region)[size]["restrictions"]
    assert (restriction["type"], restriction["reasonCode"]) == (kind, reason)
    assert restriction["restrictionInfo"].get("zones") == zones


def test_a_restriction_can_be_added_by_a_test() -> None:
    azure, _ = quiet_azure()
    assert read_skus(azure)[A100]["restrictions"] == []
    azure.world.subscription.restrict("eastus", A100)
    assert read_skus(azure)[A100]["restrictions"][0]["type"] == "Location"


def test_without_the_filter_every_region_comes_at_once() -> None:
    azure, _ = quiet_azure()
    answered = get(azure, SKUS)
    regions = {element["locations"][0] for element in answered.body["value"]}
    assert regions == REGIONS.keys()
    assert azure.requests[-1].response_bytes > 50 * len(str(read_skus(azure))) / 2


def test_another_filter_is_refused() -> None:
    answered = get(quiet_azure()[0], f"{SKUS}?$filter=name eq 'x'")
    assert (answered.status, answered.code) == (400, "BadRequest")


@pytest.mark.parametrize("region", ["eastus", "westeurope"])
def test_every_family_of_the_skus_is_among_the_usages(region: str) -> None:
    azure, _ = quiet_azure()
    families = {element["family"] for element in read_skus(azure, region).values()}
    assert families <= read_usages(azure, region).keys()


@pytest.mark.parametrize(
    ("name", "used", "limit"),
    [
        pytest.param("cores", 36, 350, id="regional"),
        pytest.param("lowPriorityCores", 0, 100, id="spot"),
        pytest.param("Standard NCASv3_T4 Family", 0, 64, id="t4"),
        pytest.param("StandardNCADSA100v4Family", 24, 48, id="a100-half-used"),
        pytest.param("standardNDSH100v5Family", 0, 0, id="h100-none"),
        pytest.param("standardDSv5Family", 36, 100, id="cpu-family-of-the-system-pools"),
    ],
)
def test_default_quotas(name: str, used: int, limit: int) -> None:
    entry = read_usages(quiet_azure()[0])[name]
    assert (entry["currentValue"], entry["limit"], entry["unit"]) == (used, limit, "Count")


def test_usages_of_a_region_that_there_is_not_are_refused() -> None:
    answered = get(quiet_azure()[0], f"{SUB}/providers/Microsoft.Compute/locations/nowhere/usages")
    assert (answered.status, answered.code) == (400, "NoRegisteredProviderFound")


def test_every_size_has_a_family_and_vcpus() -> None:
    assert all(size.family and size.vcpus > 0 for size in all_sizes().values())


def test_a_capacity_reservation_group_says_what_it_holds_and_what_is_used() -> None:
    azure, _ = quiet_azure()
    path = f"{GROUP}/providers/Microsoft.Compute/capacityReservationGroups/crg"
    assert get(azure, f"{path}/capacityReservations").status == 404
    azure.world.subscription.reservations["crg"] = [Reservation(A100, 4)]
    azure.world.add_pool("gpu", vmSize=A100, count=3, capacityReservationGroupID=path)
    (held,) = get(azure, f"{path}/capacityReservations").body["value"]
    assert held["sku"] == {"name": A100, "capacity": 4}
    assert len(held["properties"]["virtualMachinesAssociated"]) == 3
    assert azure.world.subscription.quota("eastus", "StandardNCADSA100v4Family").used == 24
