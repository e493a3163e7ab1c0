from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.finding import Status
from azext_aigpu import audit
from azext_aigpu.audit import Policy
from azext_aigpu.foreign.pool_fields import FIELDS
from azext_aigpu.foreign.resources import EXISTS, ForeignPool, Gap, Place, Unread
from azext_aigpu.spec import Limits
from tests.azext.audit.given import CPU, a_place, a_policy, a_pool, judge, reasons
from tests.azext.rules.given import TODAY


class TestGaps:
    JUDGED = sorted(set(FIELDS) - {"nodeLabels", "tags", "type", "upgradeSettings.maxSurge"})

    @pytest.mark.parametrize("path", ["vmSize", "nodeLabels", "nodeTaints", "count", "maxCount", "osSKU", "osDiskType"])
    def test_a_value_that_a_rule_reads_makes_it_unknown_and_never_passed(self, path: str) -> None:
        judged = judge(a_pool(Gap(path, "after apply"), without=path, tags={"cost-center": "ml"}))

        assert judged.status is Status.UNKNOWN
        assert "ValueUnknown" in reasons(judged)

    @pytest.mark.parametrize("path", JUDGED)
    def test_a_gap_never_makes_a_bad_pool_better(self, path: str) -> None:
        judged = judge(a_pool(Gap(path, "after apply"), without=path, vmSize=CPU))

        assert judged.status is not None
        assert judged.status >= Status.UNKNOWN

    def test_what_is_known_still_fails(self) -> None:
        assert judge(a_pool(Gap("count", "after apply"), without="count", vmSize=CPU)).status is Status.FAIL

    @pytest.mark.parametrize("path", ["nodeLabels.team", "tags.team", "scaleDownMode"])
    def test_a_value_that_no_rule_reads_changes_nothing(self, path: str) -> None:
        assert judge(a_pool(Gap(path, "after apply"))).status is Status.PASS

    def test_a_required_tag_that_cannot_be_seen_is_unknown(self) -> None:
        limits = {"required_tags": ("owner",)}

        assert judge(a_pool(Gap("tags.Owner", "after apply")), a_policy(limits)).status is Status.UNKNOWN
        assert judge(a_pool(), a_policy(limits)).status is Status.FAIL

    def test_a_cost_limit_reads_the_number_of_nodes(self) -> None:
        pool = a_pool(Gap("count", "after apply"), without="count")

        findings = judge(pool, a_policy({"max_hourly_cost": Decimal(10_000)})).findings
        assert any("hourly-cost" in finding.problem for finding in findings)

    def test_a_rule_that_is_waived_is_waived_here_too(self) -> None:
        pool = a_pool(Gap("tags.owner", "after apply"))
        judged = judge(pool, a_policy({"required_tags": ("owner",)}, waivers={"required-tags": "a trial"}))

        assert judged.status is Status.WARN


def test_a_part_that_could_not_be_looked_into_is_unknown() -> None:
    judged = judge(Unread(a_place(), "linked from elsewhere"))

    assert (judged.status, reasons(judged)) == (Status.UNKNOWN, {"PartUnreadable"})


@pytest.mark.parametrize("properties", [{}, {"vmSize": None}, {"vmSize": ""}], ids=str)
def test_a_pool_that_runs_and_whose_size_azure_does_not_name_is_unknown_and_not_left_out(
    properties: dict[str, Any],
) -> None:
    place = Place("", "/subscriptions/s/agentPools/p", EXISTS, "p")
    judged = audit.judge_item(ForeignPool(place, properties), Policy(Limits(today=TODAY)))
    assert judged.status is Status.UNKNOWN
    assert judged.findings[0].next_step
