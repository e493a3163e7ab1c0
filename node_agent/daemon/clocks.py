"""Two clocks: the boot clock measures how long, the API server's `Date` says what time it is.

A node's own calendar may be wrong by hours before it is synchronized, and steps. Deadlines are therefore on the boot
clock, which also counts while the machine is suspended; ages are against the server that wrote the times.
"""

from __future__ import annotations

import datetime
import email.utils
import time
from collections.abc import Callable

BootClock = Callable[[], float]


def read_boot_clock() -> float:
    """Return the seconds since the machine started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ServerTime:
    """The API server's calendar, carried on by the boot clock; our own calendar until the server has answered once."""

    def __init__(self, boot_clock: BootClock = read_boot_clock, calendar: Callable[[], float] = time.time) -> None:
        self._boot_clock = boot_clock
        self._offset = calendar() - boot_clock()

    def learn(self, date: str | None) -> None:
        """Take over the `Date` of an answer; one that is missing or of another form is left aside."""
        try:
            told = email.utils.parsedate_to_datetime(date or "").timestamp()
        except (ValueError, TypeError):
            return
        self._offset = told - self._boot_clock()

    def now(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._boot_clock() + self._offset


def render_time(seconds: float) -> str:
    """Return a time as RFC 3339 in UTC, whole seconds."""
    return _utc(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def render_micro_time(seconds: float) -> str:
    """Return a time in the form that a Lease wants, always with six decimals."""
    return _utc(seconds).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: object) -> float | None:
    """Return the seconds since 1970 of an RFC 3339 time, None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None


def _utc(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
