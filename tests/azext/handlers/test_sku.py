"""`az aigpu sku` list and show."""

from __future__ import annotations

from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import Result, run, run_offline
from tests.azext.handlers.commands import A100, CPU, T4, error_of, put_our_pool, routes

pytestmark = pytest.mark.core


def show(azure: LocalAzure, size: str, *arguments: str) -> Result:
    return run(azure, "aigpu", "sku", "show", "--size", size, *arguments)


def list_rows(azure: LocalAzure, *arguments: str) -> dict[str, Any]:
    """Run `az aigpu sku list` and return its rows by size."""
    result = run(azure, "aigpu", "sku", "list", *arguments)
    assert result.exit_code == 0, result.stderr
    return {row["size"]: row for row in result.data}


class TestWithoutLocation:
    def test_nobody_has_to_be_signed_in(self) -> None:
        result = run_offline("aigpu", "sku", "list", "--gpu-model", "t4")

        assert result.exit_code == 0, result.stderr
        assert T4 in {row["size"] for row in result.data}

    def test_nothing_is_asked_and_that_is_said(self, azure: LocalAzure) -> None:
        result = show(azure, T4)

        assert azure.requests == []
        assert "No --location was given" in result.stderr
        row = result.data
        assert (row["priceHour"], row["priceNote"]) == (
            0.526,
            "built-in, 2026-06-18; the figure is that of eastus; give --location for another region",
        )
        assert (row["available"], row["quotaNodes"]) == ("unknown: no --location was given", None)

    def test_only_what_cuda_runs_on_today_is_listed(self, azure: LocalAzure) -> None:
        rows = list_rows(azure)

        assert {T4, A100} <= rows.keys()
        assert not {"Standard_NC6s_v3", "Standard_NP10s", "Standard_ND96isr_MI300X_v5"} & rows.keys()

    def test_all_lists_the_rest_as_what_it_is(self, azure: LocalAzure) -> None:
        rows = list_rows(azure, "--all")

        assert rows["Standard_NC6s_v3"]["lifecycle"] == "retired"
        assert "no CUDA" in rows["Standard_ND96isr_MI300X_v5"]["gpu"]

    @pytest.mark.parametrize(
        ("model", "count", "sizes"),
        [
            pytest.param("t4", "4", {"Standard_NC64as_T4_v3"}, id="count"),
            pytest.param("A100", "1", {A100}, id="model-in-any-case"),
        ],
    )
    def test_model_and_count_choose(self, azure: LocalAzure, model: str, count: str, sizes: set[str]) -> None:
        assert sizes <= list_rows(azure, "--gpu-model", model, "--gpu-count", count).keys()
        assert T4 not in list_rows(azure, "--gpu-model", model, "--gpu-count", count)

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            pytest.param(("--gpu-model", "h10"), "No size has the GPU model 'h10'", id="model"),
            pytest.param(("--gpu-model", "a101"), "No size has the GPU model 'a101'", id="part-of-a-model"),
            pytest.param(("--gpu-model", "t4", "--gpu-count", "7"), "No size on offer has 7 t4 GPUs", id="count"),
        ],
    )
    def test_what_there_is_none_of_is_bad_usage(self, azure: LocalAzure, arguments: tuple[str, ...], told: str) -> None:
        result = run(azure, "aigpu", "sku", "list", *arguments)

        assert result.exit_code == 2
        head, below = error_of(result)
        assert told in head
        assert below

    @pytest.mark.parametrize(
        ("size", "told"),
        [
            pytest.param(CPU, "general purpose CPU size", id="cpu"),
            pytest.param("Standard_NC24ads_A100_v5", A100, id="typo"),
        ],
    )
    def test_a_size_outside_the_catalogue_ends_with_3(self, azure: LocalAzure, size: str, told: str) -> None:
        result = show(azure, size)

        assert result.exit_code == 3
        head, below = error_of(result)
        assert size in head
        assert told in below

    def test_case_does_not_matter(self, azure: LocalAzure) -> None:
        assert show(azure, A100.lower()).data["size"] == A100


class TestWithLocation:
    def test_catalogue_offer_quota_and_price_come_together(self, azure: LocalAzure) -> None:
        row = show(azure, A100, "--location", "eastus").data

        assert (row["available"], row["zones"], row["quotaNodes"]) == ("yes", ["1", "3"], 1)
        assert row["priceHour"] == 3.673
        assert row["priceNote"].startswith("live, ")

    def test_everything_is_read_once(self, azure: LocalAzure) -> None:
        show(azure, A100, "--location", "eastus")

        assert routes(azure) == {"identity-token": 1, "prices": 1, "skus": 1, "usages": 1}
        assert azure.recorded(route="skus")[0].query["$filter"] == "location eq 'eastus'"

    def test_a_region_may_be_written_as_the_portal_does(self, azure: LocalAzure) -> None:
        assert show(azure, A100, "--location", "East US").data["available"] == "yes"

    def test_nodes_that_run_already_count_against_the_quota(self, azure: LocalAzure) -> None:
        put_our_pool(azure, vmSize=A100, count=1)

        assert show(azure, A100, "--location", "eastus").data["quotaNodes"] == 0

    @pytest.mark.parametrize(
        ("zones", "reason", "available"),
        [
            pytest.param((), "NotAvailableForSubscription", "no: NotAvailableForSubscription", id="region"),
            pytest.param((), "QuotaId", "no: QuotaId", id="quota-id"),
            pytest.param(("1",), "NotAvailableForSubscription", "yes, not in zone 1", id="zone"),
            pytest.param(("1", "3"), "NotAvailableForSubscription", "yes, but in no zone", id="every-zone"),
        ],
    )
    def test_restrictions_are_told(
        self, azure: LocalAzure, zones: tuple[str, ...], reason: str, available: str
    ) -> None:
        azure.world.subscription.restrict("eastus", A100, *zones, reason=reason)

        assert show(azure, A100, "--location", "eastus").data["available"] == available

    def test_a_size_that_the_region_does_not_have_is_not_available(self, azure: LocalAzure) -> None:
        assert show(azure, "Standard_ND128isr_GB300_v6", "-l", "eastus").data["available"].startswith("no: ")

    def test_a_list_says_that_nobody_tells_free_capacity(self, azure: LocalAzure) -> None:
        result = run(azure, "aigpu", "sku", "list", "-l", "eastus", "--gpu-model", "t4", "-o", "table")

        assert result.exit_code == 0
        assert "No API tells free capacity" in result.stderr
        assert result.stdout.splitlines()[2].split()[0] == T4

    @pytest.mark.parametrize(
        ("fault", "key", "value"),
        [
            pytest.param("forbidden-skus", "available", "unknown: ", id="skus-forbidden"),
            pytest.param("empty-skus", "available", "unknown: ", id="skus-empty"),
            pytest.param("forbidden-usages", "quotaNodes", None, id="usages-forbidden"),
            pytest.param("empty-usages", "quotaNodes", None, id="usages-empty"),
        ],
    )
    def test_what_could_not_be_read_is_unknown_and_said(
        self, azure: LocalAzure, fault: str, key: str, value: str | None
    ) -> None:
        azure.faults.inject(fault)
        result = show(azure, A100, "-l", "eastus")

        assert result.exit_code == 0
        seen = result.data[key]
        assert seen is None if value is None else seen.startswith(value)
        assert "UNKNOWN: " in result.stderr

    def test_a_region_that_does_not_exist_is_bad_usage(self, azure: LocalAzure) -> None:
        result = show(azure, A100, "-l", "westus9")

        assert result.exit_code == 2
        assert "--location: the subscription has no region 'westus9'." in result.stderr
        assert "Did you mean westus" in result.stderr

    def test_a_region_that_cannot_be_told_to_be_none_is_unknown_and_not_empty(self, azure: LocalAzure) -> None:
        azure.world.granted = ["Microsoft.Compute/*"]

        row = show(azure, A100, "-l", "nowhere").data

        assert row["available"].startswith("unknown: ")
        assert (row["quotaNodes"], row["priceHour"]) == (None, None)

    def test_without_the_price_feed_the_built_in_figure_is_marked(self, azure: LocalAzure) -> None:
        azure.faults.inject("unavailable-prices")
        row = show(azure, A100, "-l", "eastus").data

        assert row["priceHour"] == 3.673
        assert row["priceNote"].startswith("built-in, 2026-06-18; the price feed cannot be used")


@pytest.mark.parametrize("command", [("list",), ("find", "--gpu-model", "t4")], ids=["list", "find"])
def test_what_the_answer_cannot_tell_is_said_of_an_answer_and_not_of_an_error(
    azure: LocalAzure, command: tuple[str, ...]
) -> None:
    found = run(azure, "aigpu", "sku", *command, "-l", "eastus")
    mistyped = run(azure, "aigpu", "sku", *command, "-l", "eastsu")

    assert "No API tells free capacity" in found.stderr
    assert mistyped.exit_code == 2
    assert "No API tells free capacity" not in mistyped.stderr
