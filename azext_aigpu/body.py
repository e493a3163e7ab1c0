"""Between `PoolSpec` and the wire: builds the `properties` of an agent pool, and reads a spec back out of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from aigpu_contract import labels
from aigpu_contract.expectation import Expectation, is_number
from azext_aigpu.spec import Limits, PoolSpec, wire_fields

Properties = dict[str, Any]

MIG_RESOURCE_LABELS = (labels.RESOURCE, labels.RESOURCE_COUNT)
"""Under MIG the resource depends on the device plugin's strategy, which the pool does not know: the user says it."""


def build_properties(spec: PoolSpec, price_hour: Decimal | None = None) -> Properties:
    """Return the `properties` of a new pool: what was asked for, and the contract's labels, taint and tags.

    `price_hour` in USD is written as a label when it is known, so that the node can say what idle time costs.
    """
    complete = dataclasses.replace(
        spec,
        labels=build_labels(spec, price_hour),
        node_taints=spec.all_taints,
        tags=build_tags(spec),
    )
    return build_given(complete)


def build_given(spec: PoolSpec) -> Properties:
    """Return the `properties` with exactly the fields that `spec` carries, nothing added."""
    properties: Properties = {}
    for name, path in wire_fields():
        value = getattr(spec, name)
        if value is not None and value not in ((), {}):
            put(properties, path, to_wire(value))
    return properties


def build_labels(spec: PoolSpec, price_hour: Decimal | None = None) -> dict[str, str]:
    """Return the node labels: the user's own, and over them the contract's."""
    expectation = build_expectation(spec, price_hour)
    return {**spec.labels, **(expectation.to_labels() if expectation else labels.FIXED_LABELS)}


def build_expectation(spec: PoolSpec, price_hour: Decimal | None = None) -> Expectation | None:
    """Return the intent that the pool's labels will declare, or None while the GPU count is unknown."""
    if spec.node_vm_size is None or spec.wanted_gpus is None:
        return None
    sku = spec.sku
    counted = spec.gpu_instance_profile is None and spec.managed_dranet is None
    return Expectation(
        sku=sku.size if sku else spec.node_vm_size,
        gpu_model=sku.model_id if sku and sku.model_id else spec.gpu_model,
        gpu_count=spec.wanted_gpus,
        resource=labels.RESOURCE_DOMAIN + "gpu" if counted else None,
        resource_count=spec.wanted_gpus if counted else None,
        min_driver=spec.limits.min_driver,
        mig_profile=spec.gpu_instance_profile,
        price_hour=None if price_hour is None else format(price_hour.normalize(), "f"),
    )


def build_tags(spec: PoolSpec) -> dict[str, str]:
    """Return the tags: the user's own, the spec's name and the waivers with their reasons."""
    return {**spec.tags, labels.SPEC_TAG: spec.name, **labels.waiver_tags(spec.waivers)}


def read_spec(
    properties: Mapping[str, Any], resource_group: str, cluster_name: str, name: str, limits: Limits
) -> PoolSpec:
    """Return the spec that an existing pool's `properties` amount to; its labels are its declared intent.

    Raises ValueError where a value is not in the API's form.
    """
    given = {field: from_wire(field, get(properties, path)) for field, path in wire_fields()}
    present = {field: value for field, value in given.items() if value is not None}
    tags = present.get("tags", {})
    declared = present.get("labels", {})
    count = declared.get(labels.GPU_COUNT, "")
    return PoolSpec(
        subscription=None,
        resource_group=resource_group,
        cluster_name=cluster_name,
        name=name,
        limits=limits,
        gpu_model=declared.get(labels.GPU_MODEL),
        gpu_count=int(count) if is_number(count) else None,
        waivers=labels.waivers_of_tags(tags),
        **present,
    )


def to_wire(value: Any) -> Any:
    """Return `value` as JSON data."""
    if isinstance(value, labels.Taint):
        return str(value)
    if isinstance(value, (tuple, list)):
        return [to_wire(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_wire(item) for key, item in value.items()}
    return value


def from_wire(name: str, value: Any) -> Any:
    """Return the wire's `value` as the field `name` of `PoolSpec` holds it, None for what is absent."""
    if name == "node_taints":
        return tuple(labels.parse_taint(text) for text in value or ())
    if isinstance(value, list):
        return tuple(value)
    return value


def put(data: Properties, path: str, value: Any) -> None:
    """Set `value` at a dotted `path`, making the objects on the way."""
    *parents, last = path.split(".")
    for part in parents:
        data = data.setdefault(part, {})
    data[last] = value


def get(data: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted `path`, or None where any part of it is absent."""
    value: Any = data
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def is_stopped(properties: Mapping[str, Any]) -> bool:
    """Return whether a pool is stopped: it keeps its number of nodes, and none of them runs or is paid for."""
    return bool(get(properties, "powerState.code") == "Stopped")
