"""What earlier items of one document take: a vCPU and a reserved node are there once."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from aigpu_contract.reading import Known
from azext_aigpu.claims import Claims
from azext_aigpu.cloud.facts import CloudFacts, Reservation, Usage
from tests.azext.rules.given import A100, CPU, FAMILY, NO_ANSWER, a_cloud, a_cluster, a_pool, a_spec

GROUP = "/subscriptions/0/capacityReservationGroups/held"
FIXED: dict[str, Any] = {"node_count": 2}
HELD: dict[str, Any] = {**FIXED, "crg_id": GROUP}


def held(*free: int, zones: tuple[tuple[str, ...], ...] = ((),)) -> Known[tuple[Reservation, ...]]:
    return Known(tuple(Reservation(A100, number, 0, zone) for number, zone in zip(free, zones, strict=True)))


def usages_of(claims: Claims, cloud: CloudFacts, subscription: str = "") -> dict[str, tuple[int, int]]:
    """Return what is claimed for sure, and perhaps, of each quota of which anything is."""
    found = claims.leave(cloud, a_spec(**HELD), subscription).usages
    assert isinstance(found, Known)
    return {one.name: (one.claimed, one.perhaps) for one in found.value.values() if one.claimed or one.perhaps}


@pytest.mark.parametrize(
    ("fields", "cloud", "claimed"),
    [
        pytest.param(FIXED, {}, {FAMILY: (48, 0), "cores": (48, 0)}, id="family-and-region"),
        pytest.param({**FIXED, "priority": "Spot"}, {}, {"lowPriorityCores": (48, 0)}, id="spot"),
        pytest.param({}, {}, {FAMILY: (24, 0), "cores": (24, 0)}, id="a-scaled-pool-claims-its-first-node"),
        pytest.param({"node_count": 1, "node_vm_size": CPU}, {}, {"cores": (16, 0)}, id="cpu-size-of-the-region"),
        pytest.param(
            FIXED,
            {"pools": Known((a_pool(count=1, vmSize=A100),))},
            {FAMILY: (24, 0), "cores": (24, 0)},
            id="only-what-is-not-there-yet",
        ),
        pytest.param(FIXED, {"pools": Known((a_pool(count=3, vmSize=A100),))}, {}, id="a-pool-that-shrinks"),
        pytest.param(HELD, {"reservations": held(2)}, {}, id="reserved"),
        pytest.param(HELD, {"reservations": held(1)}, {FAMILY: (24, 0), "cores": (24, 0)}, id="half-reserved"),
        pytest.param(FIXED, {"pools": NO_ANSWER}, {FAMILY: (0, 48), "cores": (0, 48)}, id="pools-unread"),
        pytest.param(HELD, {"reservations": NO_ANSWER}, {FAMILY: (0, 48), "cores": (0, 48)}, id="reservation-unread"),
        pytest.param({"node_vm_size": "Standard_NC9xx_Z1_v9"}, {}, {}, id="a-size-that-nobody-knows"),
    ],
)
def test_what_one_pool_takes_of_the_quotas(
    fields: dict[str, Any], cloud: dict[str, Any], claimed: dict[str, tuple[int, int]]
) -> None:
    facts = a_cloud(**cloud)
    before = Claims()

    claims = before.add(a_spec(**fields), before.leave(facts, a_spec(**fields)))

    assert usages_of(claims, facts) == claimed


def test_a_quota_is_one_subscriptions_and_one_regions() -> None:
    west, east = a_cloud(), a_cloud(cluster=a_cluster(location="eastus"))
    claims = Claims().add(a_spec(**FIXED), west, "ONE")

    assert usages_of(claims, west, "one") == {FAMILY: (48, 0), "cores": (48, 0)}
    assert usages_of(claims, a_cloud(cluster=a_cluster(location="West Europe")), "one")
    assert usages_of(claims, west, "two") == {}
    assert usages_of(claims, east, "one") == {}


def free_in(claims: Claims, cloud: CloudFacts, group: str = GROUP) -> list[int]:
    found = claims.leave(cloud, a_spec(**{**HELD, "crg_id": group})).reservations
    assert isinstance(found, Known)
    return [one.free for one in found.value]


def test_a_reserved_node_is_used_once_by_whatever_case_the_group_is_named() -> None:
    cloud = a_cloud(reservations=held(3))
    claims = Claims().add(a_spec(**HELD), cloud)

    assert free_in(claims, cloud, GROUP.upper() + "/") == [1]
    assert free_in(claims, cloud, GROUP + "2") == [3]
    assert free_in(claims.add(a_spec(**HELD), claims.leave(cloud, a_spec(**HELD))), cloud) == [0]


def test_a_pool_draws_on_the_reservations_of_its_zones() -> None:
    cloud = a_cloud(reservations=held(1, 5, zones=(("1",), ("2",))))

    assert free_in(Claims().add(a_spec(**HELD, zones=("1",)), cloud), cloud) == [0, 5]
    assert free_in(Claims().add(a_spec(**HELD, zones=("1", "2")), cloud), cloud) == [0, 4]


def test_without_claims_the_cloud_is_as_it_was_read() -> None:
    for cloud in (a_cloud(reservations=held(3)), CloudFacts()):
        assert Claims().leave(cloud, a_spec(**HELD)) == cloud


def test_what_is_left_is_never_below_none() -> None:
    usage = Usage(FAMILY, 100, 120, claimed=10, perhaps=15)

    assert (usage.left_at_best, usage.left) == (10, 0)
    assert dataclasses.replace(usage, claimed=30).left_at_best == 0
