"""Whether an earlier check already names the cause, so that a later one need not guess at it."""

from __future__ import annotations

from typing import Optional, Sequence

from node_agent.checks.check import Check
from node_agent.checks.findings import names_cause
from node_agent.expected import Expected
from node_agent.facts import Facts


def cause_among(checks: Sequence[Check], facts: Facts, expected: Expected) -> Optional[str]:
    """Return the id of the first of `checks` that names a cause, or None."""
    for check in checks:
        if any(names_cause(finding) for finding in check.check(facts, expected)):
            return check.ID
    return None
