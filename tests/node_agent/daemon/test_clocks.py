"""Times of the server, ages, deadlines."""

from __future__ import annotations

import pytest

from node_agent.daemon.clocks import ServerTime, parse_time, read_boot_clock, render_micro_time, render_time


def test_the_servers_time_goes_on_by_the_boot_clock_whatever_our_calendar_does() -> None:
    boot, calendar = [100.0], [5.0]
    time = ServerTime(lambda: boot[0], lambda: calendar[0])
    assert render_time(time.now()) == "1970-01-01T00:00:05Z"
    time.learn("Mon, 23 Nov 2026 10:00:00 GMT")
    boot[0] += 90
    calendar[0] = 0.0
    assert render_time(time.now()) == "2026-11-23T10:01:30Z"


@pytest.mark.parametrize("date", [None, "", "soon", "2026-11-23T10:00:00Z", "Mon, 99 Nov 2026 10:00:00 GMT"])
def test_a_date_of_another_form_is_left_aside(date: str | None) -> None:
    time = ServerTime(lambda: 0.0, lambda: 7.0)
    time.learn(date)
    assert time.now() == 7.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T00:01:00.500000Z", 60.5),
        ("1970-01-01T01:01:00+01:00", 60.0),
        ("1970-01-01T00:01:00", None),
        ("yesterday", None),
        (60, None),
        (None, None),
    ],
)
def test_a_time_has_a_zone(text: object, seconds: float | None) -> None:
    assert parse_time(text) == seconds


def test_a_micro_time_has_its_six_decimals() -> None:
    assert render_micro_time(60.0) == "1970-01-01T00:01:00.000000Z"


def test_the_boot_clock_goes_on() -> None:
    assert 0 < read_boot_clock() <= read_boot_clock()
