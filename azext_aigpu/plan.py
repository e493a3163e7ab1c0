"""From a spec and what the cloud says to a plan: the whole request, decided before anything is sent. Pure."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aigpu_contract import labels
from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known
from azext_aigpu import body
from azext_aigpu.cloud.facts import CloudFacts, Pool
from azext_aigpu.cost import Cost, build_cost
from azext_aigpu.spec import PoolSpec, wire_fields

CREATE = "create"
UPDATE = "update"
RECONCILE = "reconcile"
UNCHANGED = "unchanged"
REPLACE = "replace"
"""A field differs that no pool can change: somebody has to make another pool. It is named and never done."""

READ_ONLY = ("eTag", "provisioningState", "currentOrchestratorVersion", "status")
"""Properties that only the service writes (docstrings of azure-mgmt-containerservice 41.6); they are not sent back."""


@dataclass(frozen=True)
class Change:
    """One property that an update changes; None where it was or will be absent."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Plan:
    """One write to one agent pool: its body, its precondition, why it may go on, and what it costs.

    `if_match` is the etag for an update; a create always goes with `If-None-Match: *`. `headers` are the user's own
    (`--aks-custom-headers`).
    """

    action: str
    spec: PoolSpec
    properties: Mapping[str, Any]
    cost: Cost
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    if_match: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Return whether the plan sends anything."""
        return self.action not in (UNCHANGED, REPLACE)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON data: what `--dry-run` prints."""
        return {
            "action": self.action,
            "resourceGroup": self.spec.resource_group,
            "cluster": self.spec.cluster_name,
            "name": self.spec.name,
            "properties": dict(self.properties),
            **({"headers": dict(self.headers)} if self.headers else {}),
            "changes": [dataclasses.asdict(change) for change in self.changes],
            "cost": self.cost.to_json(),
            "findings": [finding.to_json() for finding in self.findings],
        }


def propose(
    spec: PoolSpec, cloud: CloudFacts, findings: tuple[Finding, ...], headers: Mapping[str, str] | None = None
) -> Plan:
    """Return the plan that creates `spec`; `headers` are the user's own."""
    price = cloud.price_of(spec.node_vm_size)
    known = price.value if isinstance(price, Known) else None
    # A spot price changes by the hour: as a label it would be wrong on the next day.
    hourly = known.hourly if known and not known.spot else None
    properties = body.build_properties(spec, hourly)
    return Plan(CREATE, spec, properties, build_cost(spec, price), findings, headers=headers or {})


def propose_update(pool: Pool, spec: PoolSpec, wanted: Mapping[str, Any], cloud: CloudFacts) -> Plan:
    """Return the plan that changes `pool` to `wanted` (wire path to value, None removes) and nothing else.

    `spec` is what the pool will amount to. Unknown keys stay; under the autoscaler `count` is left out, because the
    number read a second ago is not a wish. With nothing in `wanted` the pool is only brought to its goal state.
    """
    properties = copy.deepcopy({key: value for key, value in pool.properties.items() if key not in READ_ONLY})
    changes = []
    for path, after in wanted.items():
        before = body.get(properties, path)
        if before != after:
            changes.append(Change(path, before, after))
            _set(properties, path, after)
    if properties.get("enableAutoScaling"):
        properties.pop("count", None)
    action = RECONCILE if not wanted else UPDATE if changes else UNCHANGED
    cost = build_cost(spec, cloud.price_of(spec.node_vm_size))
    return Plan(action, spec, properties, cost, changes=tuple(changes), if_match=pool.etag)


def changed_fields(plan: Plan) -> frozenset[str]:
    """Return the names of the `PoolSpec` fields that an update changes."""
    paths = {change.path for change in plan.changes}
    return frozenset(name for name, path in wire_fields() if path in paths)


def keep_contract(pool: Pool, given: PoolSpec) -> dict[str, Any]:
    """Return labels, taints and tags for an update that replaces them: what was given, and the pool's contract kept.

    As in `az aks nodepool update`, given labels, taints or tags replace the user's own; those of the contract stay.
    """
    contract = (*labels.FIXED_LABELS, *labels.CONTRACT_LABELS)
    kept_labels = {key: value for key, value in pool.labels.items() if key in contract}
    kept_tags = {key: value for key, value in pool.tags.items() if key.startswith(labels.TAG_PREFIX)}
    kept_taints = [taint for taint in pool.taints if taint.startswith(given.limits.taint.key + "=")]
    new_taints = [str(taint) for taint in given.node_taints]
    return {
        "nodeLabels": {**kept_labels, **given.labels},
        "nodeTaints": kept_taints + [taint for taint in new_taints if taint not in kept_taints],
        "tags": {**kept_tags, **given.tags, **labels.waiver_tags(given.waivers)},
    }


def _set(properties: dict[str, Any], path: str, value: Any) -> None:
    if value is not None:
        body.put(properties, path, value)
        return
    parent, _, last = path.rpartition(".")
    holder = body.get(properties, parent) if parent else properties
    if isinstance(holder, dict):
        holder.pop(last, None)
