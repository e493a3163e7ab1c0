"""The list of checks is complete: every file, every proof, every reason, every page, every test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from aigpu_contract.check_reasons import CHECK_REASONS
from aigpu_contract.reasons import REASONS
from node_agent import checks, modes
from node_agent.checks import CHECKS
from node_agent.checks.check import Check
from tests.node_agent.checks.examples import EXAMPLES

FOLDER = Path(checks.__file__).parent
PAGES = Path(__file__).parents[3] / "docs" / "reference"
SUPPORT = {
    "__init__",
    "check",
    "container",
    "cuda_refusals",
    "devices",
    "driver_codes",
    "earlier",
    "findings",
    "next_steps",
    "per_device",
    "wheel_table",
}
NAMES = {row[0] for row in CHECK_REASONS}
OF_EVERY_PROGRAM = {"IntentMissing", "Passed", "ProofMissing"}
OF_THE_WRAPPER = {"GPUNotOpened", "SilentCPUFallback"}
IDS = [check.ID for check in CHECKS]


def literals(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def module_of(check: Check) -> str:
    return check.ID.replace("-", "_")


def page_of(check: Check) -> str:
    return (PAGES / "checks" / f"{check.ID}.md").read_text("utf-8")


def plain(text: str) -> str:
    return " ".join(text.split())


def test_every_file_is_a_check_of_the_list_or_known_support() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} - SUPPORT == {module_of(check) for check in CHECKS}


def test_no_id_comes_twice_and_all_are_kebab_case() -> None:
    assert len(IDS) == len(set(IDS))
    assert [one for one in IDS if not re.fullmatch(r"[a-z]+(-[a-z]+)*", one)] == []


@pytest.mark.parametrize("mode", modes.EVERY_MODE)
def test_every_proof_of_a_mode_is_a_check_that_runs_in_it(mode: str) -> None:
    assert set(modes.PROOFS[mode]) <= {check.ID for check in CHECKS if mode in check.MODES}


def test_every_check_has_a_test() -> None:
    tests = {path.stem for path in Path(__file__).parent.glob("test_*.py")}
    assert {f"test_{module_of(check)}" for check in CHECKS} <= tests


def test_every_reason_that_is_used_is_listed_and_every_listed_one_is_used() -> None:
    used = set().union(*(literals(path) for path in FOLDER.glob("*.py")))
    assert NAMES - used == set()
    assert (used & set(REASONS)) - NAMES == OF_EVERY_PROGRAM


def test_no_reason_is_spelled_like_another_but_for_its_capitals() -> None:
    every = sorted(NAMES | set(REASONS) | OF_THE_WRAPPER)
    assert len({name.lower() for name in every}) == len(every)


def test_the_pages_are_those_of_the_checks() -> None:
    assert {path.stem for path in (PAGES / "checks").glob("*.md")} - {"index"} == set(IDS)


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_a_page_begins_with_the_id_and_names_each_reason_of_the_check(check: Check) -> None:
    page = page_of(check)
    assert page.splitlines()[0] == f"# {check.ID}"
    mentioned = literals(FOLDER / f"{module_of(check)}.py") & (NAMES | OF_EVERY_PROGRAM) - {"Passed"}
    assert {name for name in mentioned if f"`{name}`" not in page} == set()


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_a_page_shows_a_message_that_the_check_really_gives(check: Check) -> None:
    facts, expected = EXAMPLES[check.ID]
    finding = next(iter(check.check(facts, expected)))
    page = plain(page_of(check))
    for text in (finding.reason, finding.problem, finding.seen, finding.wanted, finding.next_step):
        assert plain(text) in page


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_a_message_says_what_is_seen_what_is_wanted_and_what_to_do(check: Check) -> None:
    facts, expected = EXAMPLES[check.ID]
    for finding in check.check(facts, expected):
        assert finding.seen
        assert finding.wanted
        assert finding.next_step


CAUSES = [f"P{number}" for number in range(1, 12)]
CAUSES += [f"D{number}" for number in range(1, 18)] + [f"F{number}" for number in range(1, 16)]


@pytest.mark.parametrize("cause", CAUSES)
def test_every_known_cause_of_a_silent_fallback_is_on_the_page_of_causes(cause: str) -> None:
    rows = [line for line in (PAGES / "causes.md").read_text("utf-8").splitlines() if line.startswith(f"| {cause} |")]
    assert len(rows) == 1


def test_the_page_of_causes_names_only_reasons_that_exist() -> None:
    page = (PAGES / "causes.md").read_text("utf-8")
    named = set(re.findall(r"`([A-Z][A-Za-z]*[a-z][A-Za-z]*)`", page))
    assert named - NAMES - OF_EVERY_PROGRAM - OF_THE_WRAPPER == set()
    assert named & NAMES
