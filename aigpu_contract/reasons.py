"""The only list of reasons: stable names, what each means and what to do about it.

Rules and checks name a reason in each finding; the documentation is generated from this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Tuple


@dataclass(frozen=True)
class Reason:
    """A stable name in PascalCase, its meaning in one sentence and the usual next step."""

    name: str
    meaning: str
    next_step: str


_ALL: Tuple[Reason, ...] = (
    Reason("Passed", "The rule or check looked and found nothing wrong.", "Nothing to do."),
    Reason(
        "ProofMissing",
        "A proof that is required was not looked at, so nothing can be said.",
        "Run the check again where the proof can be taken, or waive it with a reason.",
    ),
)

REASONS: Mapping[str, Reason] = {reason.name: reason for reason in _ALL}
