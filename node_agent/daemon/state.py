"""What the agent holds true of its node, from round to round. Pure.

The condition is True only while the last round proved everything. A fault makes it Unknown at once and False when it is
seen twice; only a proof clears a False. A boot that is not the one of the last word makes it Unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from aigpu_contract.finding import Finding, Status
from aigpu_contract.verdict import Verdict, judge
from node_agent.checks import kubelet_resource
from node_agent.daemon import condition
from node_agent.daemon.condition import FALSE, TRUE, UNKNOWN
from node_agent.daemon.faults import Faults
from node_agent.daemon.node import Condition, Node
from node_agent.modes import LOOP, PROOFS

ROUNDS_FOR_FALSE = 2
CERTAIN_AT_ONCE = frozenset({"GPULost", "XIDFatal", "XIDNeedsReset"})
"""Faults that no second look can take back: the GPU does not answer, or has reported it itself."""
PLUGIN_GRACE_S = 300.0
"""Seconds for which the device plugin may offer another number, as while it starts."""
NOT_INJECTED = "AgentNotInjected"
NOT_INJECTED_S = 300.0
"""Seconds without device nodes and libraries after which a new container may get them."""
GOOD = (Status.PASS, Status.WARN)


@dataclass(frozen=True)
class State:
    """`condition` is what the node is to carry, None before anything was said. Times are of the boot clock.

    `is_judged`: every proof but the kubelet's resource has got its verdict, good or bad, in this boot.
    """

    boot_id: str | None = None
    condition: Condition | None = None
    bad_rounds: int = 0
    is_judged: bool = False
    mismatch_since: float | None = None
    not_injected_since: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What a round came to. `is_fresh` is False where a fault is only known from an earlier round."""

    verdict: Verdict
    boot_id: str | None
    summary: str = ""
    is_fresh: bool = True


def begin(node: Node, boot_id: str | None, kept: Faults) -> State:
    """Return the state at the start of the process: the last word on the node stands, if it is of this boot.

    What was counted goes on: an agent that never lives for two rounds must come to a False too. Only the wait for a
    container with devices begins anew, since a new container is what it waits for.
    """
    state = State(boot_id=kept.boot_id, bad_rounds=kept.bad_rounds, mismatch_since=kept.mismatch_since)
    last = node.condition
    if last is None:
        return state
    if _is_of_this_boot(node, last, boot_id):
        return replace(state, condition=last, is_judged=last.status != UNKNOWN)
    is_unwritten = last.status == TRUE and node.proof is None
    return replace(state, condition=condition.UNWRITTEN if is_unwritten else condition.REBOOTED)


def _is_of_this_boot(node: Node, last: Condition, boot_id: str | None) -> bool:
    if last.status == FALSE:
        boot = condition.boot_of(last)
        return boot is None or boot_id is None or boot_id.startswith(boot)
    if last.status == TRUE:
        return node.proof is not None and node.proof.boot_id == boot_id
    return True


def pause(state: State) -> State:
    """Return the state of an agent that may not look: what was good is not known any more, what was bad stays so.

    Nothing is counted on over a pause: a driver is changed in it, and the device plugin starts anew after it.
    """
    kept = state.condition is not None and state.condition.status == FALSE
    said = state.condition if kept else condition.PAUSED
    return replace(state, condition=said, bad_rounds=0, mismatch_since=None, not_injected_since=None)


def observe(state: State, outcome: Outcome, now: float) -> State:
    """Return the state after a round."""
    if outcome.boot_id != state.boot_id and None not in (outcome.boot_id, state.boot_id):
        state = State(boot_id=outcome.boot_id, condition=condition.REBOOTED)
    mismatch_since = _since(state.mismatch_since, _has_mismatch(outcome.verdict), now)
    verdict = give_time(outcome.verdict, 0.0 if mismatch_since is None else now - mismatch_since)
    bad_rounds = _count_bad(state, verdict, is_fresh=outcome.is_fresh)
    said = _condition(state, replace(outcome, verdict=verdict), bad_rounds)
    proofs = without_kubelet(verdict)
    return State(
        boot_id=outcome.boot_id or state.boot_id,
        condition=said,
        bad_rounds=bad_rounds,
        is_judged=state.is_judged or proofs.status in GOOD or said.status == FALSE,
        mismatch_since=mismatch_since,
        not_injected_since=_since(state.not_injected_since, _has(verdict, NOT_INJECTED), now),
    )


def give_time(verdict: Verdict, seconds: float) -> Verdict:
    """Return the verdict with the kubelet's number as a doubt while it has been wrong for only so many seconds."""
    if seconds >= PLUGIN_GRACE_S or not _has_mismatch(verdict):
        return verdict
    return rejudge(replace(one, status=Status.UNKNOWN) if _is_mismatch(one) else one for one in verdict.findings)


def without_kubelet(verdict: Verdict) -> Verdict:
    """Return the verdict of every proof but the kubelet's resource, which waits for a device plugin."""
    return rejudge(finding for finding in verdict.findings if finding.id != kubelet_resource.ID)


def rejudge(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict over findings that were changed or added, worst first."""
    return judge(sorted(findings, key=lambda finding: -finding.status), PROOFS[LOOP])


def _condition(state: State, outcome: Outcome, bad_rounds: int) -> Condition:
    verdict = outcome.verdict
    if verdict.status in GOOD:
        return condition.build_condition(TRUE, verdict, outcome.summary, outcome.boot_id)
    was_bad = state.condition is not None and state.condition.status == FALSE
    if verdict.status is not Status.FAIL:
        return _kept_bad(state) or condition.build_condition(UNKNOWN, verdict, "", None)
    is_sure = bad_rounds >= ROUNDS_FOR_FALSE or any(one.reason in CERTAIN_AT_ONCE for one in verdict.worst)
    return condition.build_condition(FALSE if is_sure or was_bad else UNKNOWN, verdict, "", outcome.boot_id)


def _kept_bad(state: State) -> Condition | None:
    return state.condition if state.condition is not None and state.condition.status == FALSE else None


def _count_bad(state: State, verdict: Verdict, *, is_fresh: bool) -> int:
    if verdict.status in GOOD:
        return 0
    return min(state.bad_rounds + (verdict.status is Status.FAIL and is_fresh), ROUNDS_FOR_FALSE)


def _has(verdict: Verdict, reason: str) -> bool:
    return any(finding.reason == reason for finding in verdict.findings)


def _has_mismatch(verdict: Verdict) -> bool:
    return any(_is_mismatch(finding) for finding in verdict.findings)


def _is_mismatch(finding: Finding) -> bool:
    return finding.id == kubelet_resource.ID and finding.status is Status.FAIL


def _since(before: float | None, is_so: bool, now: float) -> float | None:
    if not is_so:
        return None
    return now if before is None else before
