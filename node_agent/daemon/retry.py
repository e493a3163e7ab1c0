"""How long to wait before a call is made again, and when not to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

ATTEMPTS = 4
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0
LONGEST_CALL_S = 20.0
"""Seconds after which a call is not begun again: a server that hangs must not hold up the next probe."""
LONGEST_RETRY_AFTER_S = 30.0
"""A server that wants more patience than this gets it in the next round."""
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Failure:
    """How a call failed: the HTTP status, None where no answer came; what the server asks for, in seconds."""

    code: int | None
    retry_after_s: float | None = None

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self.code is None or self.code in TRANSIENT


def wait_s(failure: Failure, attempt: int, part: float, passed_s: float = 0.0, *, outage: bool) -> float | None:
    """Return how long to wait after the `attempt`th try (1, 2, ...) and so many seconds, None to give up.

    `part` is a random number of [0, 1): half of each wait is drawn, so that a fleet does not come back in step. In an
    `outage`, after a call that failed to its end, there is one try a round: the rounds are spread over a period.
    """
    if not failure.is_transient or attempt >= ATTEMPTS or passed_s >= LONGEST_CALL_S or outage:
        return None
    grown: float = min(FIRST_WAIT_S * 4.0 ** (attempt - 1), LONGEST_WAIT_S)
    asked = failure.retry_after_s
    if asked is None:
        return grown * (0.5 + part / 2)
    return None if asked > LONGEST_RETRY_AFTER_S else asked + grown * part / 2


def parse_retry_after(text: str | None) -> float | None:
    """Return the seconds of a Retry-After header; Kubernetes writes whole seconds."""
    return float(text) if text is not None and text.isascii() and text.isdecimal() else None


def next_pause_s(interval_s: float, part: float, *, is_first: bool, outage: bool) -> float:
    """Return how long to wait for the next round, from the start of the last one.

    The first pause spreads agents that started together over a period, and so does every one during an outage.
    """
    if is_first:
        return interval_s * (0.2 + 0.8 * part)
    if outage:
        return interval_s * (0.5 + part)
    return interval_s * (0.95 + 0.1 * part)
