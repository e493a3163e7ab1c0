"""Text for people: findings, plans, differences. One renderer for every place. Pure; who prints decides where."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from typing import Any

from aigpu_contract.finding import Finding, Status
from azext_aigpu.plan import CREATE, RECONCILE, Change, Plan
from azext_aigpu.spec import PoolSpec

WIDTH = 110
_INDENT = " " * 10
_ROWS = (("seen", "seen"), ("wanted", "wanted"), ("next", "next_step"))


def render_finding(finding: Finding) -> str:
    """Return a finding as a block: what is wrong, the value seen, the value wanted, the next step."""
    lines = [_wrap(f"  {finding.status.name:<7} {finding.id}: ", finding.problem)]
    for label, attribute in _ROWS:
        text = getattr(finding, attribute)
        if text:
            lines.append(_wrap(f"{_INDENT}{label:<7} ", text))
    lines.extend(_wrap(f"{_INDENT}{key:<7} ", value) for key, value in finding.evidence)
    return "\n".join(lines)


def render_findings(findings: Iterable[Finding], least: Status = Status.WARN) -> str:
    """Return the findings of at least `least`, worst first and otherwise in their order; empty when there are none."""
    shown = sorted((finding for finding in findings if finding.status >= least), key=lambda one: -one.status)
    return "\n".join(render_finding(finding) for finding in shown)


def render_refusal(spec: PoolSpec, stops: Iterable[Finding], sent: str) -> str:
    """Return the text of a refusal. `sent` says how far it got: `nothing was sent to Azure`."""
    head = f"Node pool '{spec.name}' was refused; {sent}."
    return "\n".join([head, render_findings(stops)])


def render_plan(plan: Plan) -> str:
    """Return a plan as people read it: what will be made or changed, notes of the rules, and the cost line."""
    spec = plan.spec
    where = f"node pool '{spec.name}' of cluster '{spec.cluster_name}' ({spec.resource_group})"
    parts = [f"Plan: {plan.action} {where}"]
    parts.extend(render_change(change) for change in plan.changes)
    if plan.action == CREATE:
        parts.append(_describe_pool(spec))
    notes = render_findings(plan.findings)
    if notes:
        parts.append(notes)
    if plan.action != RECONCILE:
        parts.append(plan.cost.line())
    return "\n".join(parts)


def render_change(change: Change) -> str:
    """Return one change as a line: `  ~ maxCount: 5 -> 8`."""
    sign = "+" if change.before is None else "-" if change.after is None else "~"
    return f"  {sign} {change.path}: {_value(change.before)} -> {_value(change.after)}"


def render_differences(differences: Iterable[Change]) -> str:
    """Return what Azure made other than it was asked, a line each."""
    return "\n".join(f"  {item.path}: asked {_value(item.before)}, got {_value(item.after)}" for item in differences)


def describe_gpus(spec: PoolSpec) -> str:
    """Return the GPUs of a node in words, as the catalogue or else the user names them."""
    if spec.sku:
        return spec.sku.describe()
    return f"{spec.gpu_count}x {spec.gpu_model}" if spec.gpu_count else "unknown GPUs"


def describe_nodes(spec: PoolSpec) -> str:
    """Return the node counts in words: `2 nodes`, `0 to 5 nodes`."""
    if spec.enable_cluster_autoscaler:
        return f"{spec.min_count} to {spec.max_count} nodes, starting with {spec.node_count}"
    return f"{spec.node_count} node" + ("" if spec.node_count == 1 else "s")


def _describe_pool(spec: PoolSpec) -> str:
    taints = " ".join(str(taint) for taint in spec.all_taints)
    return f"  {spec.node_vm_size}: {describe_gpus(spec)}; {describe_nodes(spec)}; taint {taints}"


def _value(value: Any) -> str:
    return "(absent)" if value is None else json.dumps(value, sort_keys=True)


def _wrap(prefix: str, text: str) -> str:
    hanging = " " * min(len(prefix), len(_INDENT) + 8)
    return textwrap.fill(
        text, WIDTH, initial_indent=prefix, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )
