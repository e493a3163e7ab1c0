"""Findings taken together: the worst one wins, and no proof at all is UNKNOWN."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterable, Tuple

from aigpu_contract.finding import Blame, Finding, Status
from aigpu_contract.frozen import dataclass

EXIT_OK = 0
EXIT_USAGE = 64
EXIT_UNKNOWN = 70
EXIT_NODE = 75
EXIT_JOB = 78


@dataclass(frozen=True)
class Verdict:
    """The judgement over a set of findings. Build it with `judge`, never by hand."""

    status: Status
    findings: Tuple[Finding, ...]

    @property
    def worst(self) -> Tuple[Finding, ...]:
        """Return the findings that decided, first cause first."""
        return tuple(finding for finding in self.findings if finding.status == self.status)

    @property
    def exit_code(self) -> int:
        """Return the exit code of preflight and `aigpu-agent check`; a blamed job wins over a blamed node."""
        if self.status in (Status.PASS, Status.WARN):
            return EXIT_OK
        if self.status is not Status.FAIL:
            return EXIT_UNKNOWN
        blamed = {finding.blame for finding in self.worst}
        if Blame.JOB in blamed:
            return EXIT_JOB
        return EXIT_NODE if Blame.NODE in blamed else EXIT_UNKNOWN

    def to_json(self) -> Dict[str, Any]:
        """Return the verdict as JSON data."""
        return {"status": self.status.name, "findings": [finding.to_json() for finding in self.findings]}


def judge(findings: Iterable[Finding], proofs: Iterable[str] = ()) -> Verdict:
    """Return the verdict over `findings`; each id in `proofs` must be there and must have been looked at.

    A proof that is missing or skipped adds UNKNOWN, and so does an empty or all-skipped list: not having looked is
    never a pass.
    """
    given = tuple(findings)
    every = given + tuple(_missing(proof) for proof in proofs if proof not in _looked_at(given))
    if all(finding.status is Status.SKIPPED for finding in every):
        every += (_NOTHING_LOOKED_AT,)
    return Verdict(status=max(finding.status for finding in every), findings=every)


def _looked_at(findings: Iterable[Finding]) -> FrozenSet[str]:
    return frozenset(finding.id for finding in findings if finding.status is not Status.SKIPPED)


def _missing(proof: str) -> Finding:
    return Finding(
        id=proof,
        reason="ProofMissing",
        status=Status.UNKNOWN,
        problem="this proof is required and nothing looked at it",
        wanted="a finding of " + proof,
    )


_NOTHING_LOOKED_AT = Finding(
    id="verdict",
    reason="ProofMissing",
    status=Status.UNKNOWN,
    problem="nothing was looked at",
    wanted="at least one finding that is not skipped",
)
