"""Durations as people write them: `45m`, `1h30m`, `90s`, `0`."""

from __future__ import annotations

import re

_PARTS = re.compile(r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?", re.ASCII)
_SECONDS = {"h": 3600, "m": 60, "s": 1}
LONGEST = 366 * 24 * 3600


def parse_duration(text: str) -> int:
    """Return the seconds of `45m`, `1h30m`, `90s` or `0`.

    Raises ValueError for anything else, a bare number among it (nobody can tell seconds from minutes), and for more
    than a year.
    """
    if text.strip() == "0":
        return 0
    match = _PARTS.fullmatch(text.strip())
    if match is None or not match.group():
        raise ValueError(f"{text!r} is not a duration such as 45m, 1h30m, 90s or 0")
    seconds = sum(int(match.group(unit) or 0) * size for unit, size in _SECONDS.items())
    if seconds > LONGEST:
        raise ValueError(f"{text!r} is longer than a year")
    return seconds


def render_duration(seconds: float) -> str:
    """Return seconds as `1h30m`, `45m`, `90s`, rounded down to whole seconds."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    parts = [(hours, "h"), (minutes, "m"), (rest, "s")]
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
