"""Carries a plan out for a person who watches: progress, what Azure made of it, and how to go on when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aigpu_contract.reading import Unknown
from azext_aigpu import inventory, render
from azext_aigpu._errors import refuse
from azext_aigpu.cloud.apply import apply, delete_pool
from azext_aigpu.cloud.errors import AzureProblem, NotFound, is_capacity, name_place
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.cloud.outcomes import Differs, Done, Failed, Outcome, Started, Target, Waiting
from azext_aigpu.cloud.pools import read_pool
from azext_aigpu.handlers.interrupts import heard, refuse_stopped
from azext_aigpu.handlers.session import Session
from azext_aigpu.plan import CREATE, Plan
from azext_aigpu.spec import PoolSpec

if TYPE_CHECKING:
    from azext_aigpu.cloud.arm import Arm

DELETE = "delete"
SAME_COMMAND = "the same command"
_CONDITIONS = {CREATE: "created", DELETE: "deleted"}


@dataclass(frozen=True)
class NoCapacity:
    """Azure had no room for this attempt, and there is another one to try."""

    problem: AzureProblem


def write(
    session: Session, arm: Arm, plan: Plan, no_wait: bool, go_on_without_capacity: bool = False
) -> dict[str, Any] | NoCapacity | None:
    """Send `plan`, wait, read back. Return the pool as made, or None with `no_wait`.

    Exits 1 with what Azure said, or with the differences when it made other than it was asked.
    """
    outcome = watch(session, apply(plan, arm, no_wait), target_of(plan.spec), plan.action)
    if isinstance(outcome, Failed) and go_on_without_capacity and is_capacity(outcome.problem):
        return NoCapacity(outcome.problem)
    return _result(session, plan, outcome)


def watch(session: Session, outcomes: Iterator[Outcome], target: Target, action: str) -> Outcome | None:
    """Show progress while `outcomes` come, and return the last one; `action` is what is done to `target`.

    Ctrl-C ends the command with 1: it cancels nothing, and the message says how to follow what goes on.
    """
    progress = session.cli_ctx.get_progress_controller()
    last: Outcome | None = None
    accepted = False
    try:
        with heard() as check:
            progress.begin()
            for last in outcomes:
                accepted = accepted or isinstance(last, Started)
                if isinstance(last, (Started, Waiting)):
                    check()
                if isinstance(last, Waiting):
                    progress.add(message=f"{last.state}, {last.seconds:.0f} s")
    except KeyboardInterrupt:
        refuse_stopped(describe_interrupted(target, action, accepted))
    finally:
        progress.stop()
    return last


def delete_leftover(session: Session, arm: Arm, spec: PoolSpec, pool: Pool) -> None:
    """Delete the Failed and empty `pool` by its etag, so that nobody else's new pool of that name can be hit."""
    session.say(f"Deleting the Failed pool '{pool.name}' (0 nodes) first.")
    target = target_of(spec)
    outcome = watch(session, delete_pool(target, arm, if_match=pool.etag), target, DELETE)
    if isinstance(outcome, Failed):
        refuse(f"The Failed pool '{pool.name}' could not be deleted: {told(outcome.problem, target)}")


def remove_failed(session: Session, arm: Arm, plan: Plan) -> None:
    """Delete what a failed attempt of this very run left behind, when it is Failed and empty."""
    spec = plan.spec
    try:
        pool = read_pool(arm, spec.resource_group, spec.cluster_name, spec.name)
    except NotFound:
        return
    except KeyboardInterrupt:
        look = command("show", target_of(spec))
        refuse_stopped(f"Stopped; whether the failed attempt left node pool '{spec.name}' is not known.\nLook: {look}")
    if isinstance(pool, Unknown):
        refuse(f"What the failed attempt left behind is not known: {pool.reason}. Nothing more was tried.")
    if not inventory.is_failed_leftover(pool.value):
        refuse(
            f"The failed attempt left node pool '{spec.name}' {pool.value.provisioning_state} with "
            f"{pool.value.count} nodes, so nothing more was tried.\n"
            f"Look at it: {command('show', target_of(spec))}"
        )
    delete_leftover(session, arm, spec, pool.value)


def describe_made(session: Session, spec: PoolSpec, plan: Plan, pool: Pool) -> dict[str, Any]:
    """Return a pool as `add`, `update` and `show` print it: the API's fields flat, ours under `aigpu`."""
    row = inventory.build_row(pool, spec.resource_group, spec.cluster_name, plan.cost.price, session.limits)
    return inventory.flatten(pool, spec.resource_group, row)


def _result(session: Session, plan: Plan, outcome: Outcome | None) -> dict[str, Any] | None:
    if isinstance(outcome, Done):
        return describe_made(session, plan.spec, plan, outcome.pool)
    if isinstance(outcome, Differs):
        refuse(describe_differs(plan, outcome))
    if isinstance(outcome, Failed):
        refuse(describe_failed(plan, outcome))
    follow = _follow(target_of(plan.spec), plan.action)
    session.say(f"Azure took the request; nothing was read back. Follow it: {follow}")
    return None


def describe_differs(plan: Plan, outcome: Differs) -> str:
    """Return what Azure made other than it was asked, and what to do next."""
    target = target_of(plan.spec)
    undo = command("delete", target) if plan.action == CREATE else command("update", target) + " ..."
    return "\n".join(
        [
            f"Azure reported success, but node pool '{target.pool}' is not what was asked for.",
            render.render_differences(outcome.differences),
            f"Next: look at it with '{command('show', target)}', then '{undo}'.",
        ]
    )


def describe_failed(plan: Plan, outcome: Failed, again: str = SAME_COMMAND) -> str:
    """Return why the write failed and what it left; `again` says what to run with --replace-failed to try again."""
    spec = plan.spec
    lines = [f"Node pool '{spec.name}' was not {plan.action}d: {told(outcome.problem, target_of(spec))}"]
    pool = outcome.pool
    if plan.action == CREATE and pool is not None and pool.provisioning_state == "Failed":
        others = again == SAME_COMMAND and is_capacity(outcome.problem)
        more = ", and --try-zones or --try-sizes to go on to other places" if others else ""
        lines.append(
            f"Azure left the pool '{spec.name}' Failed with {pool.count} nodes. "
            f"To try again: {again} with --replace-failed, which deletes it first{more}."
        )
    return "\n".join(lines)


def describe_interrupted(target: Target, action: str, accepted: bool) -> str:
    """Return what goes on in Azure after Ctrl-C, and how to follow it; `accepted` when Azure has taken the request."""
    head = f"Stopped watching; Azure goes on to {action} node pool '{target.pool}', nothing was cancelled."
    if not accepted:
        head = f"Stopped; whether Azure took the request to {action} node pool '{target.pool}' is not known."
    lines = [head]
    if accepted:
        lines.append(f"Follow it: {_follow(target, action)}")
    if action != DELETE:
        lines.append(f"Look at it: {command('show', target)}")
    if action == CREATE:
        lines.append(f"Undo it: {command('delete', target)}")
    return "\n".join(lines)


def _follow(target: Target, action: str) -> str:
    return f"{command('wait', target)} --{_CONDITIONS.get(action, 'updated')}"


def target_of(spec: PoolSpec) -> Target:
    """Return the pool that `spec` is about, by its names."""
    return Target(spec.resource_group, spec.cluster_name, spec.name, spec.subscription)


def told(problem: AzureProblem, target: Target) -> str:
    """Return what went wrong and the next step, a line each; commands in it are about `target`."""
    named = name_place(problem, group=target.group, cluster=target.cluster, pool=target.pool)
    return "\n".join(part for part in (f"{problem.sentence} ({problem.code})", named.next_step) if part)


def command(verb: str, target: Target) -> str:
    """Return the command that does `verb` to `target`, to copy."""
    where = f" --subscription {target.subscription}" if target.subscription else ""
    return f"az aigpu nodepool {verb} -g {target.group} --cluster-name {target.cluster} -n {target.pool}{where}"
