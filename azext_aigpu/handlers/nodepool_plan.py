"""`az aigpu nodepool plan`: what specs would make of their clusters, judged and priced; nothing is changed."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from aigpu_contract.exit_codes import EXIT_FINDINGS
from aigpu_contract.rendering import render_findings
from azext_aigpu import review
from azext_aigpu._errors import refuse
from azext_aigpu.exit_code import end_with
from azext_aigpu.handlers.session import Session, open_session
from azext_aigpu.handlers.spec_files import read_specs
from azext_aigpu.plan_file.document import DIGEST, build_plan_file
from azext_aigpu.proposal import Inquiry, Proposal, inquiry_of, propose
from azext_aigpu.render_proposal import render_proposal, render_stops
from azext_aigpu.spec import PoolSpec, fill_defaults
from azext_aigpu.specs.parse import Wanted
from azext_aigpu.text_files import write_text


def plan_nodepools(
    cmd: Any,
    file: list[str],
    overlay: list[str] | None = None,
    plan_file: str | None = None,
    exit_code: bool = False,
    replace_failed: bool = False,
    max_hourly_cost: Decimal | None = None,
    strict: bool = False,
) -> dict[str, Any]:
    """Return the plan; exits 1 where a rule stops it, and with `exit_code` 4 where something would change."""
    session = open_session(cmd, max_hourly_cost)
    wanted = read_specs(file, overlay or (), session.limits, "--file")
    _refuse_offline(wanted, strict)
    proposal = _propose(session, wanted, strict, replace_failed)
    session.say(render_proposal(proposal))
    if proposal.stopped:
        refuse(render_stops(proposal))
    plan = build_plan_file(
        proposal, session.cli_ctx.cloud.endpoints.resource_manager, _now(), session.settings.plan_hours
    )
    if plan_file is not None:
        write_text(plan_file, json.dumps(plan, indent=1, ensure_ascii=True) + "\n", "--plan-file")
        session.say(f"Apply it: az aigpu nodepool apply --plan-file {plan_file} --digest {plan[DIGEST]}")
    if exit_code and proposal.changes:
        end_with(session.cli_ctx, EXIT_FINDINGS)
    return plan


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _refuse_offline(wanted: Sequence[Wanted], strict: bool) -> None:
    """Exit 1 where a spec alone shows that it is wrong: all of them are told, and Azure is not asked."""
    told = []
    for pool in wanted:
        stops = review.stopping(review.review_spec(fill_defaults(pool.spec)), strict)
        if stops:
            told.append(f"{pool.place}, node pool '{pool.spec.name}':\n{render_findings(stops)}")
    if told:
        head = f"{len(told)} of {len(wanted)} node pools were refused; nothing was asked of Azure."
        refuse("\n".join([head, *told]))


def _propose(session: Session, wanted: Sequence[Wanted], strict: bool, replace_failed: bool) -> Proposal:
    from azext_aigpu.handlers.asking import ask, connect

    specs: dict[Inquiry, list[PoolSpec]] = {}
    for pool in wanted:
        specs.setdefault(inquiry_of(pool), []).append(pool.spec)
    arms = connect(session, sorted({inquiry.cluster.subscription for inquiry in specs}), "a spec")
    return propose(wanted, ask(session, arms, specs), strict, replace_failed)
