"""What `nodepool add` does for lack of capacity: goes down a list, and takes away what a failed try left behind."""

from __future__ import annotations

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.exchange import Reply, Request
from tests.azext.handlers.commands import A100, CPU, T4, add, error_of, put_our_pool, writes

pytestmark = pytest.mark.core

T4_LARGER = "Standard_NC8as_T4_v3"


class Halfway(LocalAzure):
    """Lets a pool fail when two of its nodes are there."""

    def answer(self, request: Request) -> Reply | None:
        self.world.settle()
        for pool in self.world.cluster().pools.values():
            if pool.state == "Failed":
                pool.properties["count"] = 2
        return super().answer(request)


def zones_sent(azure: LocalAzure) -> list[list[str] | None]:
    return [put.body["properties"].get("availabilityZones") for put in azure.recorded(method="PUT")]


def sizes_sent(azure: LocalAzure) -> list[str]:
    return [put.body["properties"]["vmSize"] for put in azure.recorded(method="PUT")]


class TestReplaceFailed:
    def test_our_failed_and_empty_pool_is_deleted_by_its_etag_and_made_again(self, azure: LocalAzure) -> None:
        etag = put_our_pool(azure, state="Failed", count=0).etag

        result = add(azure, "--replace-failed")

        assert result.exit_code == 0, result.stderr
        assert writes(azure) == ["DELETE gpu", "PUT gpu"]
        assert azure.recorded(method="DELETE")[0].headers["if-match"] == etag
        assert azure.recorded(method="PUT")[0].headers["if-none-match"] == "*"
        assert azure.world.pool("gpu").state == "Succeeded"

    def test_without_the_option_the_leftover_is_named_as_such(self, azure: LocalAzure) -> None:
        put_our_pool(azure, state="Failed", count=0)

        result = add(azure)

        assert (result.exit_code, writes(azure)) == (1, [])
        below = error_of(result)[1]
        assert "FAIL    name-free:" in below
        assert "--replace-failed" in below

    @pytest.mark.parametrize(
        "properties",
        [
            pytest.param({"state": "Succeeded", "count": 0}, id="not-failed"),
            pytest.param({"state": "Failed", "count": 1}, id="has-nodes"),
            pytest.param({"state": "Failed", "count": 0, "nodeLabels": {"hardware": "gpu"}, "tags": {}}, id="not-ours"),
            pytest.param({"state": "Creating", "count": 0}, id="being-made"),
        ],
    )
    def test_any_other_pool_stays(self, azure: LocalAzure, properties: dict[str, object]) -> None:
        put_our_pool(azure, **properties)  # type: ignore[arg-type]

        result = add(azure, "--replace-failed")

        assert (result.exit_code, writes(azure)) == (1, [])
        assert "FAIL    name-free:" in error_of(result)[1]

    def test_the_leftover_is_not_deleted_for_a_pool_that_is_refused(self, azure: LocalAzure) -> None:
        put_our_pool(azure, state="Failed", count=0)

        result = add(azure, "--replace-failed", "--max-hourly-cost", "0.1")

        assert (result.exit_code, writes(azure)) == (1, [])

    def test_a_leftover_that_cannot_be_deleted_ends_the_command(self, azure: LocalAzure) -> None:
        put_our_pool(azure, state="Failed", count=0)
        azure.faults.inject("forbidden-pool-delete")

        result = add(azure, "--replace-failed")

        assert (result.exit_code, writes(azure)) == (1, ["DELETE gpu"])
        assert "could not be deleted" in error_of(result)[0]

    def test_nothing_there_is_nothing_to_replace(self, azure: LocalAzure) -> None:
        assert add(azure, "--replace-failed").exit_code == 0
        assert writes(azure) == ["PUT gpu"]


class TestTryZones:
    def test_a_full_zone_is_left_for_the_next_and_its_leftover_deleted(self, azure: LocalAzure) -> None:
        azure.faults.inject("zonal-allocation-failed", zone="1")

        result = add(azure, "--try-zones", "1", "2")

        assert result.exit_code == 0, result.stderr
        assert writes(azure) == ["PUT gpu", "DELETE gpu", "PUT gpu"]
        assert zones_sent(azure) == [["1"], ["2"]]
        assert azure.recorded(method="DELETE")[0].headers["if-match"]
        assert f"No capacity for {T4} in zone 1" in result.stderr
        assert azure.world.pool("gpu").properties["availabilityZones"] == ["2"]

    def test_a_refusal_at_once_leaves_nothing_to_delete(self, azure: LocalAzure) -> None:
        azure.faults.inject("sku-not-available", zone="1")

        assert add(azure, "--try-zones", "1", "2").exit_code == 0
        assert writes(azure) == ["PUT gpu", "PUT gpu"]

    def test_a_zone_that_a_rule_refuses_is_left_out_and_said_so(self, azure: LocalAzure) -> None:
        azure.world.subscription.restrict("eastus", T4, "1")

        result = add(azure, "--try-zones", "1", "2")

        assert result.exit_code == 0, result.stderr
        assert zones_sent(azure) == [["2"]]
        assert f"Left out of the list: {T4} in zone 1" in result.stderr

    def test_where_every_zone_is_full_the_last_leftover_is_named(self, azure: LocalAzure) -> None:
        azure.faults.inject("zonal-allocation-failed")

        result = add(azure, "--try-zones", "1", "2")

        assert result.exit_code == 1
        assert zones_sent(azure) == [["1"], ["2"]]
        assert "Azure left the pool 'gpu' Failed with 0 nodes" in result.stderr
        assert "--replace-failed" in result.stderr
        assert "Traceback" not in result.stderr

    def test_what_is_no_lack_of_capacity_ends_the_list(self, azure: LocalAzure) -> None:
        azure.faults.inject("policy-denied", zone="1")

        result = add(azure, "--try-zones", "1", "2")

        assert result.exit_code == 1
        assert zones_sent(azure) == [["1"]]

    def test_where_every_zone_is_refused_nothing_is_sent(self, azure: LocalAzure) -> None:
        azure.world.subscription.restrict("eastus", T4)

        result = add(azure, "--try-zones", "1", "2")

        assert (result.exit_code, writes(azure)) == (1, [])
        assert error_of(result)[1].count("sku-available") == 2


class TestTrySizes:
    def test_each_size_is_priced_before_it_is_sent(self, azure: LocalAzure) -> None:
        azure.faults.inject("allocation-failed", vm_size=T4)

        result = add(azure, "--try-sizes", T4_LARGER)

        assert result.exit_code == 0, result.stderr
        assert sizes_sent(azure) == [T4, T4_LARGER]
        assert writes(azure) == ["PUT gpu", "DELETE gpu", "PUT gpu"]
        assert result.stderr.index(f"Cost: 1 x {T4} ") < result.stderr.index(f"Cost: 1 x {T4_LARGER} ")
        labels = azure.recorded(method="PUT")[1].body["properties"]["nodeLabels"]
        assert labels["aigpu.io/sku"] == T4_LARGER

    def test_every_zone_of_a_size_comes_before_the_next_size(self, azure: LocalAzure) -> None:
        azure.faults.inject("allocation-failed", vm_size=T4)

        add(azure, "--try-zones", "1", "2", "--try-sizes", T4_LARGER)

        assert list(zip(sizes_sent(azure), zones_sent(azure), strict=True)) == [
            (T4, ["1"]),
            (T4, ["2"]),
            (T4_LARGER, ["1"]),
        ]

    def test_a_size_that_is_refused_is_left_out(self, azure: LocalAzure) -> None:
        azure.faults.inject("allocation-failed", vm_size=T4)

        result = add(azure, "--try-sizes", A100, T4_LARGER)

        assert result.exit_code == 0, result.stderr
        assert sizes_sent(azure) == [T4, T4_LARGER]
        assert f"Left out of the list: {A100}" in result.stderr
        assert "FAIL    quota:" in result.stderr

    def test_a_size_above_the_limit_is_left_out(self, azure: LocalAzure) -> None:
        azure.faults.inject("allocation-failed", vm_size=T4)

        result = add(azure, "--try-sizes", T4_LARGER, "--max-hourly-cost", "0.6")

        assert result.exit_code == 1
        assert sizes_sent(azure) == [T4]
        assert "FAIL    hourly-cost:" in result.stderr

    def test_a_cpu_size_in_the_list_is_refused_before_anything_is_sent(self, azure: LocalAzure) -> None:
        result = add(azure, "--try-sizes", T4_LARGER, CPU)

        assert result.exit_code == 1
        assert azure.requests == []
        assert f"{CPU} has no GPU" in error_of(result)[1]

    def test_a_dry_run_shows_every_attempt(self, azure: LocalAzure) -> None:
        result = add(azure, "--try-sizes", T4_LARGER, "--dry-run")

        assert (result.exit_code, writes(azure)) == (0, [])
        assert result.data["properties"]["vmSize"] == T4
        assert [plan["properties"]["vmSize"] for plan in result.data["alternatives"]] == [T4_LARGER]

    def test_a_leftover_that_cannot_be_looked_at_is_not_touched(self, azure: LocalAzure) -> None:
        azure.faults.inject("allocation-failed", vm_size=T4)
        azure.faults.inject("garbage-pool")

        result = add(azure, "--try-sizes", T4_LARGER)

        assert (result.exit_code, writes(azure)) == (1, ["PUT gpu"])
        assert "Nothing more was tried" in result.stderr
        assert "Traceback" not in result.stderr

    def test_a_leftover_with_nodes_is_not_touched(self) -> None:
        with Halfway() as azure:
            azure.faults.inject("allocation-failed", vm_size=T4)
            result = add(azure, "--try-sizes", T4_LARGER)

        assert (result.exit_code, writes(azure)) == (1, ["PUT gpu"])
        assert "left node pool 'gpu' Failed with 2 nodes, so nothing more was tried" in result.stderr
        assert "az aigpu nodepool show -g rg-train --cluster-name aks-train -n gpu" in result.stderr
