"""The page that says what was tried names everything that is tried."""

from __future__ import annotations

import re

import pytest

from aigpu_contract.reasons import REASONS
from testbeds.frameworks import FRAMEWORKS
from testbeds.pythons import PORTABLE
from testbeds.real_libraries import BRANCHES
from tools.wheel import ROOT

PAGE = (ROOT / "docs/reference/compat.md").read_text("utf-8")
SESSIONS = re.findall(r"^def (compat_\w+)", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE)
TESTED = (ROOT / "tests/compat/test_real_libraries.py").read_text("utf-8")


@pytest.mark.parametrize("name", [*PORTABLE, *BRANCHES, *(one.name for one in FRAMEWORKS), *SESSIONS])
def test_the_page_names_it(name: str) -> None:
    assert re.search(rf"(?<![\w.]){re.escape(name)}(?![\w-])", PAGE)


def test_the_reasons_of_the_table_are_those_of_the_tests() -> None:
    table = PAGE.partition("## NVIDIA's libraries")[2].partition("\n## ")[0]
    tested = {name for name in REASONS if f'"{name}"' in TESTED}
    assert len(tested) > 5
    assert {name for name in REASONS if f"`{name}`" in table} == tested
