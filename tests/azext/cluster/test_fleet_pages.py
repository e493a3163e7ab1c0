"""Every finding of `scan` and `node list` has a page, and the page shows what the command really says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reasons import REASONS
from azext_aigpu import cluster
from tests.azext.cluster.finding_pages import REFERENCE, rows_of, shown_on, words_of
from tests.azext.cluster.fleet_examples import EXAMPLES, Said

MODULES = Path(cluster.__file__).parent
JUDGING = {"node_rows", "scan_objects", "scan_pools", "scan_review"}
PAGES = REFERENCE / "fleet-checks"
EVERY = [
    pytest.param(identity, reason, status, said, id=f"{identity}-{reason}-{status}")
    for identity, examples in EXAMPLES.items()
    for (reason, status), said in examples.items()
]


def page_of(identity: str) -> str:
    return (PAGES / f"{identity}.md").read_text("utf-8")


def find(identity: str, reason: str, said: Said) -> Finding:
    return next(one for one in said.findings if (one.id, one.reason) == (identity, reason))


def makes_findings(module: Path) -> bool:
    tree = ast.parse(module.read_text("utf-8"))
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(isinstance(function, ast.Name) and function.id == "Finding" for function in called)


def ids_of(module: str) -> set[str]:
    """Return the texts that a module's constants named `..._ID` hold."""
    tree = ast.parse((MODULES / f"{module}.py").read_text("utf-8"))
    named = {
        node.value: ast.unparse(target).strip("()")
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
    return {
        constant.value
        for value, names in named.items()
        if all(name.endswith("_ID") for name in names.split(", "))
        for constant in ast.walk(value)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    }


def test_the_pages_are_those_of_the_ids() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == set(EXAMPLES)


def test_every_id_and_every_reason_that_the_modules_name_has_an_example() -> None:
    words = set[str]().union(*(words_of(MODULES / f"{module}.py") for module in JUDGING))
    shown = {reason for examples in EXAMPLES.values() for reason, _ in examples}

    assert set[str]().union(*map(ids_of, JUDGING)) == set(EXAMPLES)
    assert words & set(REASONS) == shown


def test_no_other_module_beside_those_of_the_agents_installation_makes_findings() -> None:
    making = {path.stem for path in MODULES.glob("*.py") if makes_findings(path)}

    assert making == JUDGING


@pytest.mark.parametrize(("identity", "reason", "status", "said"), EVERY)
def test_a_finding_says_what_is_seen_wanted_and_next(identity: str, reason: str, status: str, said: Said) -> None:
    finding = find(identity, reason, said)

    assert finding.status == Status[status]
    assert finding.problem
    assert finding.seen
    assert finding.wanted
    assert finding.next_step


@pytest.mark.parametrize("identity", EXAMPLES)
def test_a_page_names_every_reason_with_its_status(identity: str) -> None:
    assert page_of(identity).splitlines()[0] == f"# {identity}"
    assert rows_of(page_of(identity)) == set(EXAMPLES[identity])


@pytest.mark.parametrize("identity", EXAMPLES)
def test_a_page_shows_a_finding_as_the_command_prints_it(identity: str) -> None:
    (reason, _), said = next(iter(EXAMPLES[identity].items()))
    block = shown_on(page_of(identity))

    assert f"{block}\n" in f"{said.printed}\n"
    assert find(identity, reason, said).problem.split(",")[0][:40] in block
