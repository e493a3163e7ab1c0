"""A proposal as people review it: a diff pool by pool, the findings, and what it costs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from aigpu_contract.finding import Finding
from aigpu_contract.rendering import printable, render_findings
from azext_aigpu import render
from azext_aigpu.cost import HOURS_A_DAY, dollars, sum_or_none
from azext_aigpu.plan import CREATE, RECONCILE, REPLACE, UNCHANGED, UPDATE, Change
from azext_aigpu.plan_file.judging import Judged
from azext_aigpu.pool_changes import CHANGEABLE
from azext_aigpu.proposal import Proposal, Step, StepCost

_SIGNS = {CREATE: "+", UPDATE: "~", RECONCILE: "~", REPLACE: "!", UNCHANGED: "="}
_WORDS = {
    CREATE: "create",
    UPDATE: "update in place",
    RECONCILE: "bring to its goal state (it is Failed)",
    REPLACE: "replace: named, never done",
    UNCHANGED: "unchanged",
}


def render_proposal(proposal: Proposal) -> str:
    """Return the whole proposal as text."""
    told: dict[Finding, str] = {}
    parts = [part for step in proposal.steps for part in _render_step(step, told)]
    parts += _render_untouched(proposal)
    parts += [_summary(proposal), render_total([step.cost for step in proposal.steps])]
    return "\n".join(parts)


def render_stops(proposal: Proposal) -> str:
    """Return why the proposal is refused, a block for each pool that a rule stops."""
    stopped = proposal.stopped
    head = f"The plan was refused: {len(stopped)} of {len(proposal.steps)} pools may not be so; no plan was written."
    return "\n".join([head, *(f"{step.title}:\n{render_findings(step.stops)}" for step in stopped)])


def _render_step(step: Step, told: dict[Finding, str]) -> Iterator[str]:
    """Yield the parts of a step; `told` keeps which pool a finding was told of in full.

    What stops a step is told in full by `render_stops` alone.
    """
    plan = step.plan
    group = f"({step.cluster.resource_group}, {step.cluster.subscription})"
    yield f"{_SIGNS[plan.action]} {step.title} {group}: {_WORDS[plan.action]}"
    if step.leftover is not None:
        yield f"  - first delete the Failed pool '{step.leftover.name}' (0 nodes) that an earlier try left"
    if plan.action == CREATE:
        yield render.describe_pool(plan.spec)
    for change in plan.changes:
        forces = plan.action == REPLACE and change.path not in CHANGEABLE
        yield printable(render.render_change(change)) + ("   <- no pool can change this" if forces else "")
    if plan.action == REPLACE:
        yield f"  To have it so, give the spec another name, apply it, move the jobs, then delete '{plan.spec.name}'."
    yield from _render_notes(step, told)
    if plan.action != UNCHANGED:
        yield f"  {_describe_cost(step)}"


def _render_notes(step: Step, told: dict[Finding, str]) -> Iterator[str]:
    notes = [finding for finding in step.plan.findings if finding not in step.stops]
    fresh = [finding for finding in notes if finding not in told]
    if fresh:
        yield render_findings(fresh)
    if step.stops:
        yield f"  refused by {', '.join(dict.fromkeys(one.id for one in step.stops))}: see the error"
    for finding in notes:
        if finding in told:
            yield f"  {finding.status.name:<7} {finding.id}: as for {told[finding]}"
        told.setdefault(finding, step.title)


def _describe_cost(step: Step) -> str:
    price = step.plan.cost.line().removeprefix("Cost: ")
    return f"cost {_hours(step.cost)} ({price})" if step.plan.action == CREATE else f"cost {_hours(step.cost)}"


def _hours(cost: StepCost) -> str:
    return f"now {_hour(cost.now)}, after {_hour(cost.after)}, at most {_hour(cost.most)}"


def _hour(amount: Decimal | None) -> str:
    return "UNKNOWN" if amount is None else f"{dollars(amount)}/h"


def _render_untouched(proposal: Proposal) -> Iterator[str]:
    if proposal.untouched:
        yield "Left alone, as no spec names them:"
    for other in proposal.untouched:
        size = printable(str(other.pool.properties.get("vmSize")))
        yield f"  {other.cluster.name}/{other.pool.name}: {other.pool.describe_nodes()} x {size}"


def _summary(proposal: Proposal) -> str:
    actions = [step.plan.action for step in proposal.steps]
    counts = [f"{actions.count(action)} to {word}" for action, word in ((CREATE, "create"), (UPDATE, "update"))]
    counts += [f"{actions.count(RECONCILE)} to reconcile"] if RECONCILE in actions else []
    counts += [f"{actions.count(REPLACE)} would have to be replaced"] if REPLACE in actions else []
    return f"Plan: {', '.join(counts)}, {actions.count(UNCHANGED)} unchanged, {len(proposal.untouched)} left alone"


def render_total(costs: list[StepCost]) -> str:
    """Return the cost of all pools together: now, afterwards, and at the most they may grow to."""
    whole = StepCost(*(sum_or_none(getattr(cost, name) for cost in costs) for name in ("now", "after", "most")))
    day = "" if whole.most is None else f" = {dollars(whole.most * HOURS_A_DAY)}/day"
    return f"Cost of these pools: {_hours(whole)}{day}"


def render_refused(judged: Judged) -> str:
    """Return why a step may not be done: what has moved since the plan was made, or what the rules say."""
    title = judged.planned.step.title
    if judged.unread:
        return f"{title}: {judged.unread}"
    if judged.moved:
        return render_moved(title, judged.moved)
    return f"{title}:\n{render_findings(judged.stops)}"


def render_moved(title: str, moved: Iterable[Change]) -> str:
    """Return what of a pool has moved since the plan was made."""
    lines = [printable(render.render_change(change)) for change in moved]
    return "\n".join([f"{title} is not what the plan was made for (planned -> now):", *lines])
