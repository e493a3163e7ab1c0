"""`az aigpu nodepool apply`: what was approved is what runs; anything else is refused, with what moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.world import Reservation, Subscription, build_cluster
from tests.azext.core.harness import run
from tests.azext.handlers.commands import CONTRACT, T4, TAINT, error_of, put_our_pool, sent, writes
from tests.azext.handlers.specs import apply, edit, outcomes, planned
from tests.azext.specs.given import SUBSCRIPTION, a_document, cluster

pytestmark = pytest.mark.core

OTHER = "a16b0000-0000-4000-8000-000000000002"
OLD = {"tags": {"cost-center": "ml"}, "labels": {"team": "vision"}}
"""What a spec says of a pool that `put_our_pool` has made."""


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
    digest = planned(azure, tmp_path, a_document(nodeCount=2, **OLD))
    pool.properties["nodeImageVersion"] = "newer"
    pool.touch("Succeeded")
    etag = pool.etag

    result = apply(azure, tmp_path, digest)

    assert result.exit_code == 0, result.stderr
    assert azure.recorded(method="PUT")[0].headers["if-match"] == etag
    body = sent(azure)
    assert (body["count"], body["nodeImageVersion"]) == (2, "newer")
    assert body["nodeInitializationTaints"] == ["a=b:NoSchedule"]


@pytest.mark.parametrize("content", ['{"planned_values": {}}', "kind: GpuNodePool\n"], ids=["of Terraform", "a spec"])
def test_a_file_that_is_no_plan_is_bad_input_as_it_is_for_check(
    azure: LocalAzure, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "other.json"
    file.write_text(content, "utf-8")

    result = run(azure, "aigpu", "nodepool", "apply", "--plan-file", str(file), "--digest", "sha256:" + "0" * 64)

    assert result.exit_code == 2
    head, below = error_of(result)
    assert head.startswith("--plan-file: ")
    assert "az aigpu nodepool plan --file SPEC" in below
    assert azure.requests == []


def test_of_two_people_who_plan_the_same_the_second_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    ada, bob = tmp_path / "ada", tmp_path / "bob"
    for place in (ada, bob):
        place.mkdir()
    first = planned(azure, ada, a_document())
    second = planned(azure, bob, a_document(nodeCount=2))

    assert apply(azure, ada, first).exit_code == 0
    result = apply(azure, bob, second)

    assert result.exit_code == 1
    assert writes(azure) == ["PUT gpu"]
    head, below = error_of(result)
    assert head == "1 of 1 steps may not be done any more; nothing was sent."
    assert 'aks-train/gpu is not what the plan was made for (planned -> now):\n  ~ (the pool): "absent"' in below
    assert "Make a new plan" in below


def test_of_two_people_who_change_the_same_the_second_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    ada, bob = tmp_path / "ada", tmp_path / "bob"
    for place in (ada, bob):
        place.mkdir()
    first = planned(azure, ada, a_document(nodeCount=2, **OLD))
    second = planned(azure, bob, a_document(maxSurge="1", **OLD))

    assert apply(azure, ada, first).exit_code == 0
    result = apply(azure, bob, second)

    assert (result.exit_code, writes(azure)) == (1, ["PUT gpu"])
    assert "  ~ count: 1 -> 2" in error_of(result)[1]


def taint(pool: Any) -> None:
    pool.properties["nodeTaints"] = []


def shrink(pool: Any) -> None:
    pool.properties["maxCount"] = 9


@pytest.mark.parametrize(
    ("meddle", "told"),
    [
        pytest.param(taint, f'~ nodeTaints: ["{TAINT}"] -> []', id="taint"),
        pytest.param(shrink, "~ maxCount: 5 -> 9", id="bound"),
    ],
)
def test_a_pool_that_was_edited_in_the_meantime_is_refused(
    azure: LocalAzure, tmp_path: Path, meddle: Callable[[Any], None], told: str
) -> None:
    pool = put_our_pool(azure, enableAutoScaling=True, minCount=0, maxCount=5)
    digest = planned(azure, tmp_path, a_document(nodeCount=None, minCount=0, maxCount=6, **OLD))
    meddle(pool)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert told in error_of(result)[1]


def test_what_the_autoscaler_did_in_the_meantime_is_no_obstacle(azure: LocalAzure, tmp_path: Path) -> None:
    pool = put_our_pool(azure, enableAutoScaling=True, minCount=0, maxCount=5)
    digest = planned(azure, tmp_path, a_document(nodeCount=None, minCount=0, maxCount=6, **OLD))
    pool.properties["count"] = 4
    pool.touch("Succeeded")

    result = apply(azure, tmp_path, digest)

    assert result.exit_code == 0, result.stderr
    assert "count" not in sent(azure)


def test_switching_the_autoscaler_off_leaves_the_nodes_that_were_approved(azure: LocalAzure, tmp_path: Path) -> None:
    pool = put_our_pool(azure, count=2, enableAutoScaling=True, minCount=0, maxCount=5)
    digest = planned(azure, tmp_path, a_document(nodeCount=2, **OLD))
    pool.properties["count"] = 4
    pool.touch("Succeeded")

    assert apply(azure, tmp_path, digest).exit_code == 1  # two nodes would go, and nobody can be asked
    result = apply(azure, tmp_path, digest, "--yes")

    assert result.exit_code == 0, result.stderr
    assert (sent(azure)["enableAutoScaling"], sent(azure)["count"]) == (False, 2)


def test_a_pool_that_is_gone_is_not_made_by_a_change(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    digest = planned(azure, tmp_path, a_document(nodeCount=2, **OLD))
    del azure.world.cluster().pools["gpu"]

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert '(the pool): "there" -> "gone"' in error_of(result)[1]


def test_a_plan_that_was_edited_by_hand_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    digest = planned(azure, tmp_path, a_document())
    path = tmp_path / "plan.json"
    path.write_text(path.read_text("utf-8").replace('"count": 1', '"count": 8'), encoding="utf-8")
    azure.requests.clear()

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, azure.requests) == (1, [])
    assert "is not as it was made: its digest is" in error_of(result)[0]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param({"expires": "2020-01-01T00:00:00Z"}, "The plan expired at 2020-01-01T00:00:00Z", id="expired"),
        pytest.param({"endpoint": "https://evil.example.com"}, "The plan is for https://evil.example.com", id="host"),
        pytest.param({"version": "0.0.1"}, "The plan was made by version 0.0.1", id="version"),
        pytest.param({"created": "2999-01-01T00:00:00Z"}, "a clock is wrong", id="clock"),
    ],
)
def test_a_plan_for_another_time_place_or_version_is_refused_before_anything_is_asked(
    azure: LocalAzure, tmp_path: Path, values: dict[str, Any], told: str
) -> None:
    planned(azure, tmp_path, a_document())
    digest = edit(tmp_path, **values)
    azure.requests.clear()

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, azure.requests) == (1, [])
    assert told in error_of(result)[0]


def test_another_plan_than_the_approved_one_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    approved = planned(azure, tmp_path, a_document())
    planned(azure, tmp_path, a_document(nodeCount=2))

    result = apply(azure, tmp_path, approved)

    assert (result.exit_code, writes(azure)) == (1, [])
    head, below = error_of(result)
    assert head == "The plan is not the one that was approved."
    assert f"  approved  {approved}\n" in below


def test_a_digest_that_is_none_ends_with_2(azure: LocalAzure, tmp_path: Path) -> None:
    result = apply(azure, tmp_path, "yes")

    assert result.exit_code == 2
    assert "--digest: 'yes' is not a digest." in result.stderr


def step_of(directory: Path, **values: Any) -> list[dict[str, Any]]:
    (step,) = json.loads((directory / "plan.json").read_text("utf-8"))["steps"]
    return [{**step, **values}]


def test_a_subscription_that_the_login_has_not_got_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    planned(azure, tmp_path, a_document())
    digest = edit(tmp_path, steps=step_of(tmp_path, cluster=cluster(subscription=OTHER)))
    azure.requests.clear()

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, azure.requests) == (1, [])
    assert f"Your login has no subscription {OTHER}, which the plan names." in error_of(result)[0]


def test_another_subscription_than_the_one_given_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    clusters = [build_cluster("aks-2", "eastus")]
    azure.world.subscriptions.append(Subscription(OTHER, "second", clusters=clusters))
    digest = planned(azure, tmp_path, a_document())

    result = apply(azure, tmp_path, digest, "--subscription", OTHER)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert f"The plan is for subscription {SUBSCRIPTION}, and --subscription is {OTHER}." in error_of(result)[0]


def test_a_plan_from_outside_is_judged_by_every_rule(azure: LocalAzure, tmp_path: Path) -> None:
    """Whoever can compute a digest can write a plan for a CPU pool; the rules are asked all the same."""
    planned(azure, tmp_path, a_document())
    (step,) = step_of(tmp_path)
    properties = {**step["properties"], "vmSize": "Standard_D16s_v5"}
    digest = edit(tmp_path, steps=[{**step, "properties": properties}])

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "FAIL    sku-is-cuda-gpu:" in error_of(result)[1]


def test_the_cloud_is_judged_again(azure: LocalAzure, tmp_path: Path) -> None:
    digest = planned(azure, tmp_path, a_document())
    azure.world.subscription.set_quota("eastus", "cores", limit=0)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "FAIL    quota:" in error_of(result)[1]


def test_pools_that_each_fit_and_not_together_are_refused_before_the_first_is_made(
    azure: LocalAzure, tmp_path: Path
) -> None:
    documents = (a_document("a", maxSurge="0"), a_document("b", maxSurge="0"))
    digest = planned(azure, tmp_path, *documents)
    used = azure.world.subscription.quota("eastus", "cores").used
    azure.world.subscription.set_quota("eastus", "cores", limit=used + 7)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    head, below = error_of(result)
    assert head == "1 of 2 steps may not be done any more; nothing was sent."
    assert below.startswith("aks-train/b:\n  FAIL    quota:")
    assert "4 for what stands before it, 3 left" in below


def test_pools_that_draw_on_one_reservation_are_refused_before_the_first_is_made(
    azure: LocalAzure, tmp_path: Path
) -> None:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-train/providers/Microsoft.Compute"
    held = {"maxSurge": "0", "crgId": f"{group}/capacityReservationGroups/held"}
    azure.world.subscription.reservations["held"] = [Reservation(T4, 2)]
    digest = planned(azure, tmp_path, a_document("a", **held), a_document("b", **held))
    azure.world.subscription.set_quota("eastus", "Standard NCASv3_T4 Family", limit=0)
    azure.world.subscription.reservations["held"] = [Reservation(T4, 1)]

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert error_of(result)[1].startswith("aks-train/b:\n  FAIL    quota:")


def test_a_change_is_judged_again_too(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    digest = planned(azure, tmp_path, a_document(nodeCount=5, **OLD))
    azure.world.subscription.set_quota("eastus", "cores", limit=0)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "FAIL    quota:" in error_of(result)[1]


def test_a_change_from_outside_is_judged_by_every_rule(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    planned(azure, tmp_path, a_document(nodeCount=2, **OLD))
    (step,) = step_of(tmp_path)
    wrong = {**step["properties"]["nodeLabels"], "hardware": "cpu"}
    change = {"path": "nodeLabels", "before": step["properties"]["nodeLabels"], "after": wrong}
    values = {"properties": {**step["properties"], "nodeLabels": wrong}, "changes": [*step["changes"], change]}
    digest = edit(tmp_path, steps=step_of(tmp_path, **values))

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "FAIL    contract-labels:" in error_of(result)[1]


def test_pools_that_can_no_longer_be_listed_are_not_taken_for_unmoved(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    digest = planned(azure, tmp_path, a_document(nodeCount=2, **OLD))
    azure.faults.inject("forbidden-pools")

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "could not be read" in error_of(result)[1]


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


def test_a_leftover_that_came_to_life_is_not_deleted(azure: LocalAzure, tmp_path: Path) -> None:
    pool = put_our_pool(azure, state="Failed", count=0)
    digest = planned(azure, tmp_path, a_document(), options=("--replace-failed",))
    pool.properties["count"] = 1
    pool.touch("Succeeded")

    result = apply(azure, tmp_path, digest, "--yes")

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "(the Failed pool)" in error_of(result)[1]


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


def test_what_moves_while_the_first_pool_is_made_stops_the_second(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure, "b")
    digest = planned(azure, tmp_path, a_document("a"), a_document("b", nodeCount=2, **OLD))

    class Meddler:
        """Somebody who changes pool b while pool a is made."""

        def __init__(self) -> None:
            self.start_operation = azure.world.start_operation

        def __call__(self, *arguments: Any, **options: Any) -> Any:
            azure.world.cluster().pools["b"].properties["maxPods"] = 30
            return self.start_operation(*arguments, **options)

    azure.world.start_operation = Meddler()  # type: ignore[method-assign]

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, outcomes(result)) == (1, {"a": "done", "b": "refused"})
    assert writes(azure) == ["PUT a"]
    assert "maxPods: 110 -> 30" in result.data[1]["detail"]


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
    digest = planned(azure, tmp_path, a_document(**OLD))

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, outcomes(result), writes(azure)) == (0, {"gpu": "unchanged"}, [])


def resize(pool: Any) -> None:
    pool.properties["count"] = 9


def fail(pool: Any) -> None:
    pool.touch("Failed")


@pytest.mark.parametrize(
    ("meddle", "told"),
    [
        pytest.param(taint, "~ nodeTaints:", id="taint"),
        pytest.param(resize, "~ count: 1 -> 9", id="count"),
        pytest.param(fail, '~ provisioningState: "Succeeded" -> "Failed"', id="failed"),
    ],
)
@pytest.mark.parametrize("others", [(), (a_document("new"),)], ids=["alone", "beside-a-new-one"])
def test_a_pool_that_was_to_stay_as_it_is_and_did_not_is_no_success(
    azure: LocalAzure, tmp_path: Path, meddle: Callable[[Any], None], told: str, others: tuple[Any, ...]
) -> None:
    pool = put_our_pool(azure)
    digest = planned(azure, tmp_path, a_document(**OLD), *others)
    meddle(pool)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    head, below = error_of(result)
    assert head == f"1 of {1 + len(others)} steps may not be done any more; nothing was sent."
    assert below.startswith("aks-train/gpu is not what the plan was made for")
    assert told in below


def test_a_pool_that_was_to_stay_and_cannot_be_read_is_no_success(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    digest = planned(azure, tmp_path, a_document(**OLD))
    azure.faults.inject("forbidden-pools")

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert error_of(result)[1].startswith("aks-train/gpu: ")


def test_nodes_that_run_are_not_taken_away_unasked(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure, count=3)
    digest = planned(azure, tmp_path, a_document(nodeCount=1, **OLD))

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


def test_a_file_that_is_not_there_ends_with_2(azure: LocalAzure, tmp_path: Path) -> None:
    result = run(azure, "aigpu", "nodepool", "apply", "--plan-file", str(tmp_path / "x"), "--digest", "0" * 64)

    assert result.exit_code == 2
    assert "cannot be read" in result.stderr
