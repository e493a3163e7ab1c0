"""The log: one JSON object a line."""

from __future__ import annotations

import json
from io import StringIO

from node_agent.daemon.clocks import ServerTime
from node_agent.daemon.reporters.log import Log


def written(what: str, **details: object) -> dict[str, object]:
    stream = StringIO()
    Log(ServerTime(lambda: 0.0, lambda: 0.0), stream).warning(what, **details)
    (line,) = stream.getvalue().splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def test_a_line_is_an_object_with_time_and_level() -> None:
    assert written("it happened", code=5, pods=["a"]) == {
        "time": "1970-01-01T00:00:00Z",
        "level": "warning",
        "message": "it happened",
        "code": 5,
        "pods": ["a"],
    }


def test_nothing_from_outside_steers_a_terminal_or_makes_a_line() -> None:
    assert written("a\nb", pod="x\x1b[31m") == {
        "time": "1970-01-01T00:00:00Z",
        "level": "warning",
        "message": "a b",
        "pod": "x?[31m",
    }


def test_a_log_that_nobody_takes_is_no_error() -> None:
    stream = StringIO()
    stream.close()
    Log(ServerTime(), stream).info("unheard")
