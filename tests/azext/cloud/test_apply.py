"""Carrying out a plan against an Azure that succeeds, refuses, fails later, makes something else, or is cut off."""

from __future__ import annotations

import dataclasses
import datetime
import os
import signal
import threading
import time
from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.reading import Known
from azext_aigpu.cloud.apply import apply, delete_pool
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.error_table import Kind
from azext_aigpu.cloud.facts import CloudFacts, Price
from azext_aigpu.cloud.outcomes import Differs, Done, Failed, Gone, Outcome, Started, Target, Waiting
from azext_aigpu.cloud.pools import read_pool
from azext_aigpu.cloud.waiting import Patience
from azext_aigpu.plan import Plan, propose, propose_update
from azext_aigpu.spec import Limits, PoolSpec, fill_defaults
from testbeds.local_azure import LocalAzure
from testbeds.local_azure.exchange import ArmError
from testbeds.local_azure.fault_effects import Answer, Fault
from testbeds.local_azure.faults import Injected

pytestmark = pytest.mark.core

T4 = "Standard_NC4as_T4_v3"
TARGET = Target("rg-train", "aks-train", "gpu")
QUICK = Patience(busy_limit=5, busy_pause=0.05, report=0.05)


def a_plan(**fields: Any) -> Plan:
    """A plan that creates a pool of one T4 node."""
    limits = Limits(datetime.date(2026, 11, 24))
    given = {"node_vm_size": T4, "node_count": 1, **fields}
    price = Price(Decimal("0.526"), limits.today, live=True)
    spec = fill_defaults(PoolSpec(None, TARGET.group, TARGET.cluster, TARGET.pool, limits, **given))
    return propose(spec, CloudFacts(prices={T4.lower(): Known(price)}), ())


def an_update(azure: LocalAzure, arm: Arm, count: int = 2) -> Plan:
    """A plan that changes the number of nodes of the pool `gpu`, which it makes first."""
    plan = a_plan()
    azure.world.add_pool("gpu", **plan.properties)
    pool = read_pool(arm, TARGET.group, TARGET.cluster, TARGET.pool)
    assert isinstance(pool, Known)
    return propose_update(pool.value, plan.spec, {"count": count}, CloudFacts())


def run(plan: Plan, arm: Arm, **options: Any) -> list[Outcome]:
    return list(apply(plan, arm, patience=QUICK, **options))


def run_until_told(azure: LocalAzure, plan: Plan, arm: Arm, state: str) -> list[Outcome]:
    """Carry out a plan whose operation ends once this state was told, on a slow machine too; after a minute anyway."""
    told_at: list[float] = []
    began = time.monotonic()
    azure.world.clock = lambda: 0.0 if not told_at and time.monotonic() - began < 60 else 1e9
    outcomes: list[Outcome] = []
    for outcome in apply(plan, arm, patience=QUICK):
        outcomes.append(outcome)
        if isinstance(outcome, Waiting) and outcome.state == state:
            told_at.append(time.monotonic())
    return outcomes


def failed(outcomes: list[Outcome]) -> Failed:
    assert isinstance(outcomes[-1], Failed), outcomes
    return outcomes[-1]


def done(outcomes: list[Outcome]) -> Done:
    assert isinstance(outcomes[-1], Done), outcomes
    return outcomes[-1]


def puts(azure: LocalAzure) -> int:
    return len(azure.recorded("PUT"))


def test_a_pool_is_made_watched_read_back_and_compared(azure: LocalAzure, arm: Arm) -> None:
    plan = a_plan()
    first, *between, last = run_until_told(azure, plan, arm, "InProgress")
    assert first == Started("create", "gpu")
    assert between
    assert all(isinstance(outcome, Waiting) and outcome.state == "InProgress" for outcome in between)
    assert isinstance(last, Done)
    assert last.pool.properties["vmSize"] == T4
    assert azure.requests[-1].route == "pool"
    (put,) = azure.recorded("PUT")
    assert put.body == {"properties": plan.properties}
    assert put.headers["if-none-match"] == "*"


def test_without_waiting_it_ends_when_azure_has_taken_it(azure: LocalAzure, arm: Arm) -> None:
    assert run(a_plan(), arm, no_wait=True) == [Started("create", "gpu")]
    assert azure.world.cluster().pools["gpu"].state == "Creating"


def test_headers_of_the_user_go_along_and_cannot_replace_the_precondition(azure: LocalAzure, arm: Arm) -> None:
    headers = {"AKSHTTPCustomFeatures": "x", "if-none-match": "nothing"}
    done(run(dataclasses.replace(a_plan(), headers=headers), arm))
    (put,) = azure.recorded("PUT")
    assert (put.headers["akshttpcustomfeatures"], put.headers["if-none-match"]) == ("x", "*")


def test_an_update_goes_with_the_etag_that_was_read(azure: LocalAzure, arm: Arm) -> None:
    plan = an_update(azure, arm)
    assert done(run(plan, arm)).pool.count == 2
    (put,) = azure.recorded("PUT")
    assert (put.headers["if-match"], put.headers.get("if-none-match")) == (plan.if_match, None)


def test_an_update_without_an_etag_is_not_sent(azure: LocalAzure, arm: Arm) -> None:
    plan = dataclasses.replace(an_update(azure, arm), if_match=None)
    assert failed(run(plan, arm)).problem.code == "NoEtag"
    assert puts(azure) == 0


def test_an_update_that_changes_nothing_sends_nothing(azure: LocalAzure, arm: Arm) -> None:
    assert done(run(an_update(azure, arm, count=1), arm)).pool.name == "gpu"
    assert puts(azure) == 0


def test_an_update_of_a_pool_that_has_changed_since_is_refused(azure: LocalAzure, arm: Arm) -> None:
    plan = an_update(azure, arm)
    azure.world.pool("gpu").touch("Succeeded")
    failure = failed(run(plan, arm))
    assert failure.problem.kind is Kind.PRECONDITION
    assert failure.pool is not None
    assert failure.pool.count == 1


def test_a_pool_that_somebody_else_made_in_the_meantime_is_left_alone(azure: LocalAzure, arm: Arm) -> None:
    azure.world.add_pool("gpu", vmSize="Standard_D4s_v5", count=1)
    failure = failed(run(a_plan(), arm))
    assert failure.problem.kind is Kind.PRECONDITION
    assert failure.pool is not None
    assert failure.pool.properties["vmSize"] == "Standard_D4s_v5"


@pytest.mark.parametrize(
    "fault",
    ["vm-size-not-supported", "insufficient-vcpu-quota", "policy-denied", "unmarshal-error", "forbidden-pool-put"],
)
def test_a_refusal_is_told_and_not_tried_again(azure: LocalAzure, arm: Arm, fault: str) -> None:
    azure.faults.inject(fault)
    failure = failed(run(a_plan(), arm))
    assert failure.pool is None
    assert failure.problem.next_step
    assert puts(azure) == 1


@pytest.mark.parametrize(
    ("fault", "code", "kind"),
    [
        ("allocation-failed", "AllocationFailed", Kind.CAPACITY),
        ("quota-exceeded", "OperationNotAllowed", Kind.OTHER),
        ("policy-denied-late", "RequestDisallowedByPolicy", Kind.OTHER),
        ("reconcile-failed", "ReconcileVMSSAgentPoolFailed", Kind.OTHER),
    ],
)
def test_an_operation_that_fails_later_tells_why_and_what_is_left(
    azure: LocalAzure, arm: Arm, fault: str, code: str, kind: Kind
) -> None:
    azure.faults.inject(fault)
    outcomes = run(a_plan(), arm)
    assert isinstance(outcomes[0], Started)
    failure = failed(outcomes)
    assert (failure.problem.code, failure.problem.kind) == (code, kind)
    assert failure.pool is not None
    assert (failure.pool.provisioning_state, failure.pool.count) == ("Failed", 0)


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        ("taints-dropped", "nodeTaints"),
        ("labels-dropped", "nodeLabels"),
        ("tags-dropped", "tags"),
        ("fewer-nodes", "count"),
        ("other-size", "vmSize"),
        ("succeeded-but-failed", "provisioningState"),
    ],
)
def test_a_success_that_is_none_is_never_done(azure: LocalAzure, arm: Arm, fault: str, path: str) -> None:
    azure.faults.inject(fault)
    last = run(a_plan(), arm)[-1]
    assert isinstance(last, Differs)
    assert [difference.path for difference in last.differences] == [path]


@pytest.mark.parametrize("kind", ["forbidden", "server-error", "garbage", "empty", "dropped"])
def test_a_pool_that_cannot_be_read_back_is_never_done(azure: LocalAzure, arm: Arm, kind: str) -> None:
    azure.faults.inject(f"{kind}-pool")
    failure = failed(run(a_plan(), arm))
    assert failure.problem.code == "NotReadBack"
    assert "az aigpu nodepool show" in failure.problem.next_step


def test_a_busy_cluster_is_waited_for_and_said(azure: LocalAzure, arm: Arm) -> None:
    azure.faults.inject("operation-in-progress", times=3)
    outcomes = run(a_plan(), arm)
    busy = [outcome for outcome in outcomes[:3] if isinstance(outcome, Waiting)]
    assert [outcome.state for outcome in busy] == ["Another operation is running on the cluster or the pool."] * 3
    assert outcomes[3] == Started("create", "gpu")
    done(outcomes)


def test_a_cluster_that_stays_busy_is_given_up(azure: LocalAzure, arm: Arm) -> None:
    azure.faults.inject("operation-in-progress")
    outcomes = list(apply(a_plan(), arm, patience=Patience(busy_limit=2.0, busy_pause=0.1)))
    assert failed(outcomes).problem.kind is Kind.BUSY
    assert 2 <= puts(azure) <= 20


@pytest.mark.parametrize(
    ("fault", "sent"), [("dropped-pool-put", 2), ("dropped-after-pool-put", 2), ("server-error-pool-put", 2)]
)
def test_a_put_whose_answer_is_lost_makes_one_pool(azure: LocalAzure, arm: Arm, fault: str, sent: int) -> None:
    azure.faults.inject(fault, times=1)
    outcomes = run(a_plan(), arm)
    assert Started("create", "gpu") in outcomes
    assert done(outcomes).pool.properties["vmSize"] == T4
    assert puts(azure) >= sent
    assert set(azure.world.cluster().pools) == {"system", "gpu"}


def test_an_update_whose_answer_is_lost_is_seen_to_be_made(azure: LocalAzure, arm: Arm) -> None:
    plan = an_update(azure, arm)
    azure.faults.inject("dropped-after-pool-put", times=1)
    assert done(run(plan, arm)).pool.count == 2


def test_a_put_that_never_gets_an_answer_but_took_effect_is_followed(azure: LocalAzure, arm: Arm) -> None:
    azure.faults.inject("dropped-after-pool-put")
    done(run(a_plan(), arm))


def test_an_empty_success_is_never_done(azure: LocalAzure, arm: Arm) -> None:
    azure.faults.inject("empty-pool-put")
    assert failed(run(a_plan(), arm)).problem.kind is Kind.NOT_FOUND


@pytest.mark.parametrize("kind", ["dropped", "server-error", "garbage", "truncated"])
def test_a_put_that_never_gets_through_is_a_failure_that_says_to_look(azure: LocalAzure, arm: Arm, kind: str) -> None:
    azure.faults.inject(f"{kind}-pool-put")
    failure = failed(run(a_plan(), arm))
    assert failure.pool is None
    assert "az aigpu nodepool show" in failure.problem.next_step


@pytest.mark.parametrize("kind", ["forbidden", "server-error", "garbage", "dropped"])
def test_where_the_operation_cannot_be_read_the_pool_tells(azure: LocalAzure, arm: Arm, kind: str) -> None:
    azure.faults.inject(f"{kind}-operation")
    outcomes = run_until_told(azure, a_plan(), arm, "Creating")
    assert any(isinstance(outcome, Waiting) and outcome.state == "Creating" for outcome in outcomes)
    done(outcomes)


def test_a_login_that_runs_out_while_waiting_is_a_failure_that_says_how_to_go_on(azure: LocalAzure, arm: Arm) -> None:
    expired = Answer.of(ArmError(401, "ExpiredAuthenticationToken", "The access token expiry is past."))
    azure.faults.injected.append(Injected(Fault("signed-out", ("operation", "pool"), expired, ""), expired))
    failure = failed(run(a_plan(), arm))
    assert (failure.problem.kind, failure.pool) == (Kind.SIGN_IN, None)
    assert "az login" in failure.problem.next_step
    assert "az aigpu nodepool wait" in failure.problem.next_step


def test_polls_come_often_though_azure_names_no_time(azure: LocalAzure, arm: Arm) -> None:
    azure.world.retry_after_ms = None
    began = time.monotonic()
    done(run(a_plan(), arm))
    assert time.monotonic() - began < 25  # the SDK's own pause is 30 s


def test_the_pool_tells_of_a_failure_too(azure: LocalAzure, arm: Arm) -> None:
    azure.faults.inject("forbidden-operation")
    azure.faults.inject("allocation-failed")
    failure = failed(run(a_plan(), arm))
    assert failure.problem.kind is Kind.CAPACITY


def test_ctrl_c_while_waiting_cancels_nothing(azure: LocalAzure, arm: Arm) -> None:
    azure.world.operation_seconds = 60
    outcomes = apply(a_plan(), arm, patience=Patience(report=30))
    assert next(outcomes) == Started("create", "gpu")
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        next(outcomes)
    assert time.monotonic() - began < 25  # the next word is due after 30 s
    assert azure.world.cluster().pools["gpu"].state == "Creating"
    assert {request.method for request in azure.requests if request.route.startswith("pool")} == {"PUT"}


@pytest.fixture
def etag(azure: LocalAzure) -> str:
    """The etag of the pool `gpu`, which is made for this."""
    return azure.world.add_pool("gpu", vmSize=T4, count=1).etag


def remove(arm: Arm, **options: Any) -> list[Outcome]:
    return list(delete_pool(TARGET, arm, patience=QUICK, **options))


def test_a_pool_is_deleted_and_seen_to_be_gone(azure: LocalAzure, arm: Arm, etag: str) -> None:
    outcomes = remove(arm, if_match=etag)
    assert (outcomes[0], outcomes[-1]) == (Started("delete", "gpu"), Gone("gpu"))
    assert azure.recorded("DELETE")[0].headers["if-match"] == etag
    assert (azure.requests[-1].route, azure.requests[-1].status) == ("pool", 404)


def test_a_pool_that_changed_since_is_not_deleted(azure: LocalAzure, arm: Arm, etag: str) -> None:
    azure.world.pool("gpu").touch("Succeeded")
    assert failed(remove(arm, if_match=etag)).problem.kind is Kind.PRECONDITION
    assert "gpu" in azure.world.cluster().pools


@pytest.mark.parametrize("kind", ["forbidden", "server-error", "garbage", "dropped"])
@pytest.mark.usefixtures("etag")
def test_where_the_operation_of_a_delete_cannot_be_read_the_pool_tells(azure: LocalAzure, arm: Arm, kind: str) -> None:
    azure.faults.inject(f"{kind}-operation")
    assert remove(arm)[-1] == Gone("gpu")


@pytest.mark.usefixtures("etag")
def test_a_delete_without_waiting_ends_when_azure_has_taken_it(azure: LocalAzure, arm: Arm) -> None:
    assert remove(arm, no_wait=True) == [Started("delete", "gpu")]
    assert azure.world.cluster().pools["gpu"].state == "Deleting"


@pytest.mark.usefixtures("etag")
def test_a_delete_whose_end_cannot_be_seen_is_not_gone(azure: LocalAzure, arm: Arm) -> None:
    azure.faults.inject("forbidden-pool")
    assert failed(remove(arm)).problem.code == "NotReadBack"


def test_a_pool_that_is_not_there_is_gone(arm: Arm) -> None:
    assert remove(arm)[-1] == Gone("gpu")


@pytest.mark.usefixtures("etag")
def test_a_delete_waits_for_a_busy_pool(azure: LocalAzure, arm: Arm) -> None:
    azure.world.pool("gpu").touch("Updating")
    threading.Timer(0.3, azure.world.cluster().pools["gpu"].touch, ("Succeeded",)).start()
    outcomes = remove(arm)
    assert isinstance(outcomes[0], Waiting)
    assert outcomes[-1] == Gone("gpu")
