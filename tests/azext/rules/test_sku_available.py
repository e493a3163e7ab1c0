"""The size must be had by this subscription, in the place and at the priority that were asked for."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cloud.facts import Restriction
from azext_aigpu.rules import sku_available
from tests.azext.rules.given import A100, CPU, NO_ANSWER, a_cloud, a_spec, an_offer, told

REGION = Restriction("Location", "NotAvailableForSubscription")
QUOTA_ID = Restriction("Location", "QuotaId")
ZONE_1 = Restriction("Zone", "NotAvailableForSubscription", ("1",))
SOME_ZONES = Restriction("Zone", "NotAvailableForSubscription")
STRANGE = Restriction("Moon", "NotAvailableForSubscription")
SPOT = {"priority": "Spot"}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "offered": ({}, {}, []),
    "offered in the zones": ({"zones": ("1", "3")}, {}, []),
    "restricted in the region": ({}, {"restrictions": (REGION,)}, ["FAIL SizeRestricted"]),
    "restricted for this kind of subscription": ({}, {"restrictions": (QUOTA_ID,)}, ["FAIL SizeRestricted"]),
    "a zone restricted, none asked for": ({}, {"restrictions": (ZONE_1,)}, []),
    "a zone restricted, another asked for": ({"zones": ("2",)}, {"restrictions": (ZONE_1,)}, []),
    "a zone restricted, and asked for": ({"zones": ("1", "2")}, {"restrictions": (ZONE_1,)}, ["FAIL ZoneNotAvailable"]),
    "a zone that the size does not have": ({"zones": ("3",)}, {"zones": ("1", "2")}, ["FAIL ZoneNotAvailable"]),
    "a region without zones": ({"zones": ("1",)}, {"zones": ()}, ["FAIL ZoneNotAvailable"]),
    "restricted in zones that are not named": (
        {"zones": ("1",)},
        {"restrictions": (SOME_ZONES,)},
        ["UNKNOWN AvailabilityUnknown"],
    ),
    "the same without zones": ({}, {"restrictions": (SOME_ZONES,)}, []),
    "restricted in a way of another world": ({}, {"restrictions": (STRANGE,)}, ["UNKNOWN AvailabilityUnknown"]),
    "spot": (SPOT, {}, []),
    "not as spot": (SPOT, {"low_priority_capable": False}, ["FAIL NoSpot"]),
    "spot unsaid": (SPOT, {"low_priority_capable": None}, ["UNKNOWN AvailabilityUnknown"]),
    "not as spot, and not asked for": ({}, {"low_priority_capable": False}, []),
    "not in the region": ({}, {"size": "Standard_Other"}, ["FAIL SizeNotInRegion"]),
    "a CPU size is refused elsewhere": ({"node_vm_size": CPU}, {}, ["SKIPPED SizeRefused"]),
}


@pytest.mark.parametrize(("fields", "offer", "findings"), CASES.values(), ids=CASES.keys())
def test_sku_available(fields: dict[str, Any], offer: dict[str, Any], findings: list[str]) -> None:
    cloud = a_cloud(skus=an_offer(**offer))
    assert told(sku_available, sku_available.review(a_spec(**fields), cloud)) == findings


def test_an_unread_answer_names_the_permission() -> None:
    (finding,) = sku_available.review(a_spec(), a_cloud(skus=NO_ANSWER))
    assert finding.reason == "AvailabilityUnknown"
    assert finding.seen == NO_ANSWER.reason
    assert "Microsoft.Compute/skus/read" in finding.next_step


def test_the_zones_that_are_left_can_be_copied() -> None:
    (finding,) = sku_available.review(a_spec(zones=("1",)), a_cloud(skus=an_offer(restrictions=(ZONE_1,))))
    assert finding.problem == f"{A100} is not available in zone 1 of westeurope"
    assert finding.next_step.startswith("--zones 2 3, or ")


@pytest.mark.parametrize(
    ("restriction", "why", "step"),
    [
        (REGION, "this subscription does not get it", "ask Azure support"),
        (QUOTA_ID, "this kind of subscription does not get it", "take another subscription"),
    ],
    ids=["this one", "this kind"],
)
def test_a_restriction_is_told_by_its_reason(restriction: Restriction, why: str, step: str) -> None:
    (finding,) = sku_available.review(a_spec(), a_cloud(skus=an_offer(restrictions=(restriction,))))
    assert finding.problem.endswith(why)
    assert finding.next_step.startswith(step)
