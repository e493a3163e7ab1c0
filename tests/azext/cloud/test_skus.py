"""Reading what a region offers out of the JSON of the Resource SKUs API."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cloud.facts import Restriction
from azext_aigpu.cloud.skus import parse_skus

A100 = "Standard_NC24ads_A100_v4"
CAPABILITIES = {
    "vCPUs": "24",
    "GPUs": "1",
    "LowPriorityCapable": "True",
    "CachedDiskBytes": "274877906944",
    "MaxResourceVolumeMB": "65536",
    "NvmeDiskSizeInMiB": "915527",
    "CpuArchitectureType": "x64",
}


def capabilities(**values: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def a_row(name: Any = A100, **changed: Any) -> dict[str, Any]:
    row = {
        "resourceType": "virtualMachines",
        "name": name,
        "family": "StandardNCADSA100v4Family",
        "locations": ["eastus"],
        "locationInfo": [{"location": "eastus", "zones": ["3", "1"], "zoneDetails": []}],
        "capabilities": capabilities(**CAPABILITIES),
        "restrictions": [],
    }
    return {**row, **changed}


def a_restriction(kind: str = "Location", zones: tuple[str, ...] = (), place: str = "eastus") -> dict[str, Any]:
    info = {"locations": [place], "zones": list(zones)}
    return {"type": kind, "values": [place], "restrictionInfo": info, "reasonCode": "NotAvailableForSubscription"}


def test_an_offer_is_read() -> None:
    offer = parse_skus([a_row()], "eastus")[A100.lower()]
    assert (offer.size, offer.family) == (A100, "StandardNCADSA100v4Family")
    assert (offer.vcpus, offer.gpus, offer.zones) == (24, 1, ("1", "3"))
    assert (offer.cache_gib, offer.temp_disk_gib) == (256, 64)
    assert offer.nvme_gib == pytest.approx(894, abs=0.1)
    assert (offer.low_priority_capable, offer.architecture) == (True, "x64")


def test_a_capability_that_is_not_there_is_unknown_and_not_zero() -> None:
    offer = parse_skus([a_row(capabilities=[])], "eastus")[A100.lower()]
    assert (offer.vcpus, offer.gpus, offer.nvme_gib, offer.low_priority_capable) == (None, None, None, None)


def test_only_the_sizes_asked_for_are_read() -> None:
    broken = a_row("Standard_D2s_v5", capabilities=capabilities(vCPUs="two"))
    assert set(parse_skus([a_row(), broken], "eastus", [A100.upper()])) == {A100.lower()}


def test_a_size_that_is_not_listed_is_absent() -> None:
    assert parse_skus([a_row()], "eastus", ["Standard_NC6s_v3"]) == {}


def test_disks_and_other_regions_are_left_out() -> None:
    rows = [a_row(), a_row("P30", resourceType="disks"), a_row("Standard_D2s_v5", locations=["westus"])]
    assert set(parse_skus(rows, "eastus")) == {A100.lower()}


@pytest.mark.parametrize("place", ["EastUS", "East US", "eastus"])
def test_a_region_is_told_in_any_spelling(place: str) -> None:
    rows = [a_row(locations=[place], locationInfo=[{"location": place, "zones": ["2"]}])]
    assert parse_skus(rows, "eastus")[A100.lower()].zones == ("2",)


def test_zones_of_another_region_do_not_count() -> None:
    info = [{"location": "westus", "zones": ["1", "2", "3"]}, {"location": "eastus", "zones": ["3"]}]
    assert parse_skus([a_row(locationInfo=info)], "eastus")[A100.lower()].zones == ("3",)


@pytest.mark.parametrize(
    ("restriction", "read"),
    [
        (a_restriction(), (Restriction("Location", "NotAvailableForSubscription"),)),
        (a_restriction("Zone", ("2", "1")), (Restriction("Zone", "NotAvailableForSubscription", ("1", "2")),)),
        (a_restriction(place="westus"), ()),
    ],
    ids=["region", "zones", "another-region"],
)
def test_a_restriction_is_read(restriction: Any, read: Any) -> None:
    assert parse_skus([a_row(restrictions=[restriction])], "eastus")[A100.lower()].restrictions == read


def test_a_restriction_that_names_no_region_holds_everywhere() -> None:
    restriction = {"type": "Location", "reasonCode": "QuotaId", "restrictionInfo": None}
    (read,) = parse_skus([a_row(restrictions=[restriction])], "eastus")[A100.lower()].restrictions
    assert read == Restriction("Location", "QuotaId")


def test_the_same_row_twice_is_no_contradiction() -> None:
    assert len(parse_skus([a_row(), a_row()], "eastus")) == 1


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "no VM size at all"),
        ([a_row(resourceType="disks")], "no VM size at all"),
        ([a_row(locations=["westus"])], "no VM size at all"),
        ([None], "not an object"),
        ([a_row(None)], "name is missing"),
        ([a_row(locations="eastus")], "locations is not an array"),
        ([a_row(capabilities={})], "capabilities is not an array"),
        ([a_row(capabilities=capabilities(vCPUs="many"))], "vCPUs of .* is 'many'"),
        ([a_row(capabilities=capabilities(vCPUs="1.5"))], "not a whole number"),
        ([a_row(capabilities=capabilities(GPUs="-1"))], "not a whole number"),
        ([a_row(capabilities=capabilities(vCPUs="nan"))], "not a number"),
        ([a_row(capabilities=capabilities(CachedDiskBytes="inf"))], "not a number"),
        ([a_row(restrictions=[{"type": "Location"}])], "reasonCode is missing"),
        ([a_row(restrictions=["Location"])], "not an object"),
        ([a_row(), a_row(restrictions=[a_restriction()])], "listed twice and differently"),
    ],
)
def test_an_answer_in_another_form_makes_no_sense(rows: list[Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_skus(rows, "eastus")
