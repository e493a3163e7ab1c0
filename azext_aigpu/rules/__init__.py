"""The rules of gate 1, in two explicit lists: those that need no network, and those over what the cloud says.

A rule is a module: `ID`, `READS` (fields of `PoolSpec` that it judges, so that an update runs only what it changes),
`WAIVABLE`, for a cloud rule `ARM_ENFORCES` (Azure refuses the same thing itself, so UNKNOWN may go on), and `review`,
which is pure and yields nothing when all is well. The order is that of the findings: first cause first.
"""

from __future__ import annotations

from azext_aigpu.rules import (
    allowed_models,
    autoscale_bounds,
    autoscaler_allowed,
    cluster_ready,
    contract_labels,
    contract_taint,
    device_plugin,
    driver_profile,
    fractional_gpu,
    hourly_cost,
    mig_profile,
    name_free,
    os_disk,
    os_sku,
    quota,
    required_tags,
    sku_available,
    sku_is_cuda_gpu,
    sku_known,
    sku_matches_intent,
    sku_not_retired,
    sku_offered,
    upgrade_safety,
)
from azext_aigpu.rules.rule import CloudRule, SpecRule

SPEC_RULES: list[SpecRule] = [
    sku_known,
    sku_is_cuda_gpu,
    sku_not_retired,
    sku_matches_intent,
    fractional_gpu,
    allowed_models,
    driver_profile,
    os_sku,
    os_disk,
    mig_profile,
    autoscale_bounds,
    contract_labels,
    contract_taint,
    required_tags,
]

CLOUD_RULES: list[CloudRule] = [
    cluster_ready,
    name_free,
    autoscaler_allowed,
    sku_offered,
    sku_available,
    quota,
    hourly_cost,
    device_plugin,
    upgrade_safety,
]
