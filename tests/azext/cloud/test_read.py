"""Reading the cloud: each call once, in parallel, and Unknown with the reason wherever anything goes wrong."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.errors import CallFailed, NotFound
from azext_aigpu.cloud.facts import CloudFacts, Reservation
from azext_aigpu.cloud.prices import PriceFeed
from azext_aigpu.cloud.read import read_cloud, read_region
from azext_aigpu.spec import Limits, PoolSpec
from testbeds.local_azure import LocalAzure
from testbeds.local_azure import world as local

pytestmark = pytest.mark.core

A100 = "Standard_NC24ads_A100_v4"
T4 = "Standard_NC4as_T4_v3"
COMPUTE = f"/subscriptions/{local.SUBSCRIPTION_ID}/resourceGroups/rg-train/providers/Microsoft.Compute"
GROUP = f"{COMPUTE}/capacityReservationGroups/crg"
SPEC = PoolSpec(None, "rg-train", "aks-train", "gpu", Limits(datetime.date(2026, 11, 24)), node_vm_size=A100)


@pytest.fixture
def feed(azure: LocalAzure) -> PriceFeed:
    return PriceFeed(f"{azure.url}/api/retail/prices", seconds=3)


def calls(azure: LocalAzure) -> dict[str, int]:
    return dict(Counter(request.route for request in azure.requests))


def reason(reading: Reading[Any]) -> str:
    assert isinstance(reading, Unknown), reading
    return reading.reason


def test_everything_is_read(arm: Arm, feed: PriceFeed) -> None:
    cloud = read_cloud(arm, feed, SPEC, [A100, T4])
    assert isinstance(cloud.cluster, Known)
    assert cloud.cluster.value.location == "eastus"
    assert isinstance(cloud.pools, Known)
    assert [pool.name for pool in cloud.pools.value] == ["system"]
    assert isinstance(cloud.skus, Known)
    assert set(cloud.skus.value) == {A100.lower(), T4.lower()}
    assert isinstance(cloud.usages, Known)
    assert cloud.usages.value["standardncadsa100v4family"].left == 24
    price = cloud.price_of(A100)
    assert isinstance(price, Known)
    assert price.value.hourly == Decimal("3.673")
    assert cloud.reservations is None


def test_each_call_is_made_once_and_with_one_token(azure: LocalAzure, arm: Arm, feed: PriceFeed) -> None:
    read_cloud(arm, feed, SPEC, [A100])
    # The list of pools has two pages.
    once = dict.fromkeys(["identity-token", "cluster", "skus", "usages", "prices"], 1)
    assert calls(azure) == {**once, "pools": 2}


def test_only_the_region_of_the_cluster_is_asked_for(azure: LocalAzure, arm: Arm, feed: PriceFeed) -> None:
    read_cloud(arm, feed, dataclasses.replace(SPEC, cluster_name="aks-west"), [A100])
    (skus,) = azure.recorded(route="skus")
    assert skus.query["$filter"] == "location eq 'westeurope'"
    (usages,) = azure.recorded(route="usages")
    assert "/locations/westeurope/" in usages.path


def test_calls_that_do_not_wait_for_each_other_run_at_the_same_time(
    azure: LocalAzure, arm: Arm, feed: PriceFeed
) -> None:
    for route in ("cluster", "pools", "skus", "usages", "prices"):
        azure.faults.inject(f"slow-{route}", seconds=0.5, times=1)
    read_cloud(arm, feed, SPEC, [A100])
    for routes in (("cluster", "pools"), ("skus", "usages", "prices")):
        first = [azure.recorded(route=route)[0] for route in routes]
        assert max(one.started for one in first) < min(one.started + one.seconds for one in first)


@pytest.mark.parametrize(
    ("route", "field", "action"),
    [
        ("pools", "pools", "Microsoft.ContainerService/managedClusters/agentPools/read"),
        ("skus", "skus", "Microsoft.Compute/skus/read"),
        ("usages", "usages", "Microsoft.Compute/locations/usages/read"),
    ],
)
def test_a_missing_permission_is_named(
    azure: LocalAzure, arm: Arm, feed: PriceFeed, route: str, field: str, action: str
) -> None:
    azure.faults.inject(f"forbidden-{route}")
    cloud = read_cloud(arm, feed, SPEC, [A100])
    assert action in reason(getattr(cloud, field))
    assert isinstance(cloud.cluster, Known)


@pytest.mark.parametrize("kind", ["server-error", "garbage", "truncated", "empty", "dropped"])
@pytest.mark.parametrize("route", ["skus", "usages"])
def test_an_answer_that_cannot_be_used_is_unknown(
    azure: LocalAzure, arm: Arm, feed: PriceFeed, route: str, kind: str
) -> None:
    azure.faults.inject(f"{kind}-{route}")
    cloud = read_cloud(arm, feed, SPEC, [A100])
    assert "could not be read" in reason(getattr(cloud, route))
    assert isinstance(cloud.pools, Known)


def test_throttling_is_waited_out(azure: LocalAzure, arm: Arm, feed: PriceFeed) -> None:
    azure.faults.inject("throttled-usages", times=1)
    assert isinstance(read_cloud(arm, feed, SPEC, [A100]).usages, Known)
    assert calls(azure)["usages"] == 2


def test_throttling_that_does_not_end_is_unknown(azure: LocalAzure, arm: Arm, feed: PriceFeed) -> None:
    azure.faults.inject("throttled-usages", times=99)
    assert "throttle" in reason(read_cloud(arm, feed, SPEC, [A100]).usages)


def test_a_call_that_takes_too_long_is_unknown(azure: LocalAzure, arm: Arm, feed: PriceFeed) -> None:
    azure.faults.inject("slow-skus", seconds=60)
    began = time.monotonic()
    assert "did not answer within 1 s" in reason(read_cloud(arm, feed, SPEC, [A100], seconds=1).skus)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("kind", ["forbidden", "server-error", "garbage", "empty", "dropped"])
def test_without_the_cluster_nothing_that_needs_its_region_is_known(
    azure: LocalAzure, arm: Arm, feed: PriceFeed, kind: str
) -> None:
    azure.faults.inject(f"{kind}-cluster")
    cloud = read_cloud(arm, feed, dataclasses.replace(SPEC, crg_id=GROUP), [A100])
    why = reason(cloud.cluster)
    assert "cluster 'aks-train' could not be read" in why
    for reading in (cloud.skus, cloud.usages, cloud.price_of(A100), cloud.reservations):
        assert reading is not None
        assert why in reason(reading)
    assert not {"skus", "usages", "prices"} & set(calls(azure))


@pytest.mark.parametrize("fields", [{"cluster_name": "aks-other"}, {"resource_group": "rg-other"}], ids=str)
def test_a_cluster_that_is_not_there_is_an_error_and_not_unknown(
    arm: Arm, feed: PriceFeed, fields: dict[str, str]
) -> None:
    spec = dataclasses.replace(SPEC, **fields)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        read_cloud(arm, feed, spec, [A100])


def test_a_login_that_fails_is_an_error_and_not_unknown(azure: LocalAzure, arm: Arm, feed: PriceFeed) -> None:
    azure.faults.inject("server-error-login")
    with pytest.raises(CallFailed, match="NoToken"):
        read_cloud(arm, feed, SPEC, [A100])


def test_spot_is_priced_as_spot(arm: Arm, feed: PriceFeed) -> None:
    price = read_cloud(arm, feed, dataclasses.replace(SPEC, priority="Spot"), [A100]).price_of(A100)
    assert isinstance(price, Known)
    assert price.value.spot


def test_a_reservation_is_read_where_one_is_named(azure: LocalAzure, arm: Arm, feed: PriceFeed) -> None:
    azure.world.subscription.reservations["crg"] = [local.Reservation(A100, 4), local.Reservation(T4, 9)]
    cloud = read_cloud(arm, feed, dataclasses.replace(SPEC, crg_id=GROUP), [A100])
    assert cloud.reservations == Known(
        (Reservation(A100, 4, 0, region="eastus"), Reservation(T4, 9, 0, region="eastus"))
    )


def test_a_reservation_group_that_is_not_there_is_unknown(arm: Arm, feed: PriceFeed) -> None:
    cloud = read_cloud(arm, feed, dataclasses.replace(SPEC, crg_id=GROUP), [A100])
    assert isinstance(cloud.reservations, Unknown)
    assert "capacity reservation group could not be read" in cloud.reservations.reason


def test_a_region_is_read_without_a_cluster(azure: LocalAzure, arm: Arm, feed: PriceFeed) -> None:
    cloud = read_region(arm, feed, "uksouth", [A100, T4])
    assert isinstance(cloud.skus, Known)
    assert isinstance(cloud.usages, Known)
    assert isinstance(cloud.price_of(T4), Known)
    assert cloud.cluster == CloudFacts().cluster
    assert "cluster" not in calls(azure)


def test_a_region_that_lists_nothing_is_unknown_and_not_empty(arm: Arm, feed: PriceFeed) -> None:
    assert "no VM size at all" in reason(read_region(arm, feed, "atlantis", [A100]).skus)
