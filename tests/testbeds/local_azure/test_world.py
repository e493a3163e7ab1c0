from __future__ import annotations

from typing import Any

import pytest

from testbeds.local_azure.exchange import ArmError
from testbeds.local_azure.world import Subscription, World, build_cluster
from tests.testbeds.local_azure.calls import A100, Clock


def test_an_operation_ends_by_the_clock_and_only_once() -> None:
    clock = Clock()
    world = World([Subscription("s", "s")], operation_seconds=10, clock=clock)
    finished: list[str] = []
    operation = world.start_operation("create", "eastus", lambda: finished.append("x"))
    for _ in range(50):
        world.settle()
    assert (operation.status, finished) == ("InProgress", [])
    clock.now += 10
    world.settle()
    world.settle()
    assert (operation.status, finished) == ("Succeeded", ["x"])


def test_an_operation_with_an_error_ends_as_failed() -> None:
    clock = Clock()
    world = World([], operation_seconds=0, clock=clock)
    operation = world.start_operation("create", "eastus", lambda: None, ArmError(409, "AllocationFailed", "no"))
    world.settle()
    assert operation.status == "Failed"


@pytest.mark.parametrize(
    ("properties", "name", "used"),
    [
        pytest.param({"vmSize": A100, "count": 2}, "StandardNCADSA100v4Family", 24 + 48, id="family"),
        pytest.param({"vmSize": A100, "count": 2}, "standardncadsa100v4family", 24 + 48, id="family-in-lower-case"),
        pytest.param({"vmSize": A100, "count": 2}, "cores", 36 + 48, id="regional"),
        pytest.param({"vmSize": A100, "count": 2}, "lowPriorityCores", 0, id="not-spot"),
        pytest.param(
            {"vmSize": A100, "count": 2, "scaleSetPriority": "Spot"},
            "lowPriorityCores",
            48,
            id="spot-quota-of-the-region",
        ),
        pytest.param(
            {"vmSize": A100, "count": 2, "scaleSetPriority": "Spot"},
            "StandardNCADSA100v4Family",
            24,
            id="spot-spares-family",
        ),
    ],
)
def test_the_nodes_of_a_pool_count_against_the_quota(properties: dict[str, Any], name: str, used: int) -> None:
    world = World.default()
    world.add_pool("gpu", **properties)
    assert world.subscription.quota("eastus", name).used == used


def test_pools_of_another_region_do_not_count() -> None:
    world = World.default()
    world.add_pool("gpu", "aks-west", vmSize=A100, count=1)
    assert world.subscription.quota("eastus", "cores").used == 36
    assert world.subscription.quota("westeurope", "cores").used == 12 + 24


def test_a_given_quota_comes_before_the_default() -> None:
    world = World.default()
    world.subscription.set_quota("eastus", "standardNDSH100v5Family", 192, used=96)
    assert world.subscription.quota("eastus", "standardndsh100v5family").left == 96
    assert world.subscription.quota("uksouth", "standardNDSH100v5Family").limit == 0


def test_clusters_are_found_in_any_case() -> None:
    subscription = Subscription("s", "s", clusters=[build_cluster("aks", "eastus")])
    assert subscription.find_cluster("RG-TRAIN", "Aks") is subscription.clusters[0]
    assert subscription.find_cluster("other", "aks") is None


def test_the_default_world_has_the_four_clusters() -> None:
    world = World.default()
    assert world.cluster("aks-nap").auto_provisioning
    assert world.cluster("aks-stopped").stopped
    assert world.cluster("aks-west").location == "westeurope"
    assert not world.cluster("aks-train").stopped
