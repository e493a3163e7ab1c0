from __future__ import annotations

import ast
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pynvml  # type: ignore[import-untyped]
import pytest

from node_agent.preflight.binding import NOTE, cut_binding, read_licence_header

SOURCE = Path(str(find_spec("pynvml").origin)).read_text("utf-8")  # type: ignore[union-attr]
AGENT = Path(__file__).parents[3] / "node_agent"
USERS = [file.read_text("utf-8") for file in AGENT.glob("p*/*.py")]
SMALL = """\
# Copyright
# Redistribution is permitted.

# a comment

LIMIT = 3
UNUSED_LIMIT = 4
ERROR_LOST = 15
NAMES = {"late": "by_name"}

def called(number):
    return helper(number) + LIMIT + len([name for name in globals() if name.startswith("ERROR_")])

@wraps(called)
def helper(number):
    return number

def by_name():
    return 1

class Unused:
    pass

@wraps
def unused():
    return Unused

called(1)
"""


@pytest.fixture(scope="module")
def cut() -> str:
    return cut_binding(SOURCE, USERS)


def names(source: str) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def constants(source: str) -> set[str]:
    return {ast.unparse(node.targets[0]) for node in ast.parse(source).body if isinstance(node, ast.Assign)}


def test_what_is_called_stays_with_what_it_needs_and_the_rest_goes() -> None:
    assert names(cut_binding(SMALL, [])) == {"called", "helper", "by_name"}
    assert names(cut_binding(SMALL, ["module.unused()"])) == {"called", "helper", "by_name", "unused", "Unused"}


def test_constants_stay_that_are_named_or_looked_up_by_the_beginning_of_their_names() -> None:
    assert constants(cut_binding(SMALL, [])) == {"LIMIT", "ERROR_LOST", "NAMES"}
    assert constants(cut_binding(SMALL, ["module.UNUSED_LIMIT"])) == {"LIMIT", "UNUSED_LIMIT", "ERROR_LOST", "NAMES"}


def test_every_error_of_the_binding_stays(cut: str) -> None:
    errors = {name for name in constants(SOURCE) if name.startswith("NVML_ERROR_")}
    assert len(errors) > 30
    assert errors <= constants(cut)
    assert len(constants(cut)) < len(constants(SOURCE)) / 4


def test_what_is_left_is_unchanged_and_says_that_it_is_cut(cut: str) -> None:
    for source, text in ((SOURCE, cut), (SMALL, cut_binding(SMALL, []))):
        assert text.count(NOTE) == 1
        left = iter(source.splitlines())
        assert all(line in left for line in text.replace(NOTE, "").splitlines())


def test_everything_of_the_binding_that_our_sources_name_is_left(cut: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("pynvml_cut")
    monkeypatch.setitem(sys.modules, "pynvml_cut", module)  # it looks itself up to make its exceptions
    exec(compile(cut, "pynvml_cut", "exec"), vars(module))  # noqa: S102 (it is what is tested)
    used = {word for text in USERS for word in re.findall(r"(?:nvml|NVML|c_nvml)\w+", text) if hasattr(pynvml, word)}
    assert len(used) > 30
    assert {word for word in used if not hasattr(module, word)} == set()
    assert len(names(cut)) < len(names(SOURCE)) / 4


def test_the_licence_is_the_header() -> None:
    licence = read_licence_header(SOURCE)
    assert licence.startswith("Copyright")
    assert "Redistributions in binary form must reproduce" in licence
    assert read_licence_header(SMALL) == "Copyright\nRedistribution is permitted.\n"


def test_a_binding_without_its_licence_is_not_passed_on() -> None:
    with pytest.raises(ValueError, match="licence"):
        read_licence_header("# a comment\nfrom ctypes import *\n")
