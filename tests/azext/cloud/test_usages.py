"""Reading vCPU quotas out of their JSON."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cloud.usages import parse_usages


def a_row(name: Any, current: Any = 4, limit: Any = 100) -> dict[str, Any]:
    return {"unit": "Count", "currentValue": current, "limit": limit, "name": {"value": name, "localizedValue": "x"}}


def test_quotas_are_found_by_name_in_lower_case() -> None:
    usages = parse_usages([a_row("cores"), a_row("Standard NCASv3_T4 Family", 8, 64)])
    usage = usages["standard ncasv3_t4 family"]
    assert (usage.name, usage.current, usage.limit, usage.left) == ("Standard NCASv3_T4 Family", 8, 64, 56)


def test_numbers_may_be_written_in_digits() -> None:
    assert parse_usages([a_row("cores", "4", "100")])["cores"].left == 96


def test_a_quota_over_its_limit_leaves_nothing() -> None:
    assert parse_usages([a_row("cores", 120, 100)])["cores"].left == 0


def test_a_quota_without_a_limit_is_left_out_not_read_as_full() -> None:
    assert set(parse_usages([a_row("cores"), a_row("unlimited", 4, -1)])) == {"cores"}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [None],
        [a_row(None)],
        [a_row("cores", None)],
        [a_row("cores", 4, "many")],
        [a_row("cores", 4, 1.5)],
        [a_row("cores", False)],
        [a_row("cores", -1)],
        [{"name": "cores", "currentValue": 1, "limit": 2}],
    ],
    ids=str,
)
def test_quotas_in_another_form_make_no_sense(rows: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"no quota|missing|not a whole number|is not an object|fewer than none"):
        parse_usages(rows)
