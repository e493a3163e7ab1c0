"""A waiver names a rule that can be waived, and a reason that fits into a tag."""

from __future__ import annotations

import re

import pytest

from azext_aigpu.review import waivable_ids
from azext_aigpu.waivers import parse_waivers


@pytest.mark.parametrize(
    ("texts", "waivers"),
    [
        ([], {}),
        (["fractional-gpu=a demo"], {"fractional-gpu": "a demo"}),
        ([" fractional-gpu = a demo "], {"fractional-gpu": "a demo"}),
        (["hourly-cost=limit=none"], {"hourly-cost": "limit=none"}),
        (["required-tags=x", "fractional-gpu=y"], {"required-tags": "x", "fractional-gpu": "y"}),
        (["fractional-gpu=" + "x" * 256], {"fractional-gpu": "x" * 256}),
        (["fractional-gpu=für die Vorführung"], {"fractional-gpu": "für die Vorführung"}),
    ],
    ids=["none", "one", "spaces", "an equals sign in the reason", "two", "as long as a tag may be", "umlauts"],
)
def test_waivers_are_read(texts: list[str], waivers: dict[str, str]) -> None:
    assert parse_waivers(texts) == waivers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fractional-gpu", "fractional-gpu has no reason; write --waive fractional-gpu='"),
        ("fractional-gpu=", "has no reason"),
        ("fractional-gpu=   ", "has no reason"),
        ("fractional-gpus=x", "there is no rule 'fractional-gpus'; did you mean fractional-gpu"),
        ("nonsense=x", "there is no rule 'nonsense'; rules that can be waived: "),
        ("=x", "there is no rule ''"),
        ("", "there is no rule ''"),
        ("sku-is-cuda-gpu=please", "rule 'sku-is-cuda-gpu' cannot be waived; these can: "),
        ("quota=please", "cannot be waived"),
        ("fractional-gpu=" + "x" * 257, "has 257 characters; it becomes a tag"),
        ("fractional-gpu=a\nb", "one line without control characters"),
        ("fractional-gpu=a\x1b[31mb", "one line without control characters"),
    ],
)
def test_what_is_wrong_with_a_waiver_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_waivers([text])


def test_a_waiver_stands_once() -> None:
    with pytest.raises(ValueError, match="fractional-gpu is given twice"):
        parse_waivers(["fractional-gpu=a", "fractional-gpu=b"])


def test_the_message_names_every_rule_that_can_be_waived() -> None:
    with pytest.raises(ValueError, match="these can") as error:
        parse_waivers(["quota=please"])
    assert all(rule in str(error.value) for rule in waivable_ids())
