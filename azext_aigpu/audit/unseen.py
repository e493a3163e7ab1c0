"""Findings about what cannot be seen, and which fields of a spec a gap leaves open."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from aigpu_contract import labels
from aigpu_contract.finding import Finding, Status
from azext_aigpu.audit.policy import Policy
from azext_aigpu.foreign.resources import Gap
from azext_aigpu.spec import wire_fields

_INTENT_LABELS = (*labels.FIXED_LABELS, *labels.CONTRACT_LABELS)


def affected_fields(gap: Gap, policy: Policy) -> frozenset[str]:
    """Return the fields of `PoolSpec` that a gap leaves open; a label or tag that no rule looks for leaves none."""
    first, _, key = gap.path.partition(".")
    if first == "nodeLabels" and key:
        own = {labels.GPU_COUNT: "gpu_count", labels.GPU_MODEL: "gpu_model"}
        named = {"labels", own[key]} if key in own else {"labels"}
        return frozenset(named) if key in _INTENT_LABELS else frozenset()
    if first == "nodeLabels":
        return frozenset({"labels", "gpu_count", "gpu_model"})
    if first == "tags" and key:
        required = {name.lower() for name in policy.limits.required_tags or ()}
        return frozenset({"tags"}) if key.lower() in required else frozenset()
    return frozenset(name for name, path in wire_fields() if f"{path}.".startswith(f"{gap.path}."))


def value_unknown(gap: Gap, rules: Collection[str], waived: bool = False) -> Finding:
    """Return the finding for a gap that `rules` say nothing over; a WARN where all of them are waived."""
    finding = unknown(
        "value-known",
        "ValueUnknown",
        f"{gap.path} cannot be seen, so nothing is said by {', '.join(rules)}",
        gap.reason,
        "give a value that is known before it is applied, or read the outcome with az aigpu nodepool check",
    )
    return dataclasses.replace(finding, status=Status.WARN) if waived else finding


def intent_hidden(gap: Gap) -> Finding:
    """Return the finding for a gap behind which an intent may be."""
    problem = f"{gap.path} cannot be seen, so nobody can tell whether this is meant to have GPUs"
    step = "give labels that are known before they are applied, or name it with --gpu-pools"
    return unknown("value-known", "ValueUnknown", problem, gap.reason, step)


def intent_missing(why: str, size: str) -> Finding:
    """Return the finding for a size that nobody declared anything about."""
    return unknown(
        "intent",
        "IntentMissing",
        f"no label, taint or name says what this is meant to be, {why}",
        size,
        f"declare it with the labels {labels.SKU} and {labels.GPU_COUNT}, or name it with --gpu-pools",
    )


def unknown(rule: str, reason: str, problem: str, seen: str, step: str) -> Finding:
    """Return an UNKNOWN finding."""
    return Finding(rule, reason, Status.UNKNOWN, problem, seen=seen, next_step=step)


def passed() -> Finding:
    """Return the finding that stands where no rule has anything to say."""
    return Finding("intent", "Passed", Status.PASS, "")
