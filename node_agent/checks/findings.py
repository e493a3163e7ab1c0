"""The forms that the findings of checks take. Whom a FAIL blames depends on whose container was looked at."""

from __future__ import annotations

from typing import Dict, Iterable, List, Tuple

from aigpu_contract.finding import Blame, Finding, Status
from aigpu_contract.frozen import dataclass, replace
from aigpu_contract.reading import Unknown
from node_agent.expected import Expected
from node_agent.facts import BindingUnusable, Crashed, NoAnswer

HANG_IS_CERTAIN = 60.0
"""Seconds. One call of a working driver may take 45 s before it fails (NVIDIA/open-gpu-kernel-modules issue 446)."""

NAMES_NO_CAUSE = frozenset({"NotReached", "ProofMissing", "ReadingUnknown"})
"""Reasons of an UNKNOWN that says only that nobody could look."""


@dataclass(frozen=True)
class Words:
    """What a finding says to a person: the problem, the value seen, the value wanted and the next step."""

    problem: str
    seen: str
    wanted: str
    next_step: str


def _finding(check: str, reason: str, status: Status, words: Words, blame: Blame = Blame.NONE) -> Finding:
    return Finding(check, reason, status, words.problem, words.seen, words.wanted, words.next_step, blame)


def passed(check: str, what: str, seen: str = "") -> Finding:
    """Return that `check` looked and that `what` holds."""
    return Finding(check, "Passed", Status.PASS, what, seen=seen)


def not_applicable(check: str, why: str) -> Finding:
    """Return that there is nothing to look at: nothing was asked for, or the machine has nothing of the kind."""
    return Finding(check, "NotApplicable", Status.SKIPPED, why)


def not_reached(check: str, cause: str) -> Finding:
    """Return that `check` could not look because of what the check `cause` says."""
    words = Words(
        f"could not look: {cause} stands in the way",
        seen="",
        wanted=f"{cause} without a finding",
        next_step=f"settle first what {cause} says",
    )
    return _finding(check, "NotReached", Status.UNKNOWN, words)


def warning(check: str, reason: str, words: Words) -> Finding:
    """Return something that is worth knowing and stops nothing."""
    return _finding(check, reason, Status.WARN, words)


def unclear(check: str, reason: str, words: Words) -> Finding:
    """Return an UNKNOWN that has a name: not proven, and not shown to be anybody's fault."""
    return _finding(check, reason, Status.UNKNOWN, words)


def fault(check: str, reason: str, blame: Blame, words: Words) -> Finding:
    """Return a FAIL that blames the node or the job."""
    return _finding(check, reason, Status.FAIL, words, blame)


def node_fault(check: str, reason: str, words: Words) -> Finding:
    """Return a FAIL of the node: every job on it would meet the same."""
    return fault(check, reason, Blame.NODE, words)


def job_fault(expected: Expected, check: str, reason: str, words: Words) -> Finding:
    """Return a FAIL of the job's image, environment or spec.

    In the agent's own container the same thing is the agent's mistake and says nothing about the node: UNKNOWN.
    """
    return _of_the_agent(check, reason, words) if expected.on_the_node else fault(check, reason, Blame.JOB, words)


def container_fault(expected: Expected, check: str, reason: str, words: Words) -> Finding:
    """Return a FAIL of what the node's container runtime did to the job's container.

    In the agent's own container it may have hit the agent alone: UNKNOWN.
    """
    return _of_the_agent(check, reason, words) if expected.on_the_node else node_fault(check, reason, words)


def _of_the_agent(check: str, reason: str, words: Words) -> Finding:
    problem = f"in the agent's own container, {words.problem}"
    return unclear(check, reason, Words(problem, words.seen, words.wanted, f"for the agent's pod: {words.next_step}"))


def not_read(check: str, what: str, reading: Unknown) -> Finding:
    """Return that `what` could not be read, by how the reading failed."""
    if isinstance(reading, NoAnswer):
        return _no_answer(check, what, reading)
    reason, next_step = _why_not_read(reading)
    return unclear(check, reason, Words(f"{what} could not be read", reading.reason, f"{what}, read", next_step))


def _why_not_read(reading: Unknown) -> Tuple[str, str]:
    if isinstance(reading, Crashed):
        return "DriverCrashed", "dmesg -T | grep -i -e nvrm -e segfault, on the node; then compare library and driver"
    if isinstance(reading, BindingUnusable):
        return "BindingUnusable", "python3 -c 'import pynvml; print(pynvml.__file__)', and remove what is not NVIDIA's"
    return "ReadingUnknown", "aigpu-preflight facts, or aigpu-agent facts on a node, shows every reading"


def _no_answer(check: str, what: str, reading: NoAnswer) -> Finding:
    words = Words(
        f"the driver gave no answer about {what}",
        seen=f"{reading.reason} (waited {reading.seconds:g} s)",
        wanted="an answer within seconds",
        next_step="dmesg -T | grep -i -e nvrm -e xid, on the node; a driver that stays silent needs a reboot",
    )
    if reading.abandoned or reading.seconds >= HANG_IS_CERTAIN:
        return node_fault(check, "DriverUnresponsive", words)
    return unclear(check, "DriverUnresponsive", words)


def names_cause(finding: Finding) -> bool:
    """Return whether a finding explains why later checks see nothing."""
    if finding.status is Status.UNKNOWN:
        return finding.reason not in NAMES_NO_CAUSE
    return finding.status is Status.FAIL


def merge(findings: Iterable[Finding]) -> List[Finding]:
    """Return one finding for all devices that say the same, in the order in which each was first said."""
    groups: Dict[Tuple[object, ...], List[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.reason, finding.status, finding.blame, finding.problem), []).append(finding)
    return [
        replace(same[0], seen="; ".join(finding.seen for finding in same if finding.seen)) for same in groups.values()
    ]
