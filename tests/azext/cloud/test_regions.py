"""Many regions at once: bounded, each by itself, and never a silence without an end."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from azext_aigpu.cloud.error_table import Kind
from azext_aigpu.cloud.errors import AzureProblem, CallFailed
from azext_aigpu.cloud.regions import AT_ONCE, read_locations, read_regions

NAMES = tuple(f"region{number}" for number in range(20))
ROW = {"resourceType": "virtualMachines", "name": "Standard_X", "capabilities": []}


class FakeArm:
    """Answers for every region but those in `failing`, and counts how many are asked about at the same time."""

    subscription = "s"

    def __init__(self, failing: dict[str, CallFailed] | None = None, silent: str = "") -> None:
        self.failing = failing or {}
        self.silent = silent
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self.hold = threading.Event()

    def list_json(self, path: str, _version: str, params: Any = None) -> list[Any]:
        region = (params or {}).get("$filter", path).split("'")[-2] if params else path.split("/")[-2]
        if region == self.silent:
            self.hold.wait(20)
        if region in self.failing:
            raise self.failing[region]
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.01)
        with self._lock:
            self._now -= 1
        if params:
            return [{**ROW, "locations": [region], "locationInfo": [{"location": region}]}]
        return [{"name": {"value": "cores"}, "currentValue": 0, "limit": 10}]


def failure(kind: Kind) -> CallFailed:
    return CallFailed(AzureProblem("Code", "It failed.", "", 403, kind))


def test_every_region_comes_once_and_no_more_than_a_few_at_a_time() -> None:
    arm: Any = FakeArm()

    offers = list(read_regions(arm, NAMES, ["Standard_X"]))

    assert sorted(offer.region for offer in offers) == sorted(NAMES)
    assert all(isinstance(offer.skus, Known) and isinstance(offer.usages, Known) for offer in offers)
    assert arm.most <= AT_ONCE


def test_a_region_that_fails_does_not_fail_the_others() -> None:
    arm: Any = FakeArm({"region3": failure(Kind.FORBIDDEN)})

    offers = {offer.region: offer for offer in read_regions(arm, NAMES, ["Standard_X"])}

    assert isinstance(offers.pop("region3").skus, Unknown)
    assert all(isinstance(offer.skus, Known) for offer in offers.values())


def test_a_login_that_fails_ends_it() -> None:
    arm: Any = FakeArm({"region3": failure(Kind.SIGN_IN)})

    with pytest.raises(CallFailed):
        list(read_regions(arm, NAMES, ["Standard_X"]))


def test_a_region_that_never_answers_is_unknown_after_a_while() -> None:
    arm: Any = FakeArm(silent="region3")

    offers = {offer.region: offer for offer in read_regions(arm, NAMES, ["Standard_X"], seconds=0.3)}
    arm.hold.set()

    assert len(offers) == len(NAMES)
    lost = offers["region3"].skus
    assert isinstance(lost, Unknown)
    assert "did not answer within 0.3 s" in lost.reason


def test_no_region_reads_nothing() -> None:
    arm: Any = FakeArm()

    assert list(read_regions(arm, (), ["Standard_X"])) == []


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        pytest.param([{"name": "b"}, {"name": "a", "metadata": {"regionType": "Physical"}}], ("a", "b"), id="sorted"),
        pytest.param([{"name": "a"}, {"name": "us", "metadata": {"regionType": "Logical"}}], ("a",), id="logical"),
        pytest.param([], None, id="none"),
        pytest.param([{"nom": "a"}], None, id="other-form"),
    ],
)
def test_locations_are_the_physical_ones_or_unknown(rows: list[Any], names: tuple[str, ...] | None) -> None:
    class Arm:
        subscription = "s"

        def list_json(self, *_: Any) -> list[Any]:
            return rows

    arm: Any = Arm()
    found = read_locations(arm)

    assert found.value == names if isinstance(found, Known) else names is None
