"""The list of reasons: names that stay, sentences that are whole."""

from __future__ import annotations

import re
from pathlib import Path

from aigpu_contract.reasons import ALL, REASONS

ROOT = Path(__file__).parents[2]


def is_sentence(text: str) -> bool:
    return text.endswith(".") and (text[0].isupper() or text.startswith("--"))


def test_names_are_pascal_case_as_the_reason_of_a_kubernetes_condition_must_be() -> None:
    assert [name for name in REASONS if not re.fullmatch(r"[A-Z][A-Za-z0-9]{2,62}", name)] == []


def test_a_reason_has_a_meaning_and_a_next_step_in_whole_sentences() -> None:
    reasons = REASONS.values()
    assert [one.name for one in reasons if not (is_sentence(one.meaning) and is_sentence(one.next_step))] == []


def test_a_reason_is_found_by_its_name() -> None:
    assert [name for name, reason in REASONS.items() if reason.name != name] == []


def test_no_two_reasons_have_one_name() -> None:
    names = [reason.name for reason in ALL]
    assert sorted(names) == sorted(REASONS)


def test_every_reason_is_given_by_somebody() -> None:
    packages = (ROOT / name for name in ("aigpu_contract", "azext_aigpu", "node_agent"))
    sources = (path for package in packages for path in package.rglob("*.py"))
    given = {
        word
        for path in sources
        if not path.stem.endswith("reasons")
        for word in re.findall(r'"([A-Z][A-Za-z0-9]+)"', path.read_text("utf-8"))
    }
    assert REASONS.keys() - given == set()


def test_no_two_reasons_mean_the_same() -> None:
    meanings = [reason.meaning for reason in REASONS.values()]
    assert len(meanings) == len(set(meanings))
