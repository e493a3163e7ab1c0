"""When the watch may look again: what looks cost so far stays a small share of the time that has passed."""

from __future__ import annotations

from aigpu_contract.frozen import dataclass

DEADLINE_SHARE = 0.01
LONGEST_PAUSE_BETWEEN_TWO = 10.0
"""Seconds between the two looks that must agree, and before the deadline also the least between any two."""
SHORTEST_PAUSE = 0.05
LONGEST_SHORT_PAUSE = 1.0
STOPPED_AFTER_S = 5.0
"""A wait that took so much longer than asked for was a stop of the whole container, not time that the job had."""


@dataclass(frozen=True)
class Allowance:
    """CPU time that looks of one kind may cost: `credit_s` at once, and `share` of the time that passes."""

    credit_s: float
    share: float

    def wait_s(self, elapsed_s: float, spent_s: float, cost_s: float) -> float:
        """Return how many seconds from now a look that will cost `cost_s` is within the allowance."""
        return max(0.0, (spent_s + cost_s - self.credit_s) / self.share - elapsed_s)


READING_PROC = Allowance(credit_s=0.02, share=0.0002)
ASKING_NVML = Allowance(credit_s=0.3, share=0.00025)
"""Together 0.045 % of a core and 0.3 s. With the two questions that a finding hangs on, that is under 0.1 % over the 30
minutes of the default deadline, if one takes 0.15 s of CPU time."""


def pause_s(deadline_s: float, wait_s: float, elapsed_s: float) -> float:
    """Return how long to wait for the next ordinary look, `wait_s` at least, but never past the deadline."""
    shortest = min(LONGEST_SHORT_PAUSE, max(SHORTEST_PAUSE, deadline_s * DEADLINE_SHARE))
    pause = max(shortest, wait_s)
    return min(pause, deadline_s - elapsed_s) if elapsed_s < deadline_s else pause


def second_look_s(deadline_s: float) -> float:
    """Return how long to wait for the look that must agree with the one before."""
    return min(LONGEST_PAUSE_BETWEEN_TWO, max(SHORTEST_PAUSE, deadline_s * DEADLINE_SHARE))


def counted_s(passed_s: float, planned_s: float) -> float:
    """Return how much of the time that has passed counts: what was planned, and a little lateness.

    A container that was stopped or frozen for an hour did not have that hour to open its GPU.
    """
    return max(0.0, min(passed_s, planned_s + STOPPED_AFTER_S))
