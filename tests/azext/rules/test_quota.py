"""The first nodes and their surge must fit what the quotas leave."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from aigpu_contract.reading import Known
from azext_aigpu.cloud.facts import Reservation, Usage
from azext_aigpu.rules import quota
from azext_aigpu.rules.capacity import surge_nodes
from tests.azext.rules.given import (
    A100,
    CPU,
    FAMILY,
    MADE_UP,
    NO_ANSWER,
    a_cloud,
    a_pool,
    a_spec,
    an_offer,
    some_usages,
    told,
)

EXCEEDED = ["FAIL QuotaExceeded"]
UNKNOWN = ["UNKNOWN QuotaUnknown"]
FOUR: dict[str, Any] = {"node_count": 4}
SPOT = {"priority": "Spot", "node_count": 4}
GROUP = {"crg_id": "/subscriptions/0/.../capacityReservationGroups/g", "node_count": 4}
EXISTING = Known((a_pool(count=4, vmSize=A100.upper()),))


def reserved(free: int, size: str = A100, **fields: Any) -> Known[tuple[Reservation, ...]]:
    return Known((Reservation(size, reserved=free + 1, used=1, **fields),))


def claimed(left: int, claimed: int = 0, perhaps: int = 0) -> Known[Mapping[str, Usage]]:
    """Return quotas of which `left` vCPUs are free by Azure's own count, and less by what stands earlier."""
    usages = some_usages(family_left=left).value
    return Known({key: dataclasses.replace(usage, claimed=claimed, perhaps=perhaps) for key, usage in usages.items()})


def of_limit(limit: int, perhaps: int = 0) -> Known[Mapping[str, Usage]]:
    """Return quotas that are used whole: by whom, Azure does not tell."""
    return Known({name.lower(): Usage(name, limit, limit, perhaps=perhaps) for name in (FAMILY, "cores")})


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "fits": ({}, {}, []),
    "4 and 1 surge fit exactly": (FOUR, {"usages": some_usages(family_left=120, cores_left=120)}, []),
    "4 and 1 surge miss by one vCPU of the family": (FOUR, {"usages": some_usages(family_left=119)}, EXCEEDED),
    "4 and 1 surge miss by one vCPU of the region": (FOUR, {"usages": some_usages(cores_left=119)}, EXCEEDED),
    "without surge": ({**FOUR, "max_surge": "0"}, {"usages": some_usages(family_left=96)}, []),
    "a surge in nodes": ({**FOUR, "max_surge": "2"}, {"usages": some_usages(family_left=143)}, EXCEEDED),
    "a surge in percent rounds up": ({**FOUR, "max_surge": "26%"}, {"usages": some_usages(family_left=143)}, EXCEEDED),
    "a surge that is no number": ({**FOUR, "max_surge": "some"}, {}, UNKNOWN),
    "0 to 5 nodes: one must fit": ({}, {"usages": some_usages(family_left=47)}, EXCEEDED),
    "0 to 5 nodes: not all fit": ({}, {"usages": some_usages(family_left=48)}, ["WARN QuotaTooSmallForMost"]),
    "no quota at all": ({}, {"usages": some_usages(family_left=0)}, EXCEEDED),
    "spot counts against one quota only": (SPOT, {"usages": some_usages(family_left=0, cores_left=0)}, []),
    "spot has no surge": (SPOT, {"usages": some_usages(spot_left=96)}, []),
    "spot does not fit": (SPOT, {"usages": some_usages(spot_left=95)}, EXCEEDED),
    "a reservation needs no quota": (
        GROUP,
        {"usages": some_usages(family_left=24), "reservations": reserved(4)},
        [],
    ),
    "a reservation that is too small": (
        GROUP,
        {"usages": some_usages(family_left=24), "reservations": reserved(3)},
        EXCEEDED,
    ),
    "a reservation of another size": (
        GROUP,
        {"usages": some_usages(family_left=24), "reservations": reserved(9, "Standard_NC48ads_A100_v4")},
        EXCEEDED,
    ),
    "a reservation of a zone of the pool": (
        {**GROUP, "zones": ("1", "2")},
        {"usages": some_usages(family_left=24), "reservations": reserved(4, zones=("1",))},
        [],
    ),
    "a reservation of another zone": (
        {**GROUP, "zones": ("2",)},
        {"usages": some_usages(family_left=24), "reservations": reserved(4, zones=("1",))},
        EXCEEDED,
    ),
    "a reservation of a zone, and nodes of none": (
        GROUP,
        {"usages": some_usages(family_left=24), "reservations": reserved(4, zones=("1",))},
        EXCEEDED,
    ),
    "a reservation of another region": (
        GROUP,
        {"usages": some_usages(family_left=24), "reservations": reserved(4, region="eastus")},
        EXCEEDED,
    ),
    "a reservation of the region": (
        GROUP,
        {"usages": some_usages(family_left=24), "reservations": reserved(4, region="westeurope")},
        [],
    ),
    "a reservation of no zone, and nodes of one": (
        {**GROUP, "zones": ("1",)},
        {"usages": some_usages(family_left=24), "reservations": reserved(4)},
        EXCEEDED,
    ),
    "what stands earlier leaves just enough": (FOUR, {"usages": claimed(168, claimed=48)}, []),
    "what stands earlier leaves too little": (FOUR, {"usages": claimed(167, claimed=48)}, EXCEEDED),
    "what stands earlier may leave too little": (FOUR, {"usages": claimed(167, perhaps=48)}, UNKNOWN),
    "too little whatever the earlier ones take": (FOUR, {"usages": claimed(119, perhaps=48)}, EXCEEDED),
    "a reservation that could not be read": (
        GROUP,
        {"usages": some_usages(family_left=24), "reservations": NO_ANSWER},
        UNKNOWN,
    ),
    "a reservation that was not read": (GROUP, {"usages": some_usages(family_left=24)}, UNKNOWN),
    "a reservation that is not needed": (GROUP, {"reservations": NO_ANSWER}, []),
    "a reservation that was not asked for": (
        FOUR,
        {"usages": some_usages(family_left=24), "reservations": reserved(4)},
        EXCEEDED,
    ),
    "an existing pool that does not grow": (FOUR, {"pools": EXISTING, "usages": some_usages(family_left=0)}, []),
    "an existing pool that grows": (
        {"node_count": 6},
        {"pools": EXISTING, "usages": some_usages(family_left=71)},
        EXCEEDED,
    ),
    "an existing pool that grows and fits": (
        {"node_count": 6},
        {"pools": EXISTING, "usages": some_usages(family_left=72)},
        [],
    ),
    "an existing pool whose most does not fit": (
        {"min_count": 0, "max_count": 9},
        {"pools": EXISTING, "usages": some_usages(family_left=119)},
        ["WARN QuotaTooSmallForMost"],
    ),
    "another pool's nodes do not count": (
        FOUR,
        {"pools": Known((a_pool("other", count=4, vmSize=A100),)), "usages": some_usages(family_left=0)},
        EXCEEDED,
    ),
    "pools unread, and it fits anyway": (FOUR, {"pools": NO_ANSWER}, []),
    "pools unread, and it does not": (FOUR, {"pools": NO_ANSWER, "usages": some_usages(family_left=0)}, UNKNOWN),
    "pools unread, and more than the limit": (
        FOUR,
        {"pools": NO_ANSWER, "usages": of_limit(95)},
        EXCEEDED,
    ),
    "pools unread, and more than the limit with what may stand earlier": (
        FOUR,
        {"pools": NO_ANSWER, "usages": of_limit(143, perhaps=48)},
        UNKNOWN,
    ),
    "pools unread, and the limit itself": (
        FOUR,
        {"pools": NO_ANSWER, "usages": of_limit(96)},
        UNKNOWN,
    ),
    "usages unread": ({}, {"usages": NO_ANSWER}, UNKNOWN),
    "usages without the family": ({}, {"skus": an_offer(family="standardOtherFamily")}, UNKNOWN),
    "no usages at all": ({}, {"usages": Known({})}, UNKNOWN),
    "sizes unread: the catalogue knows vCPUs and family": ({}, {"skus": NO_ANSWER}, []),
    "Azure's vCPUs win over the catalogue's": (
        FOUR,
        {"skus": an_offer(vcpus=48), "usages": some_usages(family_left=239)},
        EXCEEDED,
    ),
    "nobody knows the vCPUs": (
        {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8},
        {"skus": NO_ANSWER},
        UNKNOWN,
    ),
    "nobody knows the family": (
        {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8},
        {"skus": an_offer(size=MADE_UP, family=None)},
        UNKNOWN,
    ),
    "a CPU size is refused elsewhere": ({"node_vm_size": CPU}, {}, ["SKIPPED SizeRefused"]),
}


@pytest.mark.parametrize(("fields", "readings", "findings"), CASES.values(), ids=CASES.keys())
def test_quota(fields: dict[str, Any], readings: dict[str, Any], findings: list[str]) -> None:
    assert told(quota, quota.review(a_spec(**fields), a_cloud(**readings))) == findings


@pytest.mark.parametrize(
    ("max_surge", "nodes", "surge"),
    [(None, 1, 1), (None, 10, 1), (None, 11, 2), ("0", 5, 0), ("0%", 5, 0), ("33%", 3, 1), ("3", 1, 3), ("x", 1, None)],
)
def test_surge_nodes(max_surge: str | None, nodes: int, surge: int | None) -> None:
    assert surge_nodes(a_spec(max_surge=max_surge), nodes) == surge


def test_the_sum_is_shown() -> None:
    (finding,) = quota.review(a_spec(**FOUR), a_cloud(usages=some_usages(family_left=100)))
    assert finding.problem == f"4 nodes and 1 surge node of {A100} do not fit the vCPU quota in westeurope"
    assert finding.seen == "StandardNCADSA100v4Family: 100 of 200 vCPUs used, 100 left"
    assert finding.wanted == "120 vCPUs free: 5 nodes x 24 vCPUs"
    assert finding.next_step.startswith("--max-surge 0 --max-unavailable 1 (upgrades without surge nodes), or ask")


def test_what_stands_earlier_is_told_apart_from_what_is_used() -> None:
    (finding,) = quota.review(a_spec(**FOUR), a_cloud(usages=claimed(144, claimed=24, perhaps=96)))
    assert finding.reason == "QuotaUnknown"
    assert "how many of them it has already is not told" in finding.problem
    assert finding.seen.startswith(
        "StandardNCADSA100v4Family: 100 of 244 vCPUs used, 24 for what stands before it, perhaps 96 for what stands "
        "before it, 24 left"
    )


@pytest.mark.parametrize(
    "fields",
    [{"enable_cluster_autoscaler": True, "max_count": None, "node_count": 1}, {"node_count": None}],
    ids=["autoscaler", "fixed"],
)
def test_a_most_that_nobody_says_is_unknown_and_not_none(fields: dict[str, Any]) -> None:
    spec = dataclasses.replace(a_spec(node_count=1), **fields)

    assert spec.most_nodes is None
    assert told(quota, quota.review(spec, a_cloud())) == UNKNOWN


def test_both_quotas_are_named_where_both_are_too_small() -> None:
    (finding,) = quota.review(a_spec(**FOUR), a_cloud(usages=some_usages(family_left=0, cores_left=0)))
    assert "StandardNCADSA100v4Family and cores" in finding.next_step


def test_the_nodes_that_fit_are_proposed() -> None:
    (finding,) = quota.review(a_spec(node_count=8), a_cloud(usages=some_usages(family_left=96)))
    assert finding.next_step.startswith("--node-count 3, or ")


@pytest.mark.parametrize(("left", "room", "most"), [(80, "3 nodes", 3), (24 * 2 - 1, "1 node", 1)])
def test_the_most_that_fits_is_proposed(left: int, room: str, most: int) -> None:
    spec = a_spec(max_surge="0", max_unavailable="1")
    (finding,) = quota.review(spec, a_cloud(usages=some_usages(family_left=left)))
    assert finding.seen.endswith(f"room for {room}")
    assert finding.next_step.startswith(f"--max-count {most}, or ")


def test_reserved_and_existing_nodes_are_part_of_the_room() -> None:
    spec = a_spec(crg_id="g", min_count=0, max_count=20, node_count=4)
    cloud = a_cloud(pools=EXISTING, reservations=reserved(3), usages=some_usages(family_left=48))
    (finding,) = quota.review(spec, cloud)
    assert finding.seen.endswith("room for 9 nodes")
    assert finding.wanted == "312 vCPUs free: 20 nodes x 24 vCPUs, less 4 that exist, less 3 reserved"
