"""A name that is taken is refused; a pool that a failed try has left is named as that."""

from __future__ import annotations

import pytest

from aigpu_contract.reading import Known
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.rules import name_free
from tests.azext.rules.given import A100, NO_ANSWER, a_cloud, a_pool, a_spec, told

OURS = {"nodeLabels": {"aigpu.io/sku": A100}}
CASES: dict[str, tuple[tuple[Pool, ...], list[str]]] = {
    "no pools": ((), []),
    "other pools": ((a_pool("system"), a_pool("train2")), []),
    "taken": ((a_pool(count=2, provisioningState="Succeeded"),), ["FAIL PoolExists"]),
    "taken in another case": ((a_pool("Train"),), ["FAIL PoolExists"]),
    "ours, failed, empty": ((a_pool(count=0, provisioningState="Failed", **OURS),), ["FAIL PoolLeftFailed"]),
    "ours by its tag, failed, empty": (
        (a_pool(count=0, provisioningState="Failed", tags={"aigpu-spec": "train"}),),
        ["FAIL PoolLeftFailed"],
    ),
    "ours, failed, a number that is not told": (
        (a_pool(provisioningState="Failed", **OURS),),
        ["FAIL PoolExists"],
    ),
    "ours, failed, with nodes": ((a_pool(count=1, provisioningState="Failed", **OURS),), ["FAIL PoolExists"]),
    "ours, empty, well": ((a_pool(count=0, provisioningState="Succeeded", **OURS),), ["FAIL PoolExists"]),
    "another's, failed, empty": ((a_pool(count=0, provisioningState="Failed"),), ["FAIL PoolExists"]),
}


@pytest.mark.parametrize(("pools", "findings"), CASES.values(), ids=CASES.keys())
def test_name_free(pools: tuple[Pool, ...], findings: list[str]) -> None:
    assert told(name_free, name_free.review(a_spec(), a_cloud(pools=Known(pools)))) == findings


def test_pools_that_could_not_be_read_leave_it_open() -> None:
    assert told(name_free, name_free.review(a_spec(), a_cloud(pools=NO_ANSWER))) == ["UNKNOWN PoolsUnknown"]


def test_replacing_is_proposed_only_for_what_a_failed_try_has_left() -> None:
    failed = a_cloud(pools=Known((a_pool(count=0, provisioningState="Failed", **OURS),)))
    alive = a_cloud(pools=Known((a_pool(count=3, vmSize=A100, provisioningState="Succeeded", **OURS),)))
    (left,), (taken,) = name_free.review(a_spec(), failed), name_free.review(a_spec(), alive)
    assert left.next_step.startswith("--replace-failed")
    assert "--replace-failed" not in taken.next_step
    assert taken.seen == f"train: 3 x {A100}, Succeeded"
