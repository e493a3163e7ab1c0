"""Judges pools and machines that other tools describe, by the rules that `add` holds its own to. Pure.

What a pool is meant to be is told by its labels, its taint, or whoever runs the check (`--gpu-pools`). A GPU size by
itself declares nothing: it is judged, and stays UNKNOWN until somebody says what it is meant to be. A pool with neither
is not reviewed, which is not a pass. A value that cannot be seen makes every rule that reads it UNKNOWN.
"""

from __future__ import annotations

from azext_aigpu.audit.intent import gpu_sizes
from azext_aigpu.audit.judged import Judged
from azext_aigpu.audit.judging import judge_item, judge_items, judge_missing, missing_names
from azext_aigpu.audit.machines import MACHINE_RULES
from azext_aigpu.audit.policy import Policy
from azext_aigpu.audit.pricing import node_kinds
from azext_aigpu.audit.regions import REGION_RULES, region_of

__all__ = (
    "MACHINE_RULES",
    "REGION_RULES",
    "Judged",
    "Policy",
    "gpu_sizes",
    "judge_item",
    "judge_items",
    "judge_missing",
    "missing_names",
    "node_kinds",
    "region_of",
)
