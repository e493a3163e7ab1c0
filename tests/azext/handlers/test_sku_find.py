"""`az aigpu sku find`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.regions import REGIONS
from testbeds.local_azure.world import SUBSCRIPTION_ID
from tests.azext.core.harness import Result, run
from tests.azext.handlers.commands import A100, error_of, put_our_pool

pytestmark = pytest.mark.core

H100 = "Standard_NC40ads_H100_v5"
PLACES = ("-l", "eastus", "westeurope")


def find(azure: LocalAzure, *arguments: str) -> Result:
    return run(azure, "aigpu", "sku", "find", *arguments)


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return list(result.data)


def test_every_size_and_region_is_a_row_by_price_of_a_gpu(azure: LocalAzure) -> None:
    found = rows(find(azure, "--gpu-model", "a100", *PLACES))

    prices = [row["priceGpuHour"] for row in found]
    assert prices == sorted(prices)
    assert {row["region"] for row in found} == {"eastus", "westeurope"}
    cheapest = next(row for row in found if row["size"] == A100 and row["region"] == "eastus")
    assert (cheapest["priceHour"], cheapest["priceGpuHour"], cheapest["gpuCount"]) == (3.673, 3.673, 1)
    assert (cheapest["zones"], cheapest["quotaNodes"], cheapest["driver"]) == (["1", "3"], 1, "cuda")
    four = next(row for row in found if row["size"] == "Standard_NC96ads_A100_v4" and row["region"] == "eastus")
    assert four["priceGpuHour"] == pytest.approx(14.692 / 4)


def test_a_number_of_gpus_chooses_and_restrictions_are_told(azure: LocalAzure) -> None:
    found = rows(find(azure, "--gpu-model", "h100", "--gpu-count", "1", *PLACES))

    there = {row["region"]: row for row in found if row["size"] == H100}
    assert there["westeurope"]["available"] == "no: NotAvailableForSubscription"
    assert there["westeurope"]["restrictions"] == ["Location: NotAvailableForSubscription"]
    assert there["eastus"]["available"] == "yes"
    assert all(row["gpuCount"] == 1 for row in found)


def test_parts_of_a_gpu_are_not_looked_for_and_that_is_said(azure: LocalAzure) -> None:
    result = find(azure, "--gpu-model", "a10", "--gpu-count", "1", *PLACES)

    assert "Standard_NV6ads_A10_v5" not in {row["size"] for row in rows(result)}
    assert "Standard_NV6ads_A10_v5" in result.stderr.partition("Not looked for")[2]


def test_every_region_is_read_in_parallel_and_asked_once(azure: LocalAzure) -> None:
    result = find(azure, "--gpu-model", "t4", "--gpu-count", "4")

    assert len(azure.recorded(route="skus")) == len(REGIONS)
    assert len(azure.recorded(route="usages")) == len(REGIONS)
    # One question to the price feed, on several pages.
    assert {request.query.get("$filter") for request in azure.recorded(route="prices") if "$filter" in request.query}
    assert not any("armRegionName" in request.query.get("$filter", "") for request in azure.recorded(route="prices"))
    assert {row["size"] for row in rows(result)} == {"Standard_NC64as_T4_v3"}
    assert "No API tells free capacity" in result.stderr
    assert "offer none of: Standard_NC64as_T4_v3" in result.stderr


class TestSpot:
    def test_its_own_price_and_quota(self, azure: LocalAzure) -> None:
        azure.world.subscription.set_quota("eastus", "lowPriorityCores", 48)

        (row,) = rows(find(azure, "--gpu-model", "a100", "--gpu-count", "1", "--spot", "-l", "eastus"))

        assert row["quotaNodes"] == 2
        assert row["priceHour"] < 3.673

    def test_a_size_that_does_not_come_as_spot_is_told(self, azure: LocalAzure) -> None:
        (row,) = [
            row
            for row in rows(find(azure, "--gpu-model", "h200", "--spot", "-l", "eastus2"))
            if row["size"] == "Standard_ND96isr_H200_v5"
        ]

        assert row["available"] == "no: it does not come as spot"


class TestFailures:
    @pytest.mark.usefixtures("hurried")
    @pytest.mark.parametrize("fault", ["forbidden-skus", "empty-skus", "garbage-skus", "server-error-skus"], ids=str)
    def test_a_region_that_fails_is_a_row_that_says_so(self, azure: LocalAzure, fault: str) -> None:
        find(azure, "--gpu-model", "a100", "-l", "westeurope")
        azure.faults.inject(fault)

        found = rows(find(azure, "--gpu-model", "a100", *PLACES))

        assert found[-1]["region"] == "eastus"
        assert found[-1]["status"] == "UNKNOWN"
        assert found[-1]["available"].startswith("unknown: the VM sizes on offer in eastus")
        assert {row["region"] for row in found[:-1]} == {"westeurope"}

    def test_no_region_at_all_ends_with_5(self, azure: LocalAzure) -> None:
        azure.faults.inject("forbidden-skus")

        result = find(azure, "--gpu-model", "a100", *PLACES)

        assert result.exit_code == 5
        assert [row["status"] for row in result.data] == ["UNKNOWN", "UNKNOWN"]
        assert "UNKNOWN: the VM sizes on offer in eastus" in result.stderr

    def test_a_failed_region_beside_regions_without_the_gpu_ends_with_5(self, azure: LocalAzure) -> None:
        find(azure, "--gpu-model", "a100", "-l", "westeurope")
        azure.faults.inject("forbidden-skus")

        result = find(azure, "--gpu-model", "h200", "-l", "westeurope", "eastus")

        assert "Of 2 regions looked at, 1 offer none of" in result.stderr
        assert [(row["region"], row["status"]) for row in result.data] == [("eastus", "UNKNOWN")]
        assert result.exit_code == 5

    @pytest.mark.parametrize(
        ("places", "told", "hint"),
        [
            pytest.param(("westus9",), "no region 'westus9'.", "Did you mean westus", id="one-letter"),
            pytest.param(("eastus", "nowhere"), "no region 'nowhere'.", '--query "[].name"', id="among-others"),
            pytest.param(("estus", "wsteurope"), "no region 'estus' and no 'wsteurope'.", "eastus", id="two"),
        ],
    )
    def test_a_mistyped_region_is_bad_usage(
        self, azure: LocalAzure, places: tuple[str, ...], told: str, hint: str
    ) -> None:
        result = find(azure, "--gpu-model", "a100", "-l", *places)

        assert result.exit_code == 2
        assert told in result.stderr
        assert hint in result.stderr
        assert azure.recorded(route="skus") == []

    def test_a_region_is_read_unchecked_where_the_regions_are_hidden_and_that_is_said(self, azure: LocalAzure) -> None:
        azure.world.granted = ["Microsoft.Compute/*"]

        result = find(azure, "--gpu-model", "a100", "-l", "eastus", "nowhere")

        assert "UNKNOWN: whether there is a region eastus or nowhere: " in result.stderr
        assert [row["region"] for row in rows(result) if row["status"] == "UNKNOWN"] == ["nowhere"]

    def test_an_unknown_quota_is_no_number_and_is_said(self, azure: LocalAzure) -> None:
        azure.faults.inject("forbidden-usages")

        result = find(azure, "--gpu-model", "a100", "--gpu-count", "1", "-l", "eastus")

        assert [row["quotaNodes"] for row in rows(result)] == [None]
        assert "Microsoft.Compute/locations/usages/read" in rows(result)[0]["quotaNote"]
        assert "UNKNOWN: the vCPU quota of eastus" in result.stderr

    def test_without_the_price_feed_the_built_in_figure_is_marked(self, azure: LocalAzure) -> None:
        azure.faults.inject("unavailable-prices")

        (row,) = rows(find(azure, "--gpu-model", "a100", "--gpu-count", "1", "-l", "eastus"))

        assert row["priceHour"] == 3.673
        assert row["priceNote"].startswith("built-in, 2026-06-18")

    def test_without_the_list_of_regions_it_ends_with_1(self, azure: LocalAzure) -> None:
        azure.world.granted = ["Microsoft.Compute/*"]

        result = find(azure, "--gpu-model", "a100")

        assert result.exit_code == 1
        assert "Microsoft.Resources/subscriptions/locations/read" in result.stderr

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            pytest.param(("--gpu-model", "h10"), "No size has the GPU model 'h10'", id="model"),
            pytest.param(("--gpu-model", "t4", "--gpu-count", "7"), "No size on offer has 7 t4 GPUs", id="count"),
            pytest.param((), "--gpu-model", id="nothing"),
            pytest.param(("--gpu-model", "t4", "-l", ""), "names no region", id="empty-region"),
            pytest.param(("--gpu-model", "t4", "-l", ",", ",,"), "names no region", id="no-region-between-commas"),
        ],
    )
    def test_what_there_is_none_of_is_bad_usage(self, azure: LocalAzure, arguments: tuple[str, ...], told: str) -> None:
        result = find(azure, *arguments)

        assert result.exit_code == 2
        assert told in result.stderr
        assert azure.requests == []


class TestCache:
    def test_a_second_question_reads_nothing_and_tells_the_age(self, azure: LocalAzure) -> None:
        first = rows(find(azure, "--gpu-model", "a100", *PLACES))
        result = find(azure, "--gpu-model", "t4", *PLACES)

        assert len(azure.recorded(route="skus")) == 2
        assert all(row["ageSeconds"] >= 0 and row["readAt"] == first[0]["readAt"] for row in rows(result)[:1])
        assert "Of 2 regions the answer of the last hour is shown; --refresh" in result.stderr

    def test_refresh_reads_again(self, azure: LocalAzure) -> None:
        find(azure, "--gpu-model", "a100", "--gpu-count", "1", "-l", "eastus")
        put_our_pool(azure, vmSize=A100, count=1)

        assert rows(find(azure, "--gpu-model", "a100", "--gpu-count", "1", "-l", "eastus"))[0]["quotaNodes"] == 1
        again = find(azure, "--gpu-model", "a100", "--gpu-count", "1", "-l", "eastus", "--refresh")
        assert rows(again)[0]["quotaNodes"] == 0

    def test_a_failure_is_never_kept(self, azure: LocalAzure) -> None:
        azure.faults.inject("forbidden-skus")
        find(azure, "--gpu-model", "a100", "-l", "eastus")
        azure.faults.clear()

        assert rows(find(azure, "--gpu-model", "a100", "-l", "eastus"))[0]["status"] == "known"

    def test_another_subscription_has_its_own_file(self, azure: LocalAzure) -> None:
        find(azure, "--gpu-model", "a100", "-l", "eastus")

        from tests.azext.core import harness

        config, _ = harness._SIGNED_IN[azure]
        assert [file.name for file in (config / "aigpu").iterdir()] == [f"regions-{SUBSCRIPTION_ID}.json"]
        assert json.loads((config / "aigpu" / f"regions-{SUBSCRIPTION_ID}.json").read_text("utf-8"))["form"] == 1


def test_the_table_fits_and_shows_what_failed(azure: LocalAzure) -> None:
    azure.world.granted = ["Microsoft.Compute/*"]  # the regions are hidden, so that no name can be told to be wrong

    result = find(azure, "--gpu-model", "a100", "-l", "eastus", "nowhere", "-o", "table")

    lines = result.stdout.splitlines()
    assert lines[0].split() == ["Region", "Size", "GPU/h", "Node/h", "Zones", "Quota", "Driver", "Available", "Age"]
    assert lines[-1].split()[:2] == ["nowhere", "?"]
    assert all(len(line) <= 130 for line in lines)


def test_a_login_that_fails_ends_with_1(azure: LocalAzure) -> None:
    azure.faults.inject("forbidden-login")

    result = find(azure, "--gpu-model", "a100", "-l", "eastus")

    assert result.exit_code == 1
    assert error_of(result)
