"""`az aigpu nodepool apply`: carries out the plan that was approved, and nothing else."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from aigpu_contract.exit_codes import EXIT_REFUSED
from azext_aigpu import render
from azext_aigpu._errors import refuse
from azext_aigpu.cluster.manifest_files import read_manifest
from azext_aigpu.exit_code import end_with
from azext_aigpu.handlers.session import Session, open_session
from azext_aigpu.plan_approval import check_plan_file
from azext_aigpu.plan_file import PlanFile, PlanRefused
from azext_aigpu.plan_file_reading import parse_plan_file
from azext_aigpu.planned import Judged, Planned, judge_planned, read_planned, takes_nodes
from azext_aigpu.proposal import Inquiry
from azext_aigpu.render_proposal import render_refused
from azext_aigpu.spec import PoolSpec

NEW_PLAN = "Make a new plan, have it approved, and apply that one: az aigpu nodepool plan --file SPEC --plan-file OUT"


def apply_plan(
    cmd: Any, plan_file: str, digest: str, yes: bool = False, strict: bool = False
) -> list[dict[str, Any]] | None:
    """Return what became of every step; exits 1 unless all of them are done."""
    session = open_session(cmd)
    try:
        plan = parse_plan_file(read_manifest(plan_file, "--plan-file").encode("utf-8"), plan_file)
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
        _refuse_moved(judged)
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
    judged = [judge_planned(one, clouds[one.inquiry], strict) for one in planned]

    def judge_again(one: Planned) -> Judged:
        cloud = ask(session, arms, {one.inquiry: [one.spec]})
        return judge_planned(one, cloud[one.inquiry], strict)

    works = [Work(one, arms[one.planned.step.cluster.subscription.lower()], judge_again) for one in judged]
    return judged, works


def _show(session: Session, judged: Sequence[Judged]) -> None:
    for one in judged:
        if one.plan is not None:
            session.say(render.render_plan(one.plan))


def _refuse_moved(judged: Sequence[Judged]) -> None:
    bad = [one for one in judged if not one.may_go]
    if bad:
        head = f"{len(bad)} of {len(judged)} steps may not be done any more; nothing was sent."
        refuse("\n".join([head, *(render_refused(one) for one in bad), NEW_PLAN]))


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
