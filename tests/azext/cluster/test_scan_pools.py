from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.finding import Status
from aigpu_contract.reading import Known
from azext_aigpu.cluster.node_facts import parse_node
from azext_aigpu.cluster.node_verdict import Surroundings
from azext_aigpu.cluster.scan_pools import review_idle, review_pool
from azext_aigpu.cluster.sightings import Sighting
from tests.azext.cluster.given import CPU, INTENT, ago, around, node

STORY: dict[str, Any] = {"size": CPU, "offers": {}, "created": ago(days=3)}
"""A pool whose size was mistyped."""


def review(*nodes: dict[str, Any], pool: str = "gpu", surroundings: Surroundings | None = None) -> list[Sighting]:
    return list(review_pool(pool, [parse_node(one) for one in nodes], surroundings or around()))


def test_a_pool_labelled_gpu_of_a_cpu_size_is_found_with_what_it_cost() -> None:
    (seen,) = review(node("a", **STORY), node("b", **STORY))

    assert (seen.status, seen.finding.reason, seen.what) == (Status.FAIL, "NoGPUOnGPUPool", "Node pool gpu")
    assert seen.finding.problem == "2 of 2 nodes of a GPU pool offer no GPU"
    assert seen.finding.seen == f"{CPU} is a general purpose CPU size and has no GPU"
    assert seen.finding.wanted == "GPUs, as label aigpu.io/sku says"
    assert seen.hourly == Decimal("1.536")
    assert seen.so_far == Decimal("110.60")  # two nodes, three days


@pytest.mark.parametrize(
    ("changes", "pool", "settings", "status", "by"),
    [
        pytest.param(
            {"labels": {"hardware": "gpu"}, "taints": ()}, "x", {}, Status.FAIL, "label hardware=gpu", id="label"
        ),
        pytest.param({"labels": {}}, "x", {}, Status.FAIL, "taint sku", id="taint"),
        pytest.param(
            {"labels": {}, "taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]},
            "x", {}, Status.FAIL, "taint nvidia.com/gpu", id="nvidias-taint",
        ),
        pytest.param(
            {"labels": {}, "taints": (), "pool": "x"}, "x", {"gpu_pools": frozenset({"x"})},
            Status.FAIL, "--gpu-pools", id="named-by-option",
        ),
        pytest.param(
            {"labels": {}, "taints": (), "pool": "x"}, "x", {"intents": Known({"x": INTENT})},
            Status.FAIL, "label aigpu.io/sku", id="configmap",
        ),
        pytest.param({"labels": {}, "taints": ()}, "gpupool1", {}, Status.WARN, "the pool's name", id="name"),
        pytest.param({"labels": {}, "taints": ()}, "a100spot", {}, Status.WARN, "the pool's name", id="model-in-name"),
    ],
)  # fmt: skip
def test_what_makes_it_a_gpu_pool_is_said(
    changes: dict[str, Any], pool: str, settings: dict[str, Any], status: Status, by: str
) -> None:
    (seen,) = review(node(**{**STORY, **changes}), pool=pool, surroundings=around(**settings))

    assert seen.status is status
    assert by in seen.finding.wanted


@pytest.mark.parametrize("pool", ["cpu", "system", "nodepool1", ""])
def test_a_cpu_pool_is_left_alone(pool: str) -> None:
    assert review(node(**{**STORY, "labels": {}, "taints": ()}), pool=pool) == []


def test_a_gpu_size_without_a_device_plugin_is_found_whoever_made_it() -> None:
    (seen,) = review(node(labels={}, taints=(), offers={"nvidia.com/gpu": "0"}), pool="x")

    assert (seen.status, seen.finding.reason) == (Status.FAIL, "NoGPUOnGPUPool")
    assert "device-plugin" in seen.finding.next_step


def test_a_gpu_node_that_has_just_come_is_unknown_and_not_wrong() -> None:
    (seen,) = review(node(offers={}, created=ago(minutes=5)))

    assert (seen.status, seen.finding.reason) == (Status.UNKNOWN, "GPUsNotOfferedYet")


def test_a_cpu_size_is_wrong_from_the_first_minute() -> None:
    (seen,) = review(node(**{**STORY, "created": ago(minutes=1)}))

    assert seen.status is Status.FAIL


def test_only_the_nodes_that_offer_none_are_named() -> None:
    (seen,) = review(node("good"), node("bad", offers={}))

    assert (seen.finding.problem, seen.nodes) == ("1 of 2 nodes of a GPU pool offers no GPU", ("bad",))


def test_a_pool_that_offers_its_gpus_otherwise_is_not_held_to_a_count() -> None:
    assert review(node(labels={**INTENT, "aigpu.io/resource": "none"}, offers={})) == []


def test_that_gpus_come_by_claims_does_not_make_gpus_of_a_cpu_size() -> None:
    (seen,) = review(node(**{**STORY, "labels": {**INTENT, "aigpu.io/resource": "none"}}))

    assert (seen.status, seen.finding.reason) == (Status.FAIL, "NoGPUOnGPUPool")


@pytest.mark.parametrize("resource", ["nvidia.com/hostdev", "nvidia.com/mlnxnics", "nvidia.com/rdma_shared"])
def test_network_cards_of_the_same_domain_are_no_gpus(resource: str) -> None:
    (seen,) = review(node(**{**STORY, "offers": {resource: "8"}}))

    assert seen.status is Status.FAIL


def test_a_name_of_its_own_is_taken_for_what_the_label_says() -> None:
    labels = {**INTENT, "aigpu.io/resource": "a100-shared"}

    assert review(node(labels=labels, offers={"nvidia.com/a100-shared": "4"})) == []


@pytest.mark.parametrize("resource", ["nvidia.com/gpu", "nvidia.com/gpu.shared", "nvidia.com/mig-1g.10gb"])
def test_a_pool_that_offers_any_part_of_a_gpu_is_one(resource: str) -> None:
    assert review(node(offers={resource: "1"})) == []


def test_gpus_that_nobody_asks_for_are_told_by_pool() -> None:
    nodes = [parse_node(one) for one in (node("a"), node("b"), node("c", offers={}), node("d", pool="other"))]

    found = list(review_idle(nodes, {"a": 1}, around()))

    assert [(one.pool, one.nodes, one.status) for one in found] == [
        ("gpu", ("b",), Status.WARN),
        ("other", ("d",), Status.WARN),
    ]
    assert found[0].finding.seen == "1 nvidia.com/gpu on b"
    assert found[0].hourly is not None
    assert found[0].so_far is None
