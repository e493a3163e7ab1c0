from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from aigpu_contract.finding import Status
from aigpu_contract.reading import Unknown
from azext_aigpu import audit
from azext_aigpu.audit import Policy
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.foreign.resources import DEPLOY, EXISTS, UNCHANGED, UPDATE, ForeignPool
from tests.azext.audit.given import A100, CPU, a_machine, a_place, a_policy, a_pool, judge, online, reasons
from tests.azext.rules.given import a_cloud, some_usages

NO_SURGE: dict[str, Any] = {"upgradeSettings": {"maxSurge": "0"}}


class TestOnline:
    def test_quota_availability_and_price_of_the_region_count(self) -> None:
        cloud = dataclasses.replace(a_cloud(usages=some_usages(family_left=0)), region="westeurope")
        policy = a_policy(online=True, location="westeurope", clouds={"westeurope": cloud})
        judged = judge(a_pool(), policy)

        assert "QuotaExceeded" in reasons(judged)
        assert judged.cost is not None
        assert judged.cost.price == cloud.price_of(A100)

    def test_of_a_pool_that_is_there_already_quota_is_unknown_and_no_reason_to_fail(self) -> None:
        cloud = CloudFacts(skus=a_cloud().skus, usages=some_usages(family_left=0), region="westeurope")
        policy = a_policy(online=True, location="westeurope", clouds={"westeurope": cloud})
        judged = judge(a_pool(place=a_place(action=UPDATE)), policy)

        assert "QuotaUnknown" in reasons(judged)

    @pytest.mark.parametrize(
        ("free", "reason"), [(0, {"QuotaUnknown"}), (-53, {"QuotaExceeded"})], ids=["may", "never"]
    )
    def test_what_a_template_asks_for_may_be_there_already(self, free: int, reason: set[str]) -> None:
        judged = judge(a_pool(place=a_place(action=DEPLOY)), online(family_left=free))

        assert reasons(judged) & {"QuotaUnknown", "QuotaExceeded"} == reason

    def test_without_a_region_it_is_unknown(self) -> None:
        judged = judge(a_pool(), a_policy(online=True))

        assert {"AvailabilityUnknown", "QuotaUnknown"} <= reasons(judged)

    def test_machines_need_room_for_no_surge(self) -> None:
        assert judge(a_machine(A100), online(family_left=24)).status is Status.PASS
        assert "QuotaExceeded" in reasons(judge(a_machine(A100), online(family_left=23)))

    def test_a_pool_that_is_upgraded_without_surge_needs_room_for_none(self) -> None:
        pool = a_pool(upgradeSettings={"maxSurge": "0", "maxUnavailable": "1"})

        assert "QuotaExceeded" not in reasons(judge(pool, online(family_left=48)))
        assert "QuotaExceeded" in reasons(judge(a_pool(), online(family_left=48)))

    def test_a_number_of_machines_that_is_not_known_is_told_once_and_never_fits(self) -> None:
        machine = dataclasses.replace(a_machine(A100), count=Unknown("after apply"))
        (finding,) = judge(machine, online(family_left=480)).findings

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "ValueUnknown")
        assert finding.problem == "the count cannot be seen, so nothing is said by quota"


class TestOneDocument:
    """What earlier things of a document take is not there for the next one."""

    @staticmethod
    def quota_of(policy: Policy, *items: Any) -> list[set[str]]:
        """Return the reasons that the rule about quota gives for each thing."""
        judged = audit.judge_items(items, policy)
        return [{one.reason for one in each.findings if one.id == "quota"} for each in judged]

    @pytest.mark.parametrize("second", [a_pool(**NO_SURGE), a_machine(A100, count=2)], ids=["pool", "machine"])
    @pytest.mark.parametrize("first", [a_pool(**NO_SURGE), a_machine(A100, count=2)], ids=["pool", "machine"])
    def test_two_that_each_fit_and_not_together_do_not_pass(self, first: Any, second: Any) -> None:
        policy = online(family_left=24 * 3)

        assert self.quota_of(policy, first) == self.quota_of(policy, second) == [set()]
        assert self.quota_of(policy, first, second) == [set(), {"QuotaExceeded"}]
        assert self.quota_of(online(family_left=24 * 4), first, second) == [set(), set()]

    @pytest.mark.parametrize("order", [1, -1], ids=["before", "after"])
    def test_a_cpu_pool_takes_of_the_region_wherever_it_stands(self, order: int) -> None:
        items = [ForeignPool(a_place(), {"vmSize": CPU, "count": 4}), a_pool(**NO_SURGE)][::order]

        assert {"QuotaExceeded"} in self.quota_of(online(480, cores_left=48 + 63), *items)
        assert self.quota_of(online(480, cores_left=48 + 64), *items) == [set(), set()]

    @pytest.mark.parametrize("action", [EXISTS, UNCHANGED])
    def test_what_runs_already_is_in_azures_own_count(self, action: str) -> None:
        there = a_pool(place=a_place(action=action), **NO_SURGE)

        assert self.quota_of(online(family_left=48), there, a_pool(**NO_SURGE))[1] == set()

    @pytest.mark.parametrize(
        ("left", "reason"),
        [(96, set()), (95, {"QuotaUnknown"}), (47, {"QuotaExceeded"})],
        ids=["both-fit", "perhaps", "never"],
    )
    def test_of_a_change_nobody_knows_how_much_it_takes(self, left: int, reason: set[str]) -> None:
        changed = a_pool(place=a_place(action=UPDATE), **NO_SURGE)

        assert self.quota_of(online(family_left=left), changed, a_pool(**NO_SURGE))[1] == reason

    def test_offline_nothing_is_counted(self) -> None:
        assert self.quota_of(a_policy(), a_pool(), a_pool()) == [set(), set()]
