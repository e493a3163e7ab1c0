"""Text for people: plans, differences, refusals. Pure; who prints decides where."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aigpu_contract.finding import Finding
from aigpu_contract.rendering import count, render_findings
from azext_aigpu.plan import CREATE, RECONCILE, Change, Plan
from azext_aigpu.spec import PoolSpec


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
        parts.append(describe_pool(spec))
    if plan.action == RECONCILE:
        parts.append("  Nothing to change: it is sent as it is, which has Azure bring it to its goal state.")
    notes = render_findings(plan.findings)
    if notes:
        parts.append(notes)
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
    return "an unknown number of nodes" if spec.node_count is None else count(spec.node_count, "node")


def describe_pool(spec: PoolSpec) -> str:
    """Return what a new pool will be, as one line."""
    taints = " ".join(str(taint) for taint in spec.all_taints)
    return f"  {spec.node_vm_size}: {describe_gpus(spec)}; {describe_nodes(spec)}; taint {taints}"


def _value(value: Any) -> str:
    return "(absent)" if value is None else json.dumps(value, sort_keys=True)
