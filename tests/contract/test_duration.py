from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract.duration import LONGEST, parse_duration, render_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("90s", 90), ("45m", 2700), ("1h30m", 5400), ("2h", 7200), (" 5m ", 300)]
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "45", "-5m", "5 m", "m", "1.5h", "30m1h", "1d", "٤m", "9999h", "infinite"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|year"):
        parse_duration(text)


@given(st.integers(1, LONGEST))
def test_a_duration_written_is_read_back(seconds: int) -> None:
    assert parse_duration(render_duration(seconds)) == seconds
