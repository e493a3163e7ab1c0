"""`az aigpu nodepool check` of one cluster: the rules over what runs, and what it costs."""

from __future__ import annotations

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import run
from tests.azext.handlers.commands import A100, CPU, nodepool, put_our_pool, routes
from tests.azext.handlers.pool_checks import CLUSTER, check, rows

pytestmark = pytest.mark.core


def put_typo(azure: LocalAzure, cluster: str = "aks-train") -> None:
    azure.world.add_pool("typo", cluster, vmSize=CPU, count=1, nodeLabels={"hardware": "gpu"})


class TestOneCluster:
    def test_a_good_pool_passes_and_others_are_not_reviewed(self, azure: LocalAzure) -> None:
        put_our_pool(azure)
        result = check(azure, *CLUSTER)

        assert (result.exit_code, result.data["verdict"]) == (0, "PASS"), result.stderr
        assert {name: row["verdict"] for name, row in rows(result).items()} == {
            "gpu": "PASS",
            "system": "NOT REVIEWED",
        }

    def test_the_founding_mistake_is_found(self, azure: LocalAzure) -> None:
        put_typo(azure)
        result = check(azure, *CLUSTER, "-o", "table")

        assert result.exit_code == 4
        assert result.stdout.splitlines()[2].split()[0] == "rg-train/aks-train/typo"
        assert "agentPools/typo" in result.stderr

    def test_a_gpu_size_about_which_nobody_says_anything_ends_with_5(self, azure: LocalAzure) -> None:
        azure.world.add_pool("t4", vmSize="Standard_NC4as_T4_v3", count=1)

        assert check(azure, *CLUSTER).exit_code == 5
        assert check(azure, *CLUSTER, "--gpu-pools", "t4").exit_code == 0

    def test_a_cluster_that_is_not_there_ends_with_3(self, azure: LocalAzure) -> None:
        assert check(azure, "-g", "rg-train", "--cluster-name", "none").exit_code == 3

    @pytest.mark.parametrize("fault", ["forbidden-pools", "garbage-pools", "forbidden-cluster"])
    def test_a_cluster_that_cannot_be_read_is_an_error(self, azure: LocalAzure, fault: str) -> None:
        azure.faults.inject(fault)

        assert check(azure, *CLUSTER).exit_code == 1

    def test_a_cluster_that_answers_without_any_pool_is_unknown(self, azure: LocalAzure) -> None:
        azure.world.cluster().pools.clear()
        result = check(azure, *CLUSTER)

        assert (result.exit_code, result.data["verdict"]) == (5, "UNKNOWN")
        assert "lists no node pool at all, and every cluster has a system pool" in result.stderr
        assert "az aks nodepool list" in result.stderr


class TestCost:
    def test_pools_are_priced_as_nodepool_list_prices_them(self, azure: LocalAzure) -> None:
        put_our_pool(azure)
        azure.world.add_pool("spot", vmSize=A100, count=2, scaleSetPriority="Spot", nodeLabels={"hardware": "gpu"})
        result = check(azure, *CLUSTER)
        listed = {row["name"]: row["cost"] for row in nodepool(azure, "list", name=None).data}

        assert {name: row["cost"] for name, row in rows(result).items() if row["cost"]} == listed
        assert {cost["live"] for cost in listed.values()} == {True}
        assert listed["spot"]["spot"] is True
        assert "for what was judged (price feed, 20" in result.stderr
        assert result.data["cost"]["hourMost"] == pytest.approx(sum(cost["hourMost"] for cost in listed.values()))

    @pytest.mark.parametrize("fault", ["server-error-prices", "garbage-prices", "dropped-prices"])
    def test_where_the_feed_fails_the_built_in_figure_stands_in_and_that_is_said(
        self, azure: LocalAzure, fault: str
    ) -> None:
        put_our_pool(azure)
        azure.faults.inject(fault, times=99)
        result = check(azure, *CLUSTER)

        assert (result.exit_code, rows(result)["gpu"]["cost"]["live"]) == (0, False)
        assert "(built-in figure of 2026-06-18, not live)" in result.stderr
        assert "      note: the price feed " in result.stderr
        assert rows(result)["gpu"]["cost"]["note"] in result.stderr

    def test_a_limit_is_held_against_the_price_of_today(self, azure: LocalAzure) -> None:
        put_our_pool(azure, vmSize=A100, count=1)
        limit = {"AZURE_AIGPU_MAX_HOURLY_COST": "0.01"}
        result = run(azure, "aigpu", "nodepool", "check", *CLUSTER, env=limit)

        assert result.exit_code == 4
        assert "price feed, 20" in next(
            one["seen"] for one in rows(result)["gpu"]["findings"] if one["reason"] == "CostOverLimit"
        )

    def test_what_is_not_judged_is_not_priced(self, azure: LocalAzure) -> None:
        check(azure, *CLUSTER)

        assert "prices" not in routes(azure)
