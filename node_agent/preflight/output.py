"""The verdict for people, for programs and for the kubelet's termination message. Pure."""

from __future__ import annotations

import json
import time
from typing import Any, Dict, Iterable, List, Optional, Tuple

from aigpu_contract import __version__
from aigpu_contract.finding import Finding, Status
from aigpu_contract.frozen import dataclass
from aigpu_contract.reading import Known
from aigpu_contract.rendering import printable, render_finding, wrap
from aigpu_contract.verdict import EXIT_JOB, EXIT_NODE, EXIT_OK, Verdict
from node_agent.checks import intent
from node_agent.checks.findings import names_cause
from node_agent.facts import Facts
from node_agent.preflight.facts_json import to_data
from node_agent.preflight.looking import Look

MOST_TERMINATION_BYTES = 4096
"""What the kubelet keeps of a termination message."""

UNEXPLAINED = frozenset({"CUDAFailed", "DeviceNodeUnusable", "NVMLFailed", "ProofMissing"})
"""Reasons of a doubt about a state that no check knows: a code in no table, an answer that contradicts itself, a proof
that nobody took. The text then carries everything that was read, since the container may be gone when somebody asks."""

_MEANINGS = {
    EXIT_OK: "the GPU is proven",
    EXIT_NODE: "the node is at fault; a job that is retried lands elsewhere only where the agent taints it",
    EXIT_JOB: "the job is at fault (image, environment or spec): a retry changes nothing",
}
_UNPROVEN = "not proven, and nobody's fault is shown"


@dataclass(frozen=True)
class Stamp:
    """Who says it and when: the program, and an RFC 3339 time."""

    program: str
    time: str


def stamp(program: str) -> Stamp:
    """Return the stamp of `program` and now."""
    return Stamp(program, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))


def render(look: Look, who: Stamp) -> str:
    """Return the text for people: the verdict, the first cause, the rest as context, what was proven."""
    verdict = look.verdict
    head = f"{who.program} {__version__}: {verdict.status.name}: {meaning(verdict)} (exit code {verdict.exit_code})"
    causes, context = split(verdict)
    parts = [head, *(render_finding(finding) for finding in causes), *_context(context)]
    if verdict.exit_code == EXIT_OK:
        parts.append(wrap("  proven  ", describe(look.facts)))
    if verdict.status is Status.UNKNOWN and any(one.reason in UNEXPLAINED for one in causes):
        parts.append("  What was read, for a bug report; nothing secret is in it:")
        parts.append("  " + _compact(to_data(look.facts)))
    return "\n".join(parts)


def meaning(verdict: Verdict) -> str:
    """Return what the exit code says, in words."""
    return _MEANINGS.get(verdict.exit_code, _UNPROVEN)


def split(verdict: Verdict) -> Tuple[List[Finding], List[Finding]]:
    """Return the findings to show whole, and those to show in a line.

    Whole: every fault, else every named doubt, else what was not looked at; with a pass, the warnings. A doubt about
    the intent is always whole: without one the machine was held to less than was meant.
    """
    if verdict.exit_code == EXIT_OK:
        return [one for one in verdict.findings if one.status is Status.WARN], []
    worst = list(verdict.worst)
    causes = [one for one in worst if names_cause(one)] or worst
    causes += [
        one for one in verdict.findings if one.id == intent.ID and one.status > Status.WARN and one not in causes
    ]
    rest = [one for one in verdict.findings if one.status >= Status.WARN and one not in causes]
    return causes, rest


def _context(findings: List[Finding]) -> List[str]:
    """Return a line for each finding that says something, and one for all that could not look."""
    lines = [wrap(f"  {one.status.name:<7} {one.id}: ", one.problem) for one in findings if one.reason != "NotReached"]
    blind = [one.id for one in findings if one.reason == "NotReached"]
    if blind:
        lines.append(wrap("  UNKNOWN not looked at, because of the above: ", ", ".join(blind)))
    return lines


def describe(facts: Facts) -> str:
    """Return the proven GPUs in one line: how many of what, with which driver."""
    names = _counted(device.name or "a GPU without a name" for device in _cuda_devices(facts))
    driver = facts.nvml.value.driver_version if isinstance(facts.nvml, Known) else None
    cuda = facts.cuda.value.driver_version if isinstance(facts.cuda, Known) else None
    parts = [names, f"driver {driver}" if driver else ""]
    parts.append(f"CUDA {cuda // 1000}.{cuda % 1000 // 10}" if cuda else "")
    kernels = sum(device.proof == "kernel" for device in _cuda_devices(facts))
    parts.append(f"a kernel computed and was compared on {kernels}")
    return ", ".join(part for part in parts if part)


def _cuda_devices(facts: Facts) -> Tuple[Any, ...]:
    return facts.cuda.value.devices if isinstance(facts.cuda, Known) else ()


def _counted(names: Iterable[str]) -> str:
    counts: Dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return ", ".join(f"{count}x {name}" for name, count in counts.items())


def build_json(look: Look, who: Stamp) -> Dict[str, Any]:
    """Return the verdict with everything that was read, as JSON data."""
    verdict = look.verdict
    return {
        "program": who.program,
        "version": __version__,
        "time": who.time,
        "mode": look.mode,
        "status": verdict.status.name,
        "exitCode": verdict.exit_code,
        "expected": to_data(look.expected),
        "findings": [finding.to_json() for finding in verdict.findings],
        "facts": to_data(look.facts),
    }


def render_json(data: Dict[str, Any]) -> str:
    """Return JSON data as text that holds ASCII only: nothing in it can steer a terminal."""
    return json.dumps(data, indent=2)


def render_termination(verdict: Verdict, who: Stamp, most: int = MOST_TERMINATION_BYTES) -> str:
    """Return the verdict as one line of compact JSON that the kubelet keeps whole.

    What does not fit goes: first the context, then the least of the causes, at last the texts of the first one.
    """
    shown = [finding for finding in verdict.findings if finding.status >= Status.WARN]
    for kept in range(len(shown), 0, -1):
        line = _termination_line(verdict, who, shown[:kept], len(shown) - kept)
        if len(line) < most:
            return line
    first: Optional[Finding] = shown[0] if shown else None
    bare = [Finding(first.id, first.reason, first.status, printable(first.problem)[:200])] if first else []
    return _termination_line(verdict, who, bare, len(shown) - len(bare))


def _termination_line(verdict: Verdict, who: Stamp, findings: List[Finding], left_out: int) -> str:
    data: Dict[str, Any] = {
        "program": who.program,
        "version": __version__,
        "time": who.time,
        "status": verdict.status.name,
        "exitCode": verdict.exit_code,
        "findings": [finding.to_json() for finding in findings],
    }
    if left_out:
        data["leftOut"] = left_out
    return _compact(data)


def _compact(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))
