from __future__ import annotations

import pytest

from aigpu_contract import cpu_sizes, skus
from testbeds.local_azure.regions import REGIONS, find_region
from testbeds.local_azure.sizes import all_sizes, built_in_prices, find_size


@pytest.mark.parametrize(
    ("name", "gpus"),
    [
        pytest.param("Standard_NC24ads_A100_v4", 1, id="one-gpu"),
        pytest.param("Standard_ND96isr_H100_v5", 8, id="eight-gpus"),
        pytest.param("Standard_NV6ads_A10_v5", 1, id="sixth-of-a-gpu-says-1"),
        pytest.param("Standard_NP20s", 2, id="fpga-says-gpu"),
        pytest.param("Standard_NV32as_v4", 1, id="amd-says-gpu"),
        pytest.param("Standard_ND96isr_MI300X_v5", 8, id="mi300x-says-gpu"),
        pytest.param("Standard_ND128isr_NDR_GB200_v6", None, id="gb200-says-nothing"),
        pytest.param("Standard_ND128isr_GB300_v6", None, id="gb300-says-nothing"),
        pytest.param("Standard_NG8ads_V620_v1", None, id="v620-says-nothing"),
        pytest.param("Standard_D16s_v5", None, id="cpu"),
    ],
)
def test_the_capability_gpus_lies_as_the_service_does(name: str, gpus: int | None) -> None:
    size = find_size(name)
    assert size is not None
    assert size.gpus == gpus


def test_every_live_size_of_the_catalogue_with_a_price_is_offered() -> None:
    missing = [
        sku.size
        for sku in skus.all_skus()
        if sku.quota_family and sku.vcpus and sku.size in built_in_prices() and find_size(sku.size) is None
    ]
    assert missing == []


def test_every_cpu_size_is_told_as_one_by_its_name() -> None:
    cpu = [size.name for size in all_sizes().values() if size.sku is None]
    assert len(cpu) > 300
    assert [name for name in cpu if cpu_sizes.parse_cpu_size(name) is None] == []


def test_a_retired_size_is_still_listed() -> None:
    size = find_size("standard_nc6s_v3")
    assert size is not None
    assert "eastus" in size.regions


def test_a_gpu_size_lacks_zones_that_a_cpu_size_has() -> None:
    a100, cpu = find_size("Standard_NC24ads_A100_v4"), find_size("Standard_D16s_v5")
    assert a100 is not None
    assert cpu is not None
    assert a100.zones(REGIONS["eastus"]) == ("1", "3")
    assert cpu.zones(REGIONS["eastus"]) == ("1", "2", "3")
    assert cpu.zones(REGIONS["westus"]) == ()


def test_the_founding_cpu_size_costs_what_the_built_in_table_says() -> None:
    size = find_size("Standard_D16s_v5")
    assert size is not None
    assert size.prices["eastus"] == built_in_prices()["Standard_D16s_v5"]["eastus"]


def test_every_region_with_a_price_is_known() -> None:
    assert {region for prices in built_in_prices().values() for region in prices} <= REGIONS.keys()


@pytest.mark.parametrize("name", ["eastus", "EastUS", "East US"])
def test_regions_are_found_however_they_are_written(name: str) -> None:
    assert find_region(name) == REGIONS["eastus"]
