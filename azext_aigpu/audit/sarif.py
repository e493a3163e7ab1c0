"""Writes findings as SARIF 2.1.0, the form that code hosts show beside the lines of a pull request. Pure.

Form: OASIS, Static Analysis Results Interchange Format 2.1.0. FAIL is level error, UNKNOWN warning, WARN note; the
status itself stands in the properties, because SARIF has no level for "could not be judged".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from aigpu_contract import __version__
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reasons import REASONS
from aigpu_contract.rendering import printable
from azext_aigpu.audit import Judged
from azext_aigpu.audit.report import Report, in_their_words, kind_of
from azext_aigpu.drift import DRIFT
from azext_aigpu.rules import CLOUD_RULES, SPEC_RULES
from azext_aigpu.rules.rule import CloudRule, SpecRule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION = "2.1.0"
FINGERPRINT = "aigpuRuleReasonAddress/v1"
_LEVELS: Mapping[Status, str] = {Status.FAIL: "error", Status.UNKNOWN: "warning", Status.WARN: "note"}
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
_OWN_RULES: Mapping[str, str] = {
    "intent": "A GPU pool must say what it is meant to be.",
    "value-known": "What a rule judges must be known before it is applied.",
    DRIFT: "A pool must be what its spec asks for.",
    "part-readable": "Everything that may hold pools must be there to be looked into.",
}
"""What a check says beside the rules of `add`."""


def build_sarif(report: Report) -> dict[str, Any]:
    """Return the SARIF log of a report: a result for each finding of WARN and worse."""
    found = [(one, finding) for one in report.judged for finding in _told(one)]
    ids = list(dict.fromkeys(finding.id for _, finding in found))
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "aigpu",
                        "version": __version__,
                        "semanticVersion": __version__,
                        "rules": [_build_rule(rule, found) for rule in ids],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True, "exitCode": report.exit_code}],
                "results": [_build_result(one, finding, ids) for one, finding in found],
                "properties": {"verdict": report.verdict},
            }
        ],
    }


def _told(one: Judged) -> Iterator[Finding]:
    yield from (finding for finding in in_their_words(one) if finding.status in _LEVELS)


def _build_rule(rule: str, found: Sequence[tuple[Judged, Finding]]) -> dict[str, Any]:
    names = sorted({finding.reason for _, finding in found if finding.id == rule})
    worst = max(finding.status for _, finding in found if finding.id == rule)
    reasons = [REASONS[name] for name in names if name in REASONS]
    return {
        "id": rule,
        "name": "".join(part.capitalize() for part in rule.split("-")),
        "shortDescription": {"text": _summary(rule)},
        "fullDescription": {"text": _sentences(reason.meaning for reason in reasons) or _summary(rule)},
        "help": {"text": _sentences(f"{reason.name}: {reason.next_step}" for reason in reasons) or _summary(rule)},
        "defaultConfiguration": {"level": _LEVELS[worst]},
        "properties": {"tags": ["gpu", "aks"], "reasons": names},
    }


def _summary(rule: str) -> str:
    rules: list[SpecRule | CloudRule] = [*SPEC_RULES, *CLOUD_RULES]
    modules = {module.ID: str(module.__doc__ or "") for module in rules}
    text = _OWN_RULES.get(rule) or modules.get(rule, "")
    return text.strip().partition("\n\n")[0].replace("\n", " ") or rule


def _sentences(texts: Iterable[str]) -> str:
    return " ".join(texts)


def _build_result(one: Judged, finding: Finding, ids: Sequence[str]) -> dict[str, Any]:
    place = one.item.place
    return {
        "ruleId": finding.id,
        "ruleIndex": ids.index(finding.id),
        "level": _LEVELS[finding.status],
        "message": {"text": _message(one, finding)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(place.file or place.address.lstrip("/"))},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [
                    {
                        "fullyQualifiedName": printable(place.address),
                        "name": printable(place.name or place.address),
                        "kind": "resource",
                    }
                ],
            }
        ],
        "partialFingerprints": {FINGERPRINT: _fingerprint(finding, place.address)},
        "properties": {
            "reason": finding.reason,
            "status": finding.status.name,
            "kind": kind_of(one),
            "size": printable(one.size),
        },
    }


def _message(one: Judged, finding: Finding) -> str:
    parts = [f"{one.item.place.address}: {finding.problem}."]
    for label, text in (("Seen", finding.seen), ("Wanted", finding.wanted), ("Next", finding.next_step)):
        parts += [f"{label}: {text}."] if text else []
    return printable(" ".join(parts))


def _fingerprint(finding: Finding, address: str) -> str:
    """Return what stays the same from run to run while the same thing is wrong at the same address."""
    # Of drift there is one for each property, and its problem is what names the property.
    what = f"{finding.reason}\n{finding.problem}" if finding.id == DRIFT else finding.reason
    return hashlib.sha256(f"{finding.id}\n{what}\n{address}".encode()).hexdigest()


def _uri(path: str) -> str:
    """Return a path as a relative reference; code hosts show results of files below the checkout only."""
    plain = path.replace("\\", "/")
    while plain.startswith("./"):
        plain = plain[2:]
    return "".join(
        chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in plain.encode("utf-8", "surrogateescape")
    )
