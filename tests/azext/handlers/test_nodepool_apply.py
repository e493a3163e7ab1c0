"""`az aigpu nodepool apply`: what was approved is what runs, pool by pool, and what became of it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.handlers.commands import CONTRACT, T4, error_of, put_our_pool, sent, writes
from tests.azext.handlers.specs import AS_IT_IS, apply, outcomes, planned
from tests.azext.specs.given import a_document, cluster

pytestmark = pytest.mark.core


def test_what_was_planned_is_made(azure: LocalAzure, tmp_path: Path) -> None:
    digest = planned(azure, tmp_path, a_document(tags={"cost-center": "ml"}))

    result = apply(azure, tmp_path, digest)

    assert result.exit_code == 0, result.stderr
    assert outcomes(result) == {"gpu": "done"}
    (put,) = azure.recorded(method="PUT")
    assert put.headers["if-none-match"] == "*"
    assert put.body["properties"] == json.loads((tmp_path / "plan.json").read_text("utf-8"))["steps"][0]["properties"]
    assert azure.world.pool("gpu").properties["nodeLabels"] == {**CONTRACT, "aigpu.io/price-hour": "0.526"}
    assert "Cost: 1 x Standard_NC4as_T4_v3 x $0.526/h" in result.stderr


def test_a_change_is_sent_whole_with_the_etag_of_now(azure: LocalAzure, tmp_path: Path) -> None:
    pool = put_our_pool(azure, nodeInitializationTaints=["a=b:NoSchedule"])
    digest = planned(azure, tmp_path, a_document(nodeCount=2, **AS_IT_IS))
    pool.properties["nodeImageVersion"] = "newer"
    pool.touch("Succeeded")
    etag = pool.etag

    result = apply(azure, tmp_path, digest)

    assert result.exit_code == 0, result.stderr
    assert azure.recorded(method="PUT")[0].headers["if-match"] == etag
    body = sent(azure)
    assert (body["count"], body["nodeImageVersion"]) == (2, "newer")
    assert body["nodeInitializationTaints"] == ["a=b:NoSchedule"]


@pytest.mark.parametrize("fault", ["fewer-nodes", "taints-dropped", "other-size"])
def test_less_than_was_asked_is_not_done(azure: LocalAzure, tmp_path: Path, fault: str) -> None:
    digest = planned(azure, tmp_path, a_document(nodeCount=2))
    azure.faults.inject(fault)

    result = apply(azure, tmp_path, digest)

    assert result.exit_code == 1
    assert outcomes(result) == {"gpu": "differs"}
    assert "Azure reported success, but node pool 'gpu' is not what was asked for." in result.data[0]["detail"]


def test_a_lack_of_capacity_is_told_and_a_new_plan_goes_on(azure: LocalAzure, tmp_path: Path) -> None:
    documents = (a_document("a"), a_document("b"))
    digest = planned(azure, tmp_path, *documents)
    azure.faults.inject("allocation-failed", times=1)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, outcomes(result)) == (1, {"a": "failed", "b": "done"})
    assert (
        "Azure left the pool 'a' Failed with 0 nodes. To try again: a new plan with --replace-failed" in result.stderr
    )
    assert "What is done stays done. Make a new plan" in result.stderr

    again = planned(azure, tmp_path, *documents, options=("--replace-failed",))
    assert apply(azure, tmp_path, again).exit_code == 1  # nobody can be asked whether to delete
    resumed = apply(azure, tmp_path, again, "--yes")

    assert (resumed.exit_code, outcomes(resumed)) == (0, {"a": "done", "b": "unchanged"})
    assert writes(azure) == ["PUT a", "PUT b", "DELETE a", "PUT a"]


@pytest.mark.usefixtures("hurried")
def test_another_operation_on_the_cluster_is_waited_for(azure: LocalAzure, tmp_path: Path) -> None:
    digest = planned(azure, tmp_path, a_document())
    azure.faults.inject("operation-in-progress", times=2)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, outcomes(result)) == (0, {"gpu": "done"})
    assert writes(azure) == ["PUT gpu"] * 3


def test_one_pool_of_a_cluster_is_written_at_a_time_and_judged_right_before(azure: LocalAzure, tmp_path: Path) -> None:
    digest = planned(azure, tmp_path, a_document("a"), a_document("b"))

    assert apply(azure, tmp_path, digest).exit_code == 0

    order = [(request.method, request.route) for request in azure.recorded()]
    first, second = (number for number, (method, _) in enumerate(order) if method == "PUT")
    between = [route for _, route in order[first:second]]
    assert {"operation", "pools", "usages"} <= set(between)
    assert between.index("operation") < between.index("usages")


def test_clusters_are_written_side_by_side(azure: LocalAzure, tmp_path: Path) -> None:
    documents = [a_document(cluster=cluster(name)) for name in ("aks-train", "aks-west")]
    digest = planned(azure, tmp_path, *documents)
    azure.world.operation_seconds = 2.0

    result = apply(azure, tmp_path, digest)

    assert result.exit_code == 0, result.stderr
    # A pool is read back once its operation has ended: both requests came before that.
    order = [request.route for request in azure.recorded() if request.route in ("pool-put", "pool")]
    assert order[:2] == ["pool-put", "pool-put"]


def test_a_failure_on_one_cluster_does_not_stop_another(azure: LocalAzure, tmp_path: Path) -> None:
    digest = planned(azure, tmp_path, a_document("a"), a_document("b", cluster=cluster("aks-west"), nodeVmSize=T4))
    azure.faults.inject("policy-denied", times=1)

    result = apply(azure, tmp_path, digest)

    assert result.exit_code == 1
    assert sorted(outcomes(result).values()) == ["done", "failed"]


def test_a_pool_is_never_replaced(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure, "old")
    digest = planned(azure, tmp_path, a_document("old", nodeVmSize="Standard_NC8as_T4_v3"), a_document())

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, outcomes(result)) == (1, {"old": "not-done", "gpu": "done"})
    assert writes(azure) == ["PUT gpu"]


def test_nothing_to_do_is_done(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    digest = planned(azure, tmp_path, a_document(**AS_IT_IS))

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, outcomes(result), writes(azure)) == (0, {"gpu": "unchanged"}, [])


def test_nodes_that_run_are_not_taken_away_unasked(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure, count=3)
    digest = planned(azure, tmp_path, a_document(nodeCount=1, **AS_IT_IS))

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    head, below = error_of(result)
    assert head == "This may take away nodes that run, or deletes a Failed pool: aks-train/gpu. Nothing was sent."
    assert "--yes" in below
    assert apply(azure, tmp_path, digest, "--yes").exit_code == 0


def test_the_outcomes_are_a_table(azure: LocalAzure, tmp_path: Path) -> None:
    digest = planned(azure, tmp_path, a_document())

    header, _, row = apply(azure, tmp_path, digest, "-o", "table").stdout.rstrip().splitlines()

    assert header.split() == ["Action", "Pool", "Outcome", "Detail"]
    assert row.split() == ["create", "aks-train/gpu", "done"]
