"""Times as the Kubernetes API writes them. Pure."""

from __future__ import annotations

import datetime

Moment = datetime.datetime


def parse_moment(text: object) -> Moment | None:
    """Return a time of the API (`2026-11-26T13:12:01Z`, with or without a fraction), None for anything else."""
    if not isinstance(text, str) or not text.endswith("Z"):
        return None
    try:
        # Python 3.10 takes no Z, and fractions of three or six digits only.
        moment = Moment.fromisoformat(f"{text[:-1].partition('.')[0]}+00:00")
    except ValueError:
        return None
    fraction = text[:-1].partition(".")[2]
    return moment.replace(microsecond=int(fraction.ljust(6, "0")[:6])) if fraction.isdecimal() else moment
