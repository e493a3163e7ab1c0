"""`az aigpu nodepool apply`: what moved since the plan was made is told, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.handlers.commands import TAINT, error_of, put_our_pool, sent, writes
from tests.azext.handlers.specs import AS_IT_IS, apply, outcomes, planned
from tests.azext.specs.given import a_document

pytestmark = pytest.mark.core


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
    first = planned(azure, ada, a_document(nodeCount=2, **AS_IT_IS))
    second = planned(azure, bob, a_document(maxSurge="1", **AS_IT_IS))

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
    digest = planned(azure, tmp_path, a_document(nodeCount=None, minCount=0, maxCount=6, **AS_IT_IS))
    meddle(pool)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert told in error_of(result)[1]


def test_what_the_autoscaler_did_in_the_meantime_is_no_obstacle(azure: LocalAzure, tmp_path: Path) -> None:
    pool = put_our_pool(azure, enableAutoScaling=True, minCount=0, maxCount=5)
    digest = planned(azure, tmp_path, a_document(nodeCount=None, minCount=0, maxCount=6, **AS_IT_IS))
    pool.properties["count"] = 4
    pool.touch("Succeeded")

    result = apply(azure, tmp_path, digest)

    assert result.exit_code == 0, result.stderr
    assert "count" not in sent(azure)


def test_switching_the_autoscaler_off_leaves_the_nodes_that_were_approved(azure: LocalAzure, tmp_path: Path) -> None:
    pool = put_our_pool(azure, count=2, enableAutoScaling=True, minCount=0, maxCount=5)
    digest = planned(azure, tmp_path, a_document(nodeCount=2, **AS_IT_IS))
    pool.properties["count"] = 4
    pool.touch("Succeeded")

    assert apply(azure, tmp_path, digest).exit_code == 1  # two nodes would go, and nobody can be asked
    result = apply(azure, tmp_path, digest, "--yes")

    assert result.exit_code == 0, result.stderr
    assert (sent(azure)["enableAutoScaling"], sent(azure)["count"]) == (False, 2)


def test_a_pool_that_is_gone_is_not_made_by_a_change(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    digest = planned(azure, tmp_path, a_document(nodeCount=2, **AS_IT_IS))
    del azure.world.cluster().pools["gpu"]

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert '(the pool): "there" -> "gone"' in error_of(result)[1]


def test_pools_that_can_no_longer_be_listed_are_not_taken_for_unmoved(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    digest = planned(azure, tmp_path, a_document(nodeCount=2, **AS_IT_IS))
    azure.faults.inject("forbidden-pools")

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "could not be read" in error_of(result)[1]


def test_a_leftover_that_came_to_life_is_not_deleted(azure: LocalAzure, tmp_path: Path) -> None:
    pool = put_our_pool(azure, state="Failed", count=0)
    digest = planned(azure, tmp_path, a_document(), options=("--replace-failed",))
    pool.properties["count"] = 1
    pool.touch("Succeeded")

    result = apply(azure, tmp_path, digest, "--yes")

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "(the Failed pool)" in error_of(result)[1]


def test_what_moves_while_the_first_pool_is_made_stops_the_second(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure, "b")
    digest = planned(azure, tmp_path, a_document("a"), a_document("b", nodeCount=2, **AS_IT_IS))

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
    digest = planned(azure, tmp_path, a_document(**AS_IT_IS), *others)
    meddle(pool)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    head, below = error_of(result)
    assert head == f"1 of {1 + len(others)} steps may not be done any more; nothing was sent."
    assert below.startswith("aks-train/gpu is not what the plan was made for")
    assert told in below


def test_a_pool_that_was_to_stay_and_cannot_be_read_is_no_success(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    digest = planned(azure, tmp_path, a_document(**AS_IT_IS))
    azure.faults.inject("forbidden-pools")

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert error_of(result)[1].startswith("aks-train/gpu: ")
