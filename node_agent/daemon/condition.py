"""The words of the condition, made from a verdict. Pure.

A False carries the boot in which it was seen, at the end of its message: after a restart of the agent, that is how a
fault of this boot is told from one of an earlier boot.
"""

from __future__ import annotations

import re

from aigpu_contract.finding import Finding, Status
from aigpu_contract.rendering import printable
from aigpu_contract.verdict import Verdict
from node_agent.checks.findings import names_cause
from node_agent.daemon.node import Condition

TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"
MOST_CHARACTERS = 1024
_BOOT = re.compile(r" \[boot ([0-9A-Za-z]{8})\]$")

REBOOTED = Condition(
    UNKNOWN, "NodeRebooted", "the node has started anew, and nothing is proven in this boot yet; a round is under way"
)
UNWRITTEN = Condition(
    UNKNOWN, "ProofMissing", "no proof stands on the node beside its last True, as with a waiver; a round is under way"
)
STALE = Condition(
    UNKNOWN, "HeartbeatStale", "no agent has ended a round for longer than its word holds; a round is under way"
)
PAUSED = Condition(
    UNKNOWN, "AgentPaused", "the label aigpu.io/pause stands on the node: nothing is looked at until it is taken away"
)


def build_condition(status: str, verdict: Verdict, summary: str, boot_id: str | None) -> Condition:
    """Return the condition of a verdict: reason and message of its worst finding, or `summary` of what was proven."""
    finding = cause(verdict)
    if status == TRUE and finding.status is not Status.WARN:
        return Condition(TRUE, finding.reason, _cut(summary, ""))
    mark = f" [boot {boot_id[:8]}]" if status == FALSE and boot_id else ""
    return Condition(status, finding.reason, _cut(describe(finding), mark))


def cause(verdict: Verdict) -> Finding:
    """Return the finding that decided: the first one that names a cause, else the first."""
    worst = verdict.worst
    return next((finding for finding in worst if names_cause(finding)), worst[0])


def describe(finding: Finding) -> str:
    """Return a finding in one line: the problem, the value seen, the value wanted, the next step."""
    parts = ((" Seen: ", finding.seen), (" Wanted: ", finding.wanted), (" Next: ", finding.next_step))
    return f"{finding.id}: {finding.problem}." + "".join(f"{name}{text}." for name, text in parts if text)


def boot_of(condition: Condition) -> str | None:
    """Return the first eight characters of the boot id that a False was seen in, None where it names none."""
    match = _BOOT.search(condition.message)
    return match.group(1) if match else None


def _cut(text: str, mark: str) -> str:
    line = printable(text)
    most = MOST_CHARACTERS - len(mark)
    return (line if len(line) <= most else line[: most - 3] + "...") + mark
