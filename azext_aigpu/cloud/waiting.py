"""Waits for the cluster to be free, for an operation to end, for a pool to be built or gone; yields the progress."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

from aigpu_contract.reading import Unknown
from azext_aigpu.cloud.arm import Arm, Operation
from azext_aigpu.cloud.error_table import Kind
from azext_aigpu.cloud.errors import AzureProblem, CallFailed, NotFound, explain_body, is_busy
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.cloud.outcomes import Outcome, Target, Waiting
from azext_aigpu.cloud.pools import read_pool

ENDED = ("Succeeded", "Failed", "Canceled")
_FOLLOW = "It may still be going on: az aigpu nodepool wait or az aigpu nodepool show tells."


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: for other operations in all, between two tries, between two reports."""

    busy_limit: float = 900.0
    busy_pause: float = 10.0
    report: float = 5.0


PATIENCE = Patience()
Wait = Generator[Outcome, None, AzureProblem | None]


def when_free(call: Callable[[], Operation], patience: Patience) -> Generator[Outcome, None, Operation]:
    """Make `call` again while another operation runs, and return what it returns. Raises CallFailed."""
    began = time.monotonic()
    while True:
        try:
            return call()
        except CallFailed as error:
            waited = time.monotonic() - began
            if not is_busy(error.problem) or waited + patience.busy_pause > patience.busy_limit:
                raise
            yield Waiting(waited, error.problem.sentence)
        time.sleep(patience.busy_pause)


def wait_for_pool(operation: Operation | None, arm: Arm, target: Target, patience: Patience) -> Wait:
    """Wait until the write has ended; return why it failed, or None. Without an operation the pool itself tells."""
    ended, failure = yield from _wait_for_operation(operation, patience)
    if ended:
        return failure
    began = time.monotonic()
    while True:
        pool = _look(arm, target)
        if isinstance(pool, AzureProblem):
            return pool
        if pool.provisioning_state in ENDED:
            return _failure_of(pool)
        yield Waiting(time.monotonic() - began, pool.provisioning_state)
        time.sleep(patience.report)


def wait_until_gone(operation: Operation, arm: Arm, target: Target, patience: Patience) -> Wait:
    """Wait until the pool is deleted, seen with own eyes; return why it is not, or None."""
    _, failure = yield from _wait_for_operation(operation, patience)
    began = time.monotonic()
    while failure is None:
        pool = _look(arm, target)
        if isinstance(pool, AzureProblem):
            return None if pool.kind is Kind.NOT_FOUND else pool
        if pool.provisioning_state in ENDED:
            sentence = f"Node pool '{target.pool}' is still there ({pool.provisioning_state})."
            return _failure_of(pool) or AzureProblem("NotDeleted", sentence, "Delete it again.", None)
        yield Waiting(time.monotonic() - began, pool.provisioning_state)
        time.sleep(patience.report)
    return failure


def _wait_for_operation(
    operation: Operation | None, patience: Patience
) -> Generator[Outcome, None, tuple[bool, AzureProblem | None]]:
    """Return whether the operation is known to have ended, and why it failed."""
    if operation is None:
        return False, None
    began = time.monotonic()
    try:
        while not operation.wait(patience.report):
            yield Waiting(time.monotonic() - began, operation.state)
    except CallFailed as error:
        # 200: the poll went well and told of a failure. Anything else says that the poll failed, not the operation.
        told = error.problem.status == 200 and error.problem.kind is not Kind.UNREADABLE
        return told, error.problem if told else None
    return True, None


def _look(arm: Arm, target: Target) -> Pool | AzureProblem:
    try:
        pool = read_pool(arm, target.group, target.cluster, target.pool)
    except NotFound as error:
        return error.problem
    except CallFailed as error:
        return dataclasses.replace(error.problem, next_step=f"{error.problem.next_step} {_FOLLOW}")
    if isinstance(pool, Unknown):
        return AzureProblem("NotReadBack", f"What Azure made of it is not known: {pool.reason}.", _FOLLOW, None)
    return pool.value


def _failure_of(pool: Pool) -> AzureProblem | None:
    status = pool.properties.get("status")
    error = status.get("provisioningError") if isinstance(status, dict) else None
    return explain_body(error, 200) if error and pool.provisioning_state != "Succeeded" else None
