"""What a check is: the protocol that the modules of this folder implement."""

from __future__ import annotations

from typing import Iterable, Protocol, Tuple

from aigpu_contract.finding import Finding
from node_agent.expected import Expected
from node_agent.facts import Facts


class Check(Protocol):
    """A pure judgement over facts. A check that looked and found nothing wrong yields one PASS finding.

    `MODES` are those in which it runs: `init`, `exec`, `bootstrap`, `loop`. A needed reading that is Unknown gives
    UNKNOWN; where an earlier check already names the cause, `NotReached`. Nothing to look at is SKIPPED.
    """

    ID: str
    MODES: Tuple[str, ...]

    def check(self, facts: Facts, expected: Expected) -> Iterable[Finding]:
        """Yield what the facts say, never nothing."""
