"""Every rule is listed, documented, tested, and names its reasons from the one list."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigpu_contract.reasons import REASONS
from azext_aigpu import rules
from azext_aigpu.rules import CLOUD_RULES, SPEC_RULES
from azext_aigpu.rules.rule import CloudRule, SpecRule
from azext_aigpu.spec import PoolSpec, wire_fields

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "azext_aigpu" / "rules"
NOT_RULES = {"__init__", "capacity", "offer", "reserved", "rule", "sizes"}
"""The protocols, and what several rules share."""

NAMED_ONLY = {"node_vm_size"}
"""Fields that a rule may put into a message without judging them."""

EVERY: list[SpecRule | CloudRule] = [*SPEC_RULES, *CLOUD_RULES]
BY_ID = pytest.mark.parametrize("rule", EVERY, ids=lambda rule: str(rule.ID))


def file_of(rule: SpecRule | CloudRule) -> Path:
    return RULES / (rule.ID.replace("-", "_") + ".py")


def reasons_in(path: Path) -> Iterator[str]:
    """Yield the reason of each Finding that the file makes; a reason must stand there as it is."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
            named = [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
            reason = named[0] if named else node.args[1]
            assert isinstance(reason, ast.Constant), f"{path.name}:{node.lineno}: the reason is computed"
            yield str(reason.value)


USED = {path.stem: set(reasons_in(path)) for path in sorted(RULES.glob("*.py"))}


def test_every_file_is_a_listed_rule_or_a_known_exception() -> None:
    assert {path.stem for path in RULES.glob("*.py")} - NOT_RULES == {file_of(rule).stem for rule in EVERY}


def test_ids_are_kebab_case_and_stand_once() -> None:
    ids = [rule.ID for rule in EVERY]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", one) for one in ids)


@BY_ID
def test_a_rule_is_the_module_that_its_id_names(rule: SpecRule | CloudRule) -> None:
    assert getattr(rules, file_of(rule).stem) is rule


@BY_ID
def test_a_rule_has_a_test_of_its_own(rule: SpecRule | CloudRule) -> None:
    assert (Path(__file__).parent / f"test_{file_of(rule).name}").is_file()


@BY_ID
def test_a_rule_reads_fields_that_a_spec_has(rule: SpecRule | CloudRule) -> None:
    fields = {field.name for field in dataclasses.fields(PoolSpec)}
    assert set(rule.READS) <= fields
    assert rule.READS


@BY_ID
def test_a_rule_reads_each_field_that_its_code_looks_at(rule: SpecRule | CloudRule) -> None:
    looked_at = {
        node.attr
        for node in ast.walk(ast.parse(file_of(rule).read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "spec"
    }
    on_the_wire = {name for name, _ in wire_fields()}
    assert looked_at & on_the_wire <= set(rule.READS) | NAMED_ONLY


@BY_ID
def test_a_rule_has_a_page_that_names_it_and_all_its_reasons(rule: SpecRule | CloudRule) -> None:
    page = (ROOT / "docs" / "reference" / "rules" / f"{rule.ID}.md").read_text(encoding="utf-8")
    assert page.splitlines()[0] == f"# {rule.ID}"
    unnamed = {reason for reason in USED[file_of(rule).stem] if f"`{reason}`" not in page}
    assert unnamed == set()
    assert ("--waive" in page) == rule.WAIVABLE


def test_no_page_is_left_of_a_rule_that_is_gone() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "reference" / "rules").glob("*.md")}
    assert pages - {"index", "README"} == {rule.ID for rule in EVERY}


def test_every_reason_of_a_rule_is_in_the_list() -> None:
    assert set().union(*USED.values()) - set(REASONS) == set()


def test_every_reason_in_the_list_is_used_by_somebody() -> None:
    sources = [
        path for package in ("aigpu_contract", "azext_aigpu", "node_agent") for path in (ROOT / package).rglob("*.py")
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.name != "reasons.py")
    assert [name for name in REASONS if f'"{name}"' not in text] == []


def test_only_what_the_design_allows_can_be_waived() -> None:
    waivable = {rule.ID for rule in EVERY if rule.WAIVABLE}
    assert waivable == {"fractional-gpu", "allowed-models", "driver-profile", "required-tags", "hourly-cost"}


def test_unknown_goes_on_only_where_azure_enforces_the_same() -> None:
    assert {rule.ID for rule in CLOUD_RULES if rule.ARM_ENFORCES} == {"sku-available", "quota"}
