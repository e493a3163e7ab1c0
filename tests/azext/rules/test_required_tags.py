"""Somebody must be named who pays."""

from __future__ import annotations

import pytest

from azext_aigpu.rules import required_tags
from tests.azext.rules.given import a_spec, told

MISSING = ["FAIL TagMissing"]
CASES: dict[str, tuple[tuple[str, ...] | None, dict[str, str], list[str]]] = {
    "nothing configured, cost center given": (None, {"cost-center": "42"}, []),
    "nothing configured, nothing given": (None, {}, ["WARN CostCenterMissing"]),
    "nothing configured, an empty cost center": (None, {"cost-center": " "}, ["WARN CostCenterMissing"]),
    "configured to be none": ((), {}, []),
    "all there": (("team", "env"), {"team": "vision", "env": "prod"}, []),
    "there in another case": (("Team", "env"), {"team": "vision", "ENV": "prod"}, []),
    "one missing": (("team", "env"), {"team": "vision"}, MISSING),
    "one empty": (("team",), {"team": ""}, MISSING),
    "one blank": (("team",), {"team": "  "}, MISSING),
    "a cost center does not stand for others": (("team",), {"cost-center": "42"}, MISSING),
}


@pytest.mark.parametrize(("required", "tags", "findings"), CASES.values(), ids=CASES.keys())
def test_required_tags(required: tuple[str, ...] | None, tags: dict[str, str], findings: list[str]) -> None:
    spec = a_spec(limits={"required_tags": required}, tags=tags)
    assert told(required_tags, required_tags.review(spec)) == findings


def test_only_the_missing_ones_are_to_be_typed() -> None:
    (finding,) = required_tags.review(a_spec(limits={"required_tags": ("team", "env")}, tags={"env": "prod"}))
    assert finding.seen == "tags given: env"
    assert finding.next_step == "--tags team=VALUE"
