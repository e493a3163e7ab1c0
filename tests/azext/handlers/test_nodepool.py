"""`az aigpu nodepool` list, show, delete and wait."""

from __future__ import annotations

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import run
from tests.azext.handlers.commands import CPU, T4, TAINT, error_of, nodepool, put_our_pool, routes, writes

pytestmark = pytest.mark.core


def put_the_pool_of_the_story(azure: LocalAzure) -> None:
    azure.world.add_pool("story", vmSize=CPU, count=4, nodeLabels={"hardware": "gpu"}, nodeTaints=[TAINT])


class TestList:
    def test_lists_gpu_pools_whoever_made_them_and_no_others(self, azure: LocalAzure) -> None:
        put_our_pool(azure)
        put_the_pool_of_the_story(azure)
        azure.world.add_pool("foreign", vmSize=T4)
        azure.world.add_pool("tainted", vmSize=CPU, nodeTaints=[TAINT])

        result = nodepool(azure, "list", name=None)

        assert result.exit_code == 0, result.stderr
        verdicts = {row["name"]: row["verdict"] for row in result.data}
        assert verdicts == {"gpu": "PASS", "story": "FAIL", "foreign": "UNKNOWN", "tainted": "FAIL"}

    def test_the_pool_of_the_story_is_named_with_its_cost(self, azure: LocalAzure) -> None:
        put_the_pool_of_the_story(azure)

        (row,) = nodepool(azure, "list", name=None).data

        assert (row["gpu"], row["size"], row["nodes"]) == ("none", CPU, "4")
        assert (row["intent"], row["hourNow"]) == ("label hardware=gpu", 3.072)
        assert "CpuSize" in {finding["reason"] for finding in row["findings"] if finding["status"] == "FAIL"}

    def test_a_gpu_pool_without_intent_is_unknown(self, azure: LocalAzure) -> None:
        azure.world.add_pool("foreign", vmSize=T4, tags={"cost-center": "ml"})

        (row,) = nodepool(azure, "list", name=None).data

        assert (row["verdict"], row["intent"]) == ("UNKNOWN", None)
        assert "IntentMissing" in {finding["reason"] for finding in row["findings"]}

    def test_a_pool_that_cannot_be_understood_is_unknown(self, azure: LocalAzure) -> None:
        put_our_pool(azure, nodeTaints=["what:is:this"])

        (row,) = nodepool(azure, "list", name=None).data

        assert (row["name"], row["verdict"]) == ("gpu", "UNKNOWN")
        assert "what:is:this" in row["findings"][0]["seen"]

    def test_none_is_said_and_is_an_empty_list(self, azure: LocalAzure) -> None:
        result = nodepool(azure, "list", name=None)

        assert (result.exit_code, result.data) == (0, [])
        assert "has 1 node pool, none of them with GPU intent" in result.stderr

    def test_a_taint_of_the_users_own_counts_as_intent(self, azure: LocalAzure) -> None:
        azure.world.add_pool("own", vmSize=CPU, nodeTaints=["dedicated=gpu:NoSchedule"])

        result = nodepool(azure, "list", name=None, env={"AZURE_AIGPU_TAINT": "dedicated=gpu:NoSchedule"})

        assert [row["name"] for row in result.data] == ["own"]

    def test_everything_is_read_once(self, azure: LocalAzure) -> None:
        put_our_pool(azure)
        put_our_pool(azure, "more")

        nodepool(azure, "list", name=None)

        # The list of pools has a second page, with nothing on it.
        assert routes(azure) == {"cluster": 1, "identity-token": 1, "pools": 2, "prices": 1}

    def test_the_pools_are_asked_for_while_the_cluster_is_still_answering(self, azure: LocalAzure) -> None:
        azure.faults.inject("slow-cluster", seconds=0.5)

        nodepool(azure, "list", name=None)

        (cluster,), (pools, _) = azure.recorded(route="cluster"), azure.recorded(route="pools")
        assert pools.started < cluster.started + cluster.seconds

    def test_a_hundred_pools_take_no_more_requests_than_two(self, azure: LocalAzure) -> None:
        for number in range(100):
            put_our_pool(azure, f"p{number}")

        result = nodepool(azure, "list", name=None)

        assert len(result.data) == 100
        assert routes(azure) == {"cluster": 1, "identity-token": 1, "pools": 2, "prices": 1}

    def test_without_the_price_feed_the_rows_are_there_with_built_in_figures(self, azure: LocalAzure) -> None:
        put_our_pool(azure)
        azure.faults.inject("unavailable-prices")

        (row,) = nodepool(azure, "list", name=None).data

        assert (row["hourNow"], row["cost"]["live"]) == (0.526, False)

    def test_a_spot_pool_has_its_spot_price(self, azure: LocalAzure) -> None:
        put_our_pool(azure, scaleSetPriority="Spot")

        (row,) = nodepool(azure, "list", name=None).data

        assert row["cost"]["spot"] is True
        assert row["hourNow"] < 0.526

    @pytest.mark.parametrize("fault", ["forbidden-pools", "garbage-pools", "forbidden-cluster", "server-error-pools"])
    @pytest.mark.usefixtures("hurried")
    def test_pools_that_cannot_be_read_are_never_an_empty_list(self, azure: LocalAzure, fault: str) -> None:
        azure.faults.inject(fault)
        result = nodepool(azure, "list", name=None)

        assert result.exit_code == 1
        head, below = error_of(result)
        assert "could not be read" in head
        assert below

    def test_a_table_has_a_row_a_pool(self, azure: LocalAzure) -> None:
        put_our_pool(azure)
        put_the_pool_of_the_story(azure)

        result = nodepool(azure, "list", "-o", "table", name=None)

        assert [line.split()[0] for line in result.stdout.splitlines()[2:]] == ["gpu", "story"]


class TestShow:
    def test_shows_every_property_and_what_the_rules_say(self, azure: LocalAzure) -> None:
        pool = put_our_pool(azure, gpuProfile={"driver": "Install", "driverType": "CUDA"})

        data = nodepool(azure, "show").data

        assert pool.properties.items() <= data.items()
        assert data["id"].endswith("/agentPools/gpu")
        assert data["aigpu"]["verdict"] == "PASS"

    def test_shows_a_pool_that_is_no_gpu_pool_too(self, azure: LocalAzure) -> None:
        data = nodepool(azure, "show", name="system").data

        assert (data["name"], data["aigpu"]["verdict"], data["aigpu"]["intent"]) == ("system", "FAIL", None)

    def test_a_query_works_on_it(self, azure: LocalAzure) -> None:
        put_our_pool(azure)

        assert nodepool(azure, "show", "--query", "aigpu.gpu", "-o", "tsv").stdout == "1x T4\n"

    @pytest.mark.parametrize(
        ("cluster", "name"), [pytest.param("aks-train", "none", id="pool"), pytest.param("none", "gpu", id="cluster")]
    )
    def test_what_is_not_there_ends_with_3(self, azure: LocalAzure, cluster: str, name: str) -> None:
        result = nodepool(azure, "show", cluster=cluster, name=name)

        assert result.exit_code == 3
        head, below = error_of(result)
        assert "none" in head
        assert not {"GROUP", "CLUSTER", "POOL"} & set(below.split()), "the names are known"


class TestDelete:
    def test_deletes_the_pool_and_sees_that_it_is_gone(self, azure: LocalAzure) -> None:
        put_our_pool(azure)

        result = nodepool(azure, "delete", "--yes")

        assert (result.exit_code, result.stdout) == (0, "")
        assert writes(azure) == ["DELETE gpu"]
        assert azure.world.cluster().pools.keys() == {"system"}
        last = azure.recorded()[-1]
        assert (last.route, last.status) == ("pool", 404)

    @pytest.mark.parametrize("name", ["story", "foreign"])
    def test_deletes_a_pool_with_gpu_intent_or_a_gpu_size_whoever_made_it(self, azure: LocalAzure, name: str) -> None:
        put_the_pool_of_the_story(azure)
        azure.world.add_pool("foreign", vmSize=T4)

        assert nodepool(azure, "delete", "--yes", name=name).exit_code == 0
        assert writes(azure) == [f"DELETE {name}"]

    def test_leaves_every_other_pool_alone(self, azure: LocalAzure) -> None:
        result = nodepool(azure, "delete", "--yes", name="system")

        assert (result.exit_code, writes(azure)) == (1, [])
        head, below = error_of(result)
        assert "is no GPU pool; nothing was deleted" in head
        assert "az aks nodepool delete -g rg-train --cluster-name aks-train -n system" in below

    def test_asks_first(self, azure: LocalAzure) -> None:
        put_our_pool(azure)

        result = nodepool(azure, "delete")

        assert (result.exit_code, azure.requests) == (1, [])
        assert "--yes" in result.stderr

    def test_no_wait_leaves_while_it_is_being_deleted(self, azure: LocalAzure) -> None:
        azure.world.operation_seconds = 60
        put_our_pool(azure)

        assert nodepool(azure, "delete", "--yes", "--no-wait").exit_code == 0
        assert azure.world.pool("gpu").state == "Deleting"

    def test_an_etag_of_the_users_own_is_held(self, azure: LocalAzure) -> None:
        put_our_pool(azure)

        result = nodepool(azure, "delete", "--yes", "--if-match", "another")

        assert result.exit_code == 1
        assert "made or changed by somebody else" in error_of(result)[0]
        assert "gpu" in azure.world.cluster().pools

    def test_disruption_budgets_are_passed_over_only_when_asked(self, azure: LocalAzure) -> None:
        put_our_pool(azure)
        put_our_pool(azure, "more")

        nodepool(azure, "delete", "--yes")
        nodepool(azure, "delete", "--yes", "--ignore-pdb", name="more")

        asked = [request.query.get("ignore-pod-disruption-budget") for request in azure.recorded(method="DELETE")]
        assert asked == [None, "true"]

    def test_a_pool_that_is_not_there_ends_with_3(self, azure: LocalAzure) -> None:
        result = nodepool(azure, "delete", "--yes", name="none")

        assert (result.exit_code, writes(azure)) == (3, [])


def wait(azure: LocalAzure, *arguments: str, cluster: str = "aks-train") -> tuple[int, str]:
    result = nodepool(azure, "wait", *arguments, "--interval", "1", cluster=cluster)
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    return result.exit_code, result.stderr


class TestWait:
    @pytest.mark.parametrize("condition", ["--created", "--updated", "--exists"])
    def test_a_condition_that_holds_ends_at_once(self, azure: LocalAzure, condition: str) -> None:
        put_our_pool(azure)

        assert wait(azure, condition) == (0, "")

    def test_waits_until_a_pool_is_created(self, azure: LocalAzure) -> None:
        azure.world.operation_seconds = 0.5
        nodepool(azure, "add", "--node-vm-size", T4, "--node-count", "1", "--no-wait")

        assert wait(azure, "--created") == (0, "")
        assert azure.world.pool("gpu").state == "Succeeded"

    def test_waits_until_a_pool_is_gone(self, azure: LocalAzure) -> None:
        azure.world.operation_seconds = 0.5
        put_our_pool(azure)
        nodepool(azure, "delete", "--yes", "--no-wait")

        assert wait(azure, "--deleted") == (0, "")
        assert azure.world.cluster().pools.keys() == {"system"}

    @pytest.mark.parametrize("condition", ["--created", "--updated", "--exists"])
    def test_a_wait_that_runs_out_is_an_error(self, azure: LocalAzure, condition: str) -> None:
        code, told = wait(azure, condition, "--timeout", "1")

        assert code == 1
        assert "Node pool 'gpu' is 'absent' after 1 seconds of waiting" in told
        assert "az aigpu nodepool show" in told

    def test_a_pool_that_stays_is_not_deleted(self, azure: LocalAzure) -> None:
        put_our_pool(azure)

        code, told = wait(azure, "--deleted", "--timeout", "1")

        assert code == 1
        assert "is 'Succeeded' after 1 seconds" in told

    def test_a_failed_pool_is_an_error_at_once(self, azure: LocalAzure) -> None:
        error = {"code": "AllocationFailed", "message": "no room in the region"}
        put_our_pool(azure, state="Failed", count=0).properties["status"] = {"provisioningError": error}

        code, told = wait(azure, "--created")

        assert code == 1
        assert "Node pool 'gpu' is Failed with 0 nodes: no room in the region" in told

    def test_a_pool_of_a_cluster_that_is_not_there_is_not_gone_but_misspelt(self, azure: LocalAzure) -> None:
        code, told = wait(azure, "--deleted", cluster="none")

        assert code == 3
        assert "none" in told

    def test_a_pool_that_cannot_be_read_is_not_gone(self, azure: LocalAzure) -> None:
        azure.faults.inject("forbidden-pool")

        code, told = wait(azure, "--deleted")

        assert code == 1
        assert "could not be read" in told

    def test_no_condition_is_bad_usage(self, azure: LocalAzure) -> None:
        code, told = wait(azure)

        assert (code, azure.requests) == (2, [])
        assert "--created" in told

    @pytest.mark.parametrize("option", ["--interval", "--timeout"])
    def test_a_time_below_a_second_is_bad_usage(self, azure: LocalAzure, option: str) -> None:
        where = ("-g", "rg-train", "--cluster-name", "aks-train", "-n", "gpu")

        result = run(azure, "aigpu", "nodepool", "wait", *where, "--created", option, "-1")

        assert (result.exit_code, azure.requests) == (2, [])
        assert option in error_of(result)[0]
