"""What has to change of a pool that exists so that it is what a spec asks for. Pure.

A spec holds the whole of what it names: labels, taints and tags that it does not name are taken away, those of the
contract and those that AKS writes itself apart. Fields that it does not name stay as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from aigpu_contract import labels
from azext_aigpu import body, options
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.differences import holds
from azext_aigpu.rules.reserved import is_reserved_for_labels, is_reserved_for_taints
from azext_aigpu.spec import PoolSpec, fill_defaults, wire_fields

_WHOLE = ("labels", "node_taints", "tags")
_BY_TIME_AND_PERSON = (labels.PRICE_HOUR, labels.MIN_DRIVER)
"""Labels out of a price of the day and of a user's own settings: once written they stay, or every plan would differ."""

_PATHS = dict(wire_fields())
CHANGEABLE = frozenset(
    [
        *(_PATHS[name] for name in (*options.UPDATED_FIELDS, *_WHOLE)),
        *(_PATHS[name] for name in ("node_count", "enable_cluster_autoscaler", "min_count", "max_count")),
        *(_PATHS[name] for name in ("kubernetes_version", "managed_dranet")),
        *options.SWITCHES.values(),
    ]
)
"""The properties that a PUT can change. For any other, AKS wants another pool (azure-cli's own `update`; AKS docs)."""


def fill_for(spec: PoolSpec, pool: Pool) -> PoolSpec:
    """Return `spec` with the defaults filled that hold for a pool that exists: its OS disk is what it is."""
    filled = fill_defaults(spec)
    disk = spec.node_osdisk_size or pool.properties.get("osDiskSizeGB")
    return dataclasses.replace(filled, node_osdisk_size=disk)


def build_changes(spec: PoolSpec, pool: Pool) -> dict[str, Any]:
    """Return what differs, wire path to the value wanted, None to remove. `spec` has its defaults filled."""
    changes = {}
    for name, path in wire_fields():
        value = getattr(spec, name)
        if name in _WHOLE or value is None or value in ((), {}):
            continue
        if name == "node_count" and spec.enable_cluster_autoscaler:
            continue
        asked, made = body.to_wire(value), body.get(pool.properties, path)
        if not _equal(asked, made, path):
            changes[path] = asked
    return {**changes, **_scaling_off(spec, pool), **_whole(spec, pool)}


def _equal(asked: Any, made: Any, path: str) -> bool:
    if isinstance(asked, list):
        return holds(asked, made, path) and holds(made or [], asked, path)
    return holds(asked, made, path)


def _scaling_off(spec: PoolSpec, pool: Pool) -> dict[str, Any]:
    # A number of nodes alone means a fixed size, whether or not the spec says so in words.
    if spec.enable_cluster_autoscaler or not pool.properties.get("enableAutoScaling"):
        return {}
    return {"enableAutoScaling": False, "minCount": None, "maxCount": None}


def _whole(spec: PoolSpec, pool: Pool) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "nodeLabels": _labels(spec, pool.labels),
        "nodeTaints": _taints(spec, pool.taints),
        "tags": body.build_tags(spec),
    }
    there = {"nodeLabels": dict(pool.labels), "nodeTaints": sorted(pool.taints), "tags": dict(pool.tags)}
    return {path: value for path, value in wanted.items() if there[path] != _sorted(value)}


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def _labels(spec: PoolSpec, there: Mapping[str, str]) -> dict[str, str]:
    kept = {key: value for key, value in there.items() if is_reserved_for_labels(key) or key in _BY_TIME_AND_PERSON}
    wanted = body.build_labels(spec)
    unasked = [key for key in _BY_TIME_AND_PERSON if key in kept and key not in spec.labels]
    return {**kept, **{key: value for key, value in wanted.items() if key not in unasked}}


def _taints(spec: PoolSpec, there: tuple[str, ...]) -> list[str]:
    wanted = [str(taint) for taint in spec.all_taints]
    aks = [taint for taint in there if is_reserved_for_taints(taint.partition("=")[0]) and taint not in wanted]
    return wanted + aks
