"""The list of reasons: names that stay, sentences that are whole."""

from __future__ import annotations

import re

from aigpu_contract.reasons import ALL, REASONS


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


def test_no_two_reasons_mean_the_same() -> None:
    meanings = [reason.meaning for reason in REASONS.values()]
    assert len(meanings) == len(set(meanings))
