"""From specs and what the cloud says to a proposal: what is done, what is named only, and what it costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from azext_aigpu import body
from azext_aigpu.cloud.facts import CloudFacts, Pool, Reservation
from azext_aigpu.plan import CREATE, RECONCILE, REPLACE, UNCHANGED, UPDATE
from azext_aigpu.proposal import Proposal, Step, StepCost, inquiry_of, propose
from azext_aigpu.render_proposal import render_proposal, render_total
from azext_aigpu.specs.parse import Wanted
from tests.azext.rules.given import A100, CPU, NO_ANSWER, a_cloud, some_usages
from tests.azext.specs.given import a_document, parsed

FIXED = {"nodeVmSize": A100, "nodeCount": 1}


def wanted(name: str = "train", /, **fields: Any) -> Wanted:
    return parsed(a_document(name, **{**FIXED, **fields}))[0]


def made(pool: Wanted, state: str = "Succeeded", **properties: Any) -> Pool:
    """Return the pool that AKS makes of a spec."""
    asked = {"provisioningState": state, "osDiskSizeGB": 256, **body.build_properties(pool.spec), **properties}
    return Pool(f"/agentPools/{pool.spec.name}", pool.spec.name, "etag-1", asked)


def proposed(*pools: Wanted, there: tuple[Pool, ...] = (), replace_failed: bool = False, **cloud: Any) -> Proposal:
    facts = a_cloud(**{"pools": Known(there), **cloud})
    return propose(pools, {inquiry_of(pool): facts for pool in pools}, replace_failed=replace_failed)


def one(*pools: Wanted, **cloud: Any) -> Step:
    (step,) = proposed(*pools, **cloud).steps
    return step


def test_what_is_not_there_is_created() -> None:
    step = one(wanted())

    assert (step.plan.action, step.stops, step.before) == (CREATE, (), None)
    assert step.plan.properties["osDiskSizeGB"] == 256
    assert step.cost == StepCost(Decimal(0), Decimal("4.775"), Decimal("4.775"))


def test_what_is_as_it_should_be_stays() -> None:
    pool = wanted()

    proposal = proposed(pool, there=(made(pool),))

    assert [step.plan.action for step in proposal.steps] == [UNCHANGED]
    assert not proposal.changes


def test_what_differs_is_changed_in_place_and_nothing_else() -> None:
    pool = wanted(nodeCount=3)
    before = made(wanted(), nodeImageVersion="x")

    step = one(pool, there=(before,))

    assert step.plan.action == UPDATE
    assert [(change.path, change.before, change.after) for change in step.plan.changes] == [("count", 1, 3)]
    assert step.plan.properties["nodeImageVersion"] == "x"
    assert step.plan.if_match == "etag-1"
    assert step.cost == StepCost(Decimal("4.775"), Decimal("14.325"), Decimal("14.325"))


def test_a_stopped_pool_costs_nothing_until_somebody_starts_it() -> None:
    stopped = one(wanted(), there=(made(wanted(), powerState={"code": "Stopped"}),))

    assert stopped.cost == StepCost(Decimal(0), Decimal(0), Decimal("4.775"))


def test_what_no_pool_can_change_is_named_and_never_done() -> None:
    before = made(wanted(), vmSize=CPU)

    step = one(wanted(nodeCount=3), there=(before,))

    assert (step.plan.action, step.plan.writes, step.plan.properties) == (REPLACE, False, {})
    assert {change.path for change in step.plan.changes} == {"vmSize", "count"}
    assert step.cost == StepCost(None, None, None)
    text = render_proposal(Proposal((step,)))
    assert f'~ vmSize: "{CPU}" -> "{A100}"   <- no pool can change this' in text
    assert "would have to be replaced" in text


@pytest.mark.parametrize("state", ["Failed", "Canceled"])
def test_a_broken_pool_with_nodes_is_brought_to_its_goal_state(state: str) -> None:
    pool = wanted()

    assert one(pool, there=(made(pool, state),)).plan.action == RECONCILE


def test_a_failed_leftover_stops_until_it_may_be_deleted() -> None:
    pool = wanted()
    leftover = made(pool, "Failed", count=0)

    stopped = one(pool, there=(leftover,))
    agreed = one(pool, there=(leftover,), replace_failed=True)

    assert [finding.reason for finding in stopped.stops] == ["PoolLeftFailed"]
    assert (agreed.plan.action, agreed.stops, agreed.leftover) == (CREATE, (), leftover)


def test_a_failed_pool_whose_number_of_nodes_is_not_told_is_never_deleted() -> None:
    pool = wanted()
    leftover = made(pool, "Failed", count=None)

    step = one(pool, there=(leftover,), replace_failed=True)

    assert step.leftover is None
    assert step.cost.now is None


def test_only_a_leftover_is_ever_deleted() -> None:
    pool = wanted()

    step = one(pool, there=(made(pool, "Deleting"),), replace_failed=True)

    assert step.leftover is None
    assert [finding.reason for finding in step.stops] == ["PoolExists"]


def test_without_the_list_of_pools_nothing_goes_on() -> None:
    step = one(wanted(), pools=NO_ANSWER)

    assert "PoolsUnknown" in [finding.reason for finding in step.stops]


def test_a_taint_that_cannot_be_read_is_replaced() -> None:
    pool = wanted(nodeTaints=["a=b:NoSchedule"])
    (change,) = one(pool, there=(made(pool, nodeTaints=["what:is:this"]),)).plan.changes

    assert (change.path, change.after) == ("nodeTaints", ["sku=gpu:NoSchedule", "a=b:NoSchedule"])


def test_pools_that_no_spec_names_are_listed() -> None:
    other = made(wanted("other"))

    proposal = proposed(wanted(), there=(other,))

    assert [left.pool.name for left in proposal.untouched] == ["other"]
    assert "Left alone, as no spec names them:\n  aks-train/other: 1 x" in render_proposal(proposal)


def test_the_quota_is_counted_over_all_pools_of_a_plan() -> None:
    pools = (wanted("a", nodeCount=2, maxSurge="0"), wanted("b", nodeCount=2, maxSurge="0"))
    left: dict[str, Any] = {"usages": some_usages(family_left=24 * 3)}

    alone = [one(pool, **left).stops for pool in pools]
    together = [[finding.reason for finding in step.stops] for step in proposed(*pools, **left).steps]

    assert alone == [(), ()]
    assert together == [[], ["QuotaExceeded"]]


def test_a_reservation_is_counted_once_over_all_pools_of_a_plan() -> None:
    group = "/subscriptions/a16b0000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Compute"
    held = {"nodeCount": 2, "maxSurge": "0", "crgId": f"{group}/capacityReservationGroups/held"}
    pools = (wanted("a", **held), wanted("b", **held))
    left: dict[str, Any] = {"usages": some_usages(family_left=24), "reservations": Known((Reservation(A100, 2, 0),))}

    alone = [one(pool, **left).stops for pool in pools]
    together = [[finding.reason for finding in step.stops] for step in proposed(*pools, **left).steps]

    assert alone == [(), ()]
    assert together == [[], ["QuotaExceeded"]]


def test_a_change_is_judged_by_the_rules_that_read_it() -> None:
    pool = wanted(nodeCount=30)

    step = one(pool, there=(made(wanted()),), usages=some_usages(family_left=24))

    assert [finding.reason for finding in step.stops] == ["QuotaExceeded"]


def test_an_unknown_price_makes_the_total_unknown() -> None:
    proposal = proposed(wanted(), prices={A100.lower(): Unknown("no answer")})

    assert proposal.steps[0].cost.after is None
    assert "after UNKNOWN, at most UNKNOWN" in render_proposal(proposal)


def test_one_unknown_price_among_known_ones_makes_the_total_unknown() -> None:
    known, unknown = one(wanted()).cost, StepCost(Decimal(0), None, None)

    assert render_total([known, known]) == (
        "Cost of these pools: now $0.00/h, after $9.55/h, at most $9.55/h = $229.20/day"
    )
    assert render_total([known, unknown]) == "Cost of these pools: now $0.00/h, after UNKNOWN, at most UNKNOWN"


def test_a_finding_of_many_pools_is_told_once() -> None:
    text = render_proposal(proposed(wanted("a"), wanted("b")))

    assert text.count("no pod can ask for") == 1
    assert "device-plugin: as for aks-train/a" in text


def test_every_pool_is_asked_about_by_its_cluster_and_its_kind_of_price() -> None:
    spot, regular = wanted(priority="Spot"), wanted("other")

    assert inquiry_of(spot) != inquiry_of(regular)
    assert inquiry_of(regular) == inquiry_of(wanted())


def test_nothing_read_is_nothing_proposed_as_well() -> None:
    pool = wanted()

    (step,) = propose([pool], {inquiry_of(pool): CloudFacts()}).steps

    assert step.stops
