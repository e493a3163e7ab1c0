"""`docs/explanation/evidence.md` names what only a GPU can show: every test that waits for one, every cause."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/explanation/evidence.md").read_text("utf-8")
CAUSES = (ROOT / "docs/reference/causes.md").read_text("utf-8")
TESTS = [
    name
    for file in sorted((ROOT / "tests/gpu").glob("test_*.py"))
    for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("name", TESTS)
def test_it_names_every_test_that_waits_for_a_gpu(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_it_names_no_test_that_is_not_there() -> None:
    assert set(re.findall(r"`(test_\w+)`", PAGE)) == set(TESTS)


def test_it_names_every_cause_that_only_a_gpu_can_show() -> None:
    marked = set(re.findall(r"^\| (\w+) \|.*\*GPU\*", CAUSES, re.MULTILINE))
    assert len(marked) > 5
    assert marked == set(re.findall(r"\b[PDF]\d+\b", PAGE.partition("No test can bring about")[2]))
