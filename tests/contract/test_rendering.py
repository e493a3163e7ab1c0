from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract.finding import Finding, Status
from aigpu_contract.rendering import WIDTH, printable, render_finding, render_findings

WORST = Finding("quota", "QuotaExceeded", Status.FAIL, "does not fit", "24 of 48", "48", "ask for more")
MILD = Finding("tags", "TagMissing", Status.WARN, "a tag is missing")
FINE = Finding("size", "Passed", Status.PASS, "known")


def test_a_finding_says_what_is_wrong_seen_wanted_and_next_in_this_order() -> None:
    assert [line.split()[0] for line in render_finding(WORST).splitlines()] == ["FAIL", "seen", "wanted", "next"]


def test_the_worst_comes_first_and_what_is_fine_is_left_out() -> None:
    lines = render_findings([FINE, MILD, WORST]).splitlines()
    assert lines[0].startswith("  FAIL    quota: does not fit")
    assert lines[-1] == "  WARN    tags: a tag is missing"
    assert render_findings([FINE]) == ""


@given(st.text())
def test_nothing_from_outside_steers_a_terminal(text: str) -> None:
    shown = printable(text)
    assert not [one for one in shown if ord(one) < 32 or 127 <= ord(one) < 160]
    assert len(shown) == len(text)


@pytest.mark.parametrize("text", ["\x1b[2J", "a\rb", "\u202eevil", "\x9b31m", "\u2066x"], ids=ascii)
def test_escapes_and_direction_marks_are_taken_out(text: str) -> None:
    assert "?" in printable(text)
    shown = render_finding(Finding("x", "X", Status.FAIL, text, seen=text))
    assert not set(shown) & set("\x1b\r\u202e\x9b\u2066")


@given(st.text(st.characters(codec="ascii", categories=["L", "Zs"]), max_size=400))
def test_lines_keep_to_the_width_unless_a_word_is_longer(text: str) -> None:
    for line in render_finding(Finding("x", "X", Status.FAIL, text)).splitlines():
        assert len(line) <= WIDTH or " " not in line.strip().partition(": ")[2]
