"""The plan file: what was proposed, what was read for it, and a digest over all of it. Pure.

The digest is what gets approved: whoever applies the file gives the one that was reviewed. It covers everything but
itself, as canonical JSON (keys sorted, no blanks, ASCII), by SHA-256. No names of people, no tokens, no addresses of
machines stand in a plan.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aigpu_contract import __version__
from azext_aigpu import body, forms
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.cluster_id import ClusterId
from azext_aigpu.cost import amount_or_none, sum_or_none
from azext_aigpu.plan import CREATE, RECONCILE, UPDATE, Change
from azext_aigpu.proposal import Proposal, Step, StepCost
from azext_aigpu.spec import wire_fields
from azext_aigpu.specs.fields import API_VERSION

KIND = "GpuNodePoolPlan"
DIGEST = "digest"


class PlanRefused(Exception):  # noqa: N818 (it reads as what happened)
    """A plan file may not be applied; the text says why, and what to do."""


@dataclass(frozen=True)
class PlannedStep:
    """One step out of a plan file. `read` is the pool's properties as they were, None where there was no pool."""

    action: str
    cluster: ClusterId
    name: str
    properties: Mapping[str, Any]
    changes: tuple[Change, ...]
    read: Mapping[str, Any] | None
    leftover_etag: str | None

    @property
    def writes(self) -> bool:
        """Return whether the step sends anything."""
        return self.action in (CREATE, UPDATE, RECONCILE)

    @property
    def title(self) -> str:
        """Return the pool by its names: `aks-train/gpu`."""
        return f"{self.cluster.name}/{self.name}"


@dataclass(frozen=True)
class PlanFile:
    """A plan file, parsed: everything but what only people read of it."""

    digest: str
    version: str
    endpoint: str
    created: datetime.datetime
    expires: datetime.datetime
    steps: tuple[PlannedStep, ...]


def build_plan_file(
    proposal: Proposal, endpoint: str, now: datetime.datetime, hours: int, version: str = __version__
) -> dict[str, Any]:
    """Return the plan as JSON data, its digest last. `endpoint` is the address of Azure Resource Manager."""
    steps = proposal.steps
    plan: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "version": version,
        "endpoint": endpoint.rstrip("/"),
        "created": write_time(now),
        "expires": write_time(now + datetime.timedelta(hours=hours)),
        "subscriptions": sorted({step.cluster.subscription for step in steps}),
        "clusters": sorted({str(step.cluster) for step in steps}),
        "cost": _cost([step.cost for step in steps]),
        "steps": [_step(step) for step in steps],
        "untouched": [
            {
                "cluster": str(other.cluster),
                "name": other.pool.name,
                "size": str(other.pool.properties.get("vmSize")),
                "nodes": other.pool.nodes,
            }
            for other in proposal.untouched
        ],
    }
    return {**plan, DIGEST: compute_digest(plan)}


def compute_digest(plan: Mapping[str, Any]) -> str:
    """Return the digest of a plan: over everything but the digest itself."""
    rest = {key: value for key, value in plan.items() if key != DIGEST}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return forms.DIGEST_PREFIX + hashlib.sha256(text.encode("ascii")).hexdigest()


def write_time(moment: datetime.datetime) -> str:
    """Return a moment in RFC 3339, UTC, to the second."""
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _step(step: Step) -> dict[str, Any]:
    plan = step.plan
    data: dict[str, Any] = {
        "action": plan.action,
        "cluster": str(step.cluster),
        "name": plan.spec.name,
        "size": plan.spec.node_vm_size,
        "changes": [{"path": one.path, "before": one.before, "after": one.after} for one in plan.changes],
        "properties": dict(plan.properties) if plan.writes else {},
        "read": None if step.before is None else read_values(step.before),
        "cost": _cost([step.cost]),
        "price": plan.cost.to_json(),
        "findings": [finding.to_json() for finding in plan.findings],
    }
    if step.before is not None:
        data["etag"] = step.before.etag
    if step.leftover is not None:
        data["leftoverEtag"] = step.leftover.etag
    return data


def read_values(pool: Pool) -> dict[str, Any]:
    """Return what a plan reads of a pool, wire path to value: every field that a rule or a change looks at.

    `count` is left out under the autoscaler, which moves it all the time.
    """
    values = {path: body.get(pool.properties, path) for _, path in wire_fields()}
    if pool.properties.get("enableAutoScaling"):
        values.pop("count", None)
    return {path: value for path, value in values.items() if value is not None}


def _cost(costs: Sequence[StepCost]) -> dict[str, Any]:
    hours = {name: sum_or_none(getattr(cost, name) for cost in costs) for name in ("now", "after", "most")}
    return {"currency": "USD", **{f"hour{name.capitalize()}": amount_or_none(hour) for name, hour in hours.items()}}
