"""`az aigpu nodepool apply`: carries out the plan that was approved, and nothing else."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from aigpu_contract.exit_codes import EXIT_REFUSED
from azext_aigpu import render
from azext_aigpu._errors import refuse
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.cloud.pools import read_pools
from azext_aigpu.cluster_id import ClusterId
from azext_aigpu.exit_code import end_with
from azext_aigpu.handlers.session import Session, open_session
from azext_aigpu.input_files import read_input
from azext_aigpu.plan import UNCHANGED
from azext_aigpu.plan_file.approval import check_plan_file
from azext_aigpu.plan_file.document import PlanFile, PlanRefused
from azext_aigpu.plan_file.judging import (
    Judged,
    Planned,
    find_stale,
    judge_planned,
    judge_together,
    read_planned,
    takes_nodes,
)
from azext_aigpu.plan_file.reading import MOST_BYTES, parse_plan_file
from azext_aigpu.proposal import Inquiry
from azext_aigpu.render_proposal import render_moved, render_refused
from azext_aigpu.spec import PoolSpec

if TYPE_CHECKING:
    from azext_aigpu.cloud.arm import Arm

NEW_PLAN = "Make a new plan, have it approved, and apply that one: az aigpu nodepool plan --file SPEC --plan-file OUT"


def apply_plan(
    cmd: Any, plan_file: str, digest: str, yes: bool = False, strict: bool = False
) -> list[dict[str, Any]] | None:
    """Return what became of every step; exits 1 unless all of them are done."""
    session = open_session(cmd)
    try:
        plan = parse_plan_file(read_input(plan_file, "--plan-file", MOST_BYTES, NEW_PLAN), plan_file)
        check_plan_file(plan, digest, session.cli_ctx.cloud.endpoints.resource_manager, _now())
        planned = [read_planned(step, session.limits) for step in plan.steps if step.writes]
    except PlanRefused as refused:
        refuse(str(refused))
    _check_subscription(session, plan)
    return _apply(session, plan, planned, yes, strict)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _check_subscription(session: Session, plan: PlanFile) -> None:
    """Exit 1 where `--subscription` was given and the plan names another one."""
    given = session.cli_ctx.data.get("subscription_id")
    named = {step.cluster.subscription.lower() for step in plan.steps}
    if given and named - {session.subscription.lower()}:
        other = min(named - {session.subscription.lower()})
        refuse(
            f"The plan is for subscription {other}, and --subscription is {given}. Nothing was sent.\n"
            "Leave --subscription out: a plan names its own."
        )


def _apply(
    session: Session, plan: PlanFile, planned: Sequence[Planned], yes: bool, strict: bool
) -> list[dict[str, Any]] | None:
    from azext_aigpu.handlers.carrying_out import Work, build_rows, carry_out

    judged: list[Judged] = []
    works: list[Work] = []
    if planned:
        judged, works = _judge(session, planned, strict)
    _refuse_moved(judged, _read_stale(session, plan), len(plan.steps))
    if planned:
        _show(session, judged)
        _confirm(judged, yes)
        carry_out(session, works)
    rows = build_rows(plan, works)
    if any(row["outcome"] not in ("done", "unchanged") for row in rows):
        session.say(f"Not everything is as planned. What is done stays done. {NEW_PLAN}")
        end_with(session.cli_ctx, EXIT_REFUSED)
    return rows


def _judge(session: Session, planned: Sequence[Planned], strict: bool) -> tuple[list[Judged], list[Any]]:
    """Return every step against the cloud of now, and the work that comes of it. Nothing is sent."""
    from azext_aigpu.handlers.asking import ask, connect
    from azext_aigpu.handlers.carrying_out import Work

    specs: dict[Inquiry, list[PoolSpec]] = {}
    for one in planned:
        specs.setdefault(one.inquiry, []).append(one.spec)
    arms = connect(session, sorted({one.step.cluster.subscription for one in planned}), "the plan")
    clouds = ask(session, arms, specs)
    judged = list(judge_together(planned, clouds, strict))

    def judge_again(one: Planned) -> Judged:
        # By now Azure itself counts what the steps before it have taken.
        cloud = ask(session, arms, {one.inquiry: [one.spec]})
        return judge_planned(one, cloud[one.inquiry], strict)

    works = [Work(one, arms[one.planned.step.cluster.subscription.lower()], judge_again) for one in judged]
    return judged, works


def _show(session: Session, judged: Sequence[Judged]) -> None:
    for one in judged:
        if one.plan is not None:
            session.say(render.render_plan(one.plan))


def _read_stale(session: Session, plan: PlanFile) -> list[str]:
    """Return, for each pool that was to stay as it is and that is not, or cannot be read, what has moved."""
    from azext_aigpu.handlers.asking import connect, read_some

    kept = [step for step in plan.steps if step.action == UNCHANGED]
    arms = connect(session, sorted({step.cluster.subscription for step in kept}), "the plan")
    readers = {step.cluster.key: _reader(arms[step.cluster.subscription.lower()], step.cluster) for step in kept}
    clouds = read_some(readers)
    told = []
    for step in kept:
        stale = find_stale(step, clouds[step.cluster.key].pools)
        if stale:
            told.append(f"{step.title}: {stale}" if isinstance(stale, str) else render_moved(step.title, stale))
    return told


def _reader(arm: Arm, cluster: ClusterId) -> Callable[[], CloudFacts]:
    return lambda: CloudFacts(pools=read_pools(arm, cluster.resource_group, cluster.name))


def _refuse_moved(judged: Sequence[Judged], stale: Sequence[str], steps: int) -> None:
    told = [*(render_refused(one) for one in judged if not one.may_go), *stale]
    if told:
        head = f"{len(told)} of {steps} steps may not be done any more; nothing was sent."
        refuse("\n".join([head, *told, NEW_PLAN]))


def _confirm(judged: Sequence[Judged], yes: bool) -> None:
    """Ask before nodes that run are taken away. Exits 1 where nobody can be asked, or says no."""
    taking = [one.planned.step.title for one in judged if takes_nodes(one)]
    if not taking or yes:
        return
    from knack.prompting import NoTTYException, prompt_y_n

    what = f"This may take away nodes that run, or deletes a Failed pool: {', '.join(taking)}."
    try:
        agreed = prompt_y_n(f"{what} Are you sure?", default="n")
    except NoTTYException:
        refuse(f"{what} Nothing was sent.\nAdd --yes where that is meant.")
    if not agreed:
        refuse("Nothing was sent.")
