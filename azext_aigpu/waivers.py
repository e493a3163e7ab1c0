"""Reads `--waive RULE=REASON`. A waiver is kept as a tag of the pool, so Azure's limit on tag values holds for it."""

from __future__ import annotations

from collections.abc import Iterable

from aigpu_contract.near_names import near_names
from azext_aigpu.review import rule_ids, waivable_ids

MOST_CHARACTERS = 256
"""Azure takes no longer tag value (Azure Resource Manager's documentation on tags)."""


def parse_waivers(texts: Iterable[str]) -> dict[str, str]:
    """Return the waivers in `texts` as rule id to reason.

    Raises ValueError, whose message says what is wrong with which waiver and what to write instead.
    """
    waivers: dict[str, str] = {}
    for text in texts:
        rule, reason = parse_waiver(text)
        if rule in waivers:
            raise ValueError(f"--waive {rule} is given twice; give it once, with one reason")
        waivers[rule] = reason
    return waivers


def parse_waiver(text: str) -> tuple[str, str]:
    """Return the rule id and the reason in `text`. Raises ValueError as `parse_waivers` does."""
    rule, separator, reason = (part.strip() for part in text.partition("="))
    if rule not in waivable_ids():
        raise ValueError(_not_waivable(rule))
    if not separator or not reason:
        raise ValueError(f"--waive {rule} has no reason; write --waive {rule}='why it is right here'")
    if len(reason) > MOST_CHARACTERS:
        raise ValueError(
            f"the reason of --waive {rule} has {len(reason)} characters; it becomes a tag of the pool, and a tag's"
            f" value has at most {MOST_CHARACTERS}"
        )
    if not reason.isprintable():
        raise ValueError(f"the reason of --waive {rule} must be one line without control characters")
    return rule, reason


def _not_waivable(rule: str) -> str:
    choices = ", ".join(waivable_ids())
    if rule in rule_ids():
        return f"rule {rule!r} cannot be waived; these can: {choices}"
    near = near_names(rule, rule_ids(), 2)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return f"there is no rule {rule!r}; {hint}rules that can be waived: {choices}"
