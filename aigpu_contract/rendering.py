"""Findings as text for people, in one form for the command line, the agent and the preflight. Pure."""

from __future__ import annotations

import re
from typing import Iterable

from aigpu_contract.finding import Finding, Status

WIDTH = 110
_INDENT = " " * 10
_ROWS = (("seen", "seen"), ("wanted", "wanted"), ("next", "next_step"))
# C0 and C1 controls, DEL, and what turns the direction of text: none of them belongs on a terminal or in a log line.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return text from outside without the characters that steer terminals and logs; tab and newline become blanks."""
    return _CONTROL.sub("?", text.replace("\t", " ").replace("\n", " "))


def count(number: int, what: str) -> str:
    """Return a number of things in words: `1 node`, `2 nodes`."""
    return f"{number} {what}" + ("" if number == 1 else "s")


def clip(text: str, most: int) -> str:
    """Return `text` in at most so many characters, `...` where its end was left out."""
    return text if len(text) <= most else text[: most - 3] + "..."


def render_finding(finding: Finding) -> str:
    """Return a finding as a block: what is wrong, the value seen, the value wanted, the next step."""
    lines = [wrap(f"  {finding.status.name:<7} {finding.id}: ", finding.problem)]
    for label, attribute in _ROWS:
        text = getattr(finding, attribute)
        if text:
            lines.append(wrap(f"{_INDENT}{label:<7} ", text))
    lines.extend(wrap(f"{_INDENT}{key:<7} ", value) for key, value in finding.evidence)
    return "\n".join(lines)


def render_findings(findings: Iterable[Finding], least: Status = Status.WARN) -> str:
    """Return the findings of at least `least`, worst first and otherwise in their order; empty when there are none."""
    shown = sorted((finding for finding in findings if finding.status >= least), key=lambda one: -one.status)
    return "\n".join(render_finding(finding) for finding in shown)


def wrap(prefix: str, text: str) -> str:
    """Return `text` behind `prefix` in lines of `WIDTH`; those that follow hang below the text.

    A word that is longer stays whole, so that a command can be copied. Importing `textwrap` would take as long as a
    whole round of probes waits for NVML.
    """
    hanging = " " * min(len(prefix), len(_INDENT) + 8)
    lines, line, is_empty = [], prefix, True
    for word in printable(text).split():
        if not is_empty and len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line, is_empty = hanging, True
        line += word if is_empty else " " + word
        is_empty = False
    return "\n".join([*lines, line.rstrip()])
