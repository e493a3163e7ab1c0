"""The clock of the tripwire's deadline, which stands while the container does."""

from __future__ import annotations

import pytest

from node_agent.preflight.watch import AwakeClock


def test_an_hour_in_which_the_container_stood_still_is_not_counted() -> None:
    now = iter([0.0, 10.0, 3610.0, 3620.0])
    clock = AwakeClock(lambda: next(now))
    for planned in (10.0, 10.0, 10.0):
        clock.plan(planned)
        clock.tick()
    assert clock.elapsed_s == pytest.approx(10 + 15 + 10)
