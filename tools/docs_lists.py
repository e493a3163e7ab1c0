"""The pages that are lists: rules and reasons."""

from __future__ import annotations

from pathlib import Path

from aigpu_contract.reasons import REASONS
from azext_aigpu.rules import CLOUD_RULES, SPEC_RULES
from azext_aigpu.rules.rule import CloudRule, SpecRule

RULES = Path(__file__).resolve().parent.parent / "docs" / "reference" / "rules"
_GENERATED = "<!-- Written by `python -m tools.docs`; do not edit. -->"


def build_rules_page() -> str:
    """Return the index of the rules: what each stops, in the order in which they are run."""
    return "\n".join(
        [
            "# The rules",
            "",
            _GENERATED,
            "",
            "`az aigpu nodepool add` runs all of them, `update` those that look at what it changes. FAIL stops before",
            "anything is written. UNKNOWN stops too, except where Azure itself enforces the same on the request: there",
            "it is shown and goes on, unless `--strict` is given.",
            "",
            "Over the request alone, before any network call:",
            "",
            *_table([(rule, "") for rule in SPEC_RULES]),
            "",
            "Over what the subscription, the region and the cluster say:",
            "",
            *_table([(rule, "goes on" if rule.ARM_ENFORCES else "stops") for rule in CLOUD_RULES]),
            "",
        ]
    )


def _table(rules: list[tuple[SpecRule | CloudRule, str]]) -> list[str]:
    rows = ["| rule | stops | waivable | UNKNOWN |", "|---|---|---|---|"]
    for rule, unknown in rules:
        waivable = f"`--waive {rule.ID}=REASON`" if rule.WAIVABLE else "no"
        rows.append(f"| [{rule.ID}]({rule.ID}.md) | {_first_sentence(rule.ID)} | {waivable} | {unknown or 'stops'} |")
    return rows


def _first_sentence(rule: str) -> str:
    """Return the first paragraph of the rule's own page, as one line."""
    lines = (RULES / f"{rule}.md").read_text(encoding="utf-8").split("\n\n")
    return " ".join(lines[1].split()) if len(lines) > 1 else ""


def build_reasons_page() -> str:
    """Return the list of every reason that a finding may carry."""
    rows = [f"| `{reason.name}` | {reason.meaning} | {reason.next_step} |" for reason in REASONS.values()]
    return "\n".join(
        [
            "# Reasons",
            "",
            _GENERATED,
            "",
            "Each finding carries one of these names. They are stable: dashboards and scripts may rely on them.",
            "",
            "| reason | it means | usually |",
            "|---|---|---|",
            *sorted(rows),
            "",
        ]
    )
