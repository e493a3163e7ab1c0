"""When a call is made again, and how a fleet is kept out of step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node_agent.daemon.retry import ATTEMPTS, LONGEST_WAIT_S, Failure, next_pause_s, parse_retry_after, wait_s

PARTS = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize("code", [None, 408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_a_few_times(code: int | None) -> None:
    waits = [wait_s(Failure(code), attempt, 0.5, outage=False) for attempt in range(1, ATTEMPTS + 1)]
    assert all(wait is not None and wait <= LONGEST_WAIT_S for wait in waits[:-1])
    assert waits[-1] is None


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 410, 422])
def test_what_stays_refused_is_not(code: int) -> None:
    assert wait_s(Failure(code), 1, 0.5, outage=False) is None


def test_a_server_that_hangs_does_not_hold_up_the_next_probe() -> None:
    assert wait_s(Failure(None), 1, 0.5, 19.0, outage=False) is not None
    assert wait_s(Failure(None), 2, 0.5, 20.0, outage=False) is None


def test_in_an_outage_there_is_one_try_a_round() -> None:
    assert wait_s(Failure(None), 1, 0.5, outage=True) is None


@given(st.sampled_from([429, 503]), st.integers(0, 30), PARTS)
def test_the_server_is_given_the_time_that_it_asks_for(code: int, asked: int, part: float) -> None:
    wait = wait_s(Failure(code, float(asked)), 1, part, outage=False)
    assert wait is not None
    assert wait >= asked


def test_a_server_that_wants_minutes_gets_them_by_the_next_round() -> None:
    assert wait_s(Failure(429, 120.0), 1, 0.5, outage=False) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("3", 3.0), (None, None), ("", None), ("Fri, 13 Nov 2026", None), ("-1", None)]
)
def test_only_whole_seconds_are_read(text: str | None, seconds: float | None) -> None:
    assert parse_retry_after(text) == seconds


@given(PARTS)
def test_rounds_come_once_an_interval_and_are_spread_after_a_start_and_in_an_outage(part: float) -> None:
    assert 57 <= next_pause_s(60, part, is_first=False, outage=False) <= 63
    assert 12 <= next_pause_s(60, part, is_first=True, outage=False) <= 60
    assert 30 <= next_pause_s(60, part, is_first=False, outage=True) <= 90
