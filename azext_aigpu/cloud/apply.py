"""Carries out a plan: sends it, waits for it, reads the pool back and compares. Only I/O; it yields what happens.

Waiting can be given up at any point (KeyboardInterrupt goes through): Azure goes on with what it has accepted.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Generator, Iterator, Mapping

from aigpu_contract.reading import Reading, Unknown
from azext_aigpu.cloud.arm import Arm, Operation
from azext_aigpu.cloud.error_table import Kind
from azext_aigpu.cloud.errors import AzureProblem, CallFailed
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.cloud.outcomes import Differs, Done, Failed, Gone, Outcome, Started, Target
from azext_aigpu.cloud.pools import read_pool
from azext_aigpu.cloud.waiting import PATIENCE, Patience, wait_for_pool, wait_until_gone, when_free
from azext_aigpu.differences import find_differences, holds
from azext_aigpu.plan import CREATE, Plan

_STATE = "provisioningState"
_MARKS = ("vmSize", "nodeLabels", "tags")
"""Properties that together tell a pool that we made from one that somebody else made under the same name."""


def apply(plan: Plan, arm: Arm, no_wait: bool = False, patience: Patience = PATIENCE) -> Iterator[Outcome]:
    """Carry out `plan`; the last outcome is Done, Differs or Failed, or Started with `no_wait`."""
    target = Target(plan.spec.resource_group, plan.spec.cluster_name, plan.spec.name)
    if not plan.writes:
        yield _compare(plan, arm, target)
        return
    try:
        operation = yield from _send(plan, arm, target, patience)
    except CallFailed as error:
        yield Failed(error.problem, _pool_now(arm, target))
        return
    yield Started(plan.action, target.pool)
    if no_wait:
        return
    failure = yield from wait_for_pool(operation, arm, target, patience)
    yield Failed(failure, _pool_now(arm, target)) if failure else _compare(plan, arm, target)


def delete_pool(
    target: Target,
    arm: Arm,
    if_match: str | None = None,
    no_wait: bool = False,
    patience: Patience = PATIENCE,
    ignore_pdb: bool = False,
) -> Iterator[Outcome]:
    """Delete a pool, only while its etag is `if_match` where that is given; the last outcome is Gone or Failed.

    A pool that is not there is Gone: callers that must tell a misspelt name read the pool first.
    """
    headers = {"If-Match": if_match} if if_match else {}
    delete = functools.partial(arm.begin_delete_pool, target.group, target.cluster, target.pool, headers, ignore_pdb)
    try:
        operation = yield from when_free(delete, patience)
    except CallFailed as error:
        yield Failed(error.problem, _pool_now(arm, target))
        return
    yield Started("delete", target.pool)
    if no_wait:
        return
    failure = yield from wait_until_gone(operation, arm, target, patience)
    yield Failed(failure, _pool_now(arm, target)) if failure else Gone(target.pool)


def _send(plan: Plan, arm: Arm, target: Target, patience: Patience) -> Generator[Outcome, None, Operation | None]:
    """Return the operation, or None where Azure has our write already but we have no operation for it.

    azure-core sends a PUT again when the connection breaks. The second one then meets our own pool and is refused by
    the precondition: what counts is what is there.
    """
    # Ours last: a header of the user's own must not take the precondition away.
    headers = {**plan.headers, **_precondition(plan)}
    put = functools.partial(arm.begin_put_pool, target.group, target.cluster, target.pool, plan.properties, headers)
    try:
        return (yield from when_free(put, patience))
    except CallFailed as error:
        if not _may_be_applied(error.problem):
            raise
        pool = _pool_now(arm, target)
        if pool is not None and _is_ours(plan, pool):
            return None
        raise CallFailed(_unsure(error.problem)) from error


def _precondition(plan: Plan) -> Mapping[str, str]:
    if plan.action == CREATE:
        return {"If-None-Match": "*"}
    if plan.if_match is None:
        sentence = "Azure gave the pool no etag, so a change made by somebody else in the meantime could be undone."
        raise CallFailed(AzureProblem("NoEtag", sentence, "Run the command again.", None))
    return {"If-Match": plan.if_match}


def _may_be_applied(problem: AzureProblem) -> bool:
    broken = problem.kind in (Kind.PRECONDITION, Kind.CONNECTION, Kind.UNREADABLE)
    return broken or (problem.status or 0) >= 500


def _is_ours(plan: Plan, pool: Pool) -> bool:
    if plan.action == CREATE:
        return all(holds(plan.properties.get(name), pool.properties.get(name)) for name in _MARKS)
    return bool(plan.changes) and all(found.path == _STATE for found in find_differences(plan, pool))


def _unsure(problem: AzureProblem) -> AzureProblem:
    if problem.kind is Kind.PRECONDITION:
        return problem
    step = "Azure may have taken it all the same: look with az aigpu nodepool show before you run the command again."
    return dataclasses.replace(problem, next_step=f"{step} {problem.next_step}")


def _compare(plan: Plan, arm: Arm, target: Target) -> Outcome:
    try:
        pool = _read(arm, target)
    except CallFailed as error:
        return Failed(error.problem)
    if isinstance(pool, Unknown):
        sentence = f"Azure says that it succeeded, but {pool.reason}."
        step = "Nothing is proven until the pool has been read back: az aigpu nodepool show"
        return Failed(AzureProblem("NotReadBack", sentence, step, None))
    differences = find_differences(plan, pool.value)
    return Differs(pool.value, differences) if differences else Done(pool.value)


def _pool_now(arm: Arm, target: Target) -> Pool | None:
    try:
        pool = _read(arm, target)
    except CallFailed:
        return None
    return None if isinstance(pool, Unknown) else pool.value


def _read(arm: Arm, target: Target) -> Reading[Pool]:
    return read_pool(arm, target.group, target.cluster, target.pool)
