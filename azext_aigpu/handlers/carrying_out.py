"""Carries out several steps: one after the other on a cluster, several clusters at a time, with a true account.

AKS takes one operation a cluster at a time and answers 409 to others, which is waited out. A step of a cluster is read
and judged again right before it is sent, because the steps before it took their time.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from azext_aigpu.cloud.apply import apply, delete_pool
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.errors import CallFailed
from azext_aigpu.cloud.outcomes import Differs, Done, Failed, Outcome, Started, Waiting
from azext_aigpu.cloud.parallel import Started as Thread
from azext_aigpu.handlers import writing
from azext_aigpu.handlers.asking import AT_ONCE
from azext_aigpu.handlers.interrupts import heard
from azext_aigpu.handlers.session import Session
from azext_aigpu.plan import REPLACE, UNCHANGED, Plan
from azext_aigpu.plan_file.document import PlanFile, PlannedStep
from azext_aigpu.plan_file.judging import Judged, Planned
from azext_aigpu.render_proposal import render_refused

DONE = "done"
FAILED = "failed"
DIFFERS = "differs"
REFUSED = "refused"
NOT_DONE = "not-done"
NOT_STARTED = "not-started"
RUNNING = "running"
UNSURE = "unsure"
AGAIN = "a new plan"
FRESH_SECONDS = 60.0
"""How old the judgement may be that the first step of a cluster is sent on: somebody may have been asked meanwhile."""

_LOOK_SECONDS = 0.2


@dataclass
class Work:
    """One step on its way. Its thread writes `outcome`, `detail` and `note`; the one who watches reads them."""

    judged: Judged
    arm: Arm
    judge_again: Callable[[Planned], Judged]
    outcome: str = NOT_STARTED
    detail: str = ""
    note: str = ""
    judged_at: float = field(default_factory=time.monotonic)

    @property
    def step(self) -> PlannedStep:
        """Return the step of the plan file."""
        return self.judged.planned.step

    def end(self, outcome: str, detail: str = "") -> None:
        """Note how it ended."""
        self.outcome, self.detail, self.note = outcome, detail, ""


class _Gate:
    """Lets steps start until it is closed: after that, what was not started never will be."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = False

    def start(self, work: Work) -> bool:
        with self._lock:
            if not self._closed:
                work.outcome = UNSURE
            return not self._closed

    def close(self) -> None:
        with self._lock:
            self._closed = True


def carry_out(session: Session, works: Sequence[Work]) -> None:
    """Do every step and show the progress. Ctrl-C starts nothing more; what goes on in Azure is told in the works."""
    gate = _Gate()
    clusters: queue.SimpleQueue[list[Work]] = queue.SimpleQueue()
    groups = _by_cluster(works)
    for group in groups:
        clusters.put(group)
    progress = session.cli_ctx.get_progress_controller()
    told: set[int] = set()
    try:
        with heard() as check:
            progress.begin()
            threads = [Thread(lambda: _do_clusters(clusters, gate)) for _ in range(min(AT_ONCE, len(groups)))]
            for thread in threads:
                while not _has_ended(thread):
                    check()
                    _tell(session, works, told)
                    progress.add(message="; ".join(f"{work.step.title}: {work.note}" for work in works if work.note))
    except KeyboardInterrupt:
        gate.close()
        session.say("Stopped watching. Nothing was cancelled, and nothing more is started.")
        for work in works:
            _tell_interrupted(session, work)
    finally:
        gate.close()
        progress.stop()
    _tell(session, works, told)


def _by_cluster(works: Sequence[Work]) -> list[list[Work]]:
    groups: dict[str, list[Work]] = {}
    for work in works:
        groups.setdefault(work.step.cluster.key, []).append(work)
    return list(groups.values())


def _has_ended(thread: Thread[None]) -> bool:
    try:
        thread.result(_LOOK_SECONDS)
    except TimeoutError:
        return False
    return True


def _do_clusters(clusters: queue.SimpleQueue[list[Work]], gate: _Gate) -> None:
    while True:
        try:
            group = clusters.get_nowait()
        except queue.Empty:
            return
        for position, work in enumerate(group):
            _do(work, gate, is_first=position == 0)


def _do(work: Work, gate: _Gate, is_first: bool) -> None:
    fresh = is_first and time.monotonic() - work.judged_at < FRESH_SECONDS
    try:
        judged = work.judged if fresh else work.judge_again(work.judged.planned)
    except CallFailed as error:
        work.end(REFUSED, f"{error.problem.sentence} Nothing was sent for it.")
        return
    if judged.plan is None or not judged.may_go:
        work.end(REFUSED, f"{render_refused(judged)}\nNothing was sent for it.")
        return
    if not gate.start(work):
        return
    last: Outcome | None = None
    for last in _outcomes(judged, judged.plan, work.arm):
        _note(work, last)
    work.end(*_conclude(judged.plan, last))


def _outcomes(judged: Judged, plan: Plan, arm: Arm) -> Iterator[Outcome]:
    leftover = judged.leftover
    if leftover is not None:
        for outcome in delete_pool(writing.target_of(plan.spec), arm, if_match=leftover.etag):
            if isinstance(outcome, Failed):
                yield outcome
                return
            if isinstance(outcome, Waiting):
                yield outcome
    yield from apply(plan, arm)


def _note(work: Work, outcome: Outcome) -> None:
    if isinstance(outcome, Started):
        work.outcome, work.note = RUNNING, "accepted"
    elif isinstance(outcome, Waiting):
        work.note = f"{outcome.state}, {outcome.seconds:.0f} s"


def _conclude(plan: Plan, outcome: Outcome | None) -> tuple[str, str]:
    if isinstance(outcome, Done):
        return DONE, ""
    if isinstance(outcome, Differs):
        return DIFFERS, writing.describe_differs(plan, outcome)
    if isinstance(outcome, Failed):
        return FAILED, writing.describe_failed(plan, outcome, AGAIN)
    return UNSURE, f"What Azure made of it is not known. Look: {writing.command('show', writing.target_of(plan.spec))}"


def _tell(session: Session, works: Sequence[Work], told: set[int]) -> None:
    for number, work in enumerate(works):
        if number in told or work.outcome in (NOT_STARTED, UNSURE, RUNNING):
            continue
        told.add(number)
        session.say(
            f"{work.step.title}: {work.step.action} {work.outcome}" + (f"\n{work.detail}" if work.detail else "")
        )


def _tell_interrupted(session: Session, work: Work) -> None:
    if work.outcome in (RUNNING, UNSURE):
        target = writing.target_of(work.judged.planned.spec)
        work.detail = writing.describe_interrupted(target, work.step.action, work.outcome == RUNNING)
        session.say(f"{work.step.title}: {work.detail}")


def build_rows(plan: PlanFile, works: Sequence[Work]) -> list[dict[str, Any]]:
    """Return a row for each step of the plan, in its order: what was to be done, and what became of it."""
    by_step = {id(work.step): work for work in works}
    return [_row(step, by_step.get(id(step))) for step in plan.steps]


def _row(step: PlannedStep, work: Work | None) -> dict[str, Any]:
    row = {"action": step.action, "cluster": str(step.cluster), "name": step.name}
    if work is not None:
        return {**row, "outcome": work.outcome, "detail": work.detail}
    if step.action == REPLACE:
        return {**row, "outcome": NOT_DONE, "detail": "a pool is never replaced by apply; see the plan for the way"}
    return {**row, "outcome": UNCHANGED, "detail": ""}
