"""Rows about pools that exist: which are GPU pools, what they hold, what they cost, what the rules say. Pure."""

from __future__ import annotations

import dataclasses
from typing import Any

from aigpu_contract import labels, skus
from aigpu_contract.cpu_sizes import parse_cpu_size
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.verdict import judge
from azext_aigpu import body, render, review
from azext_aigpu.cloud.facts import CloudFacts, Pool, Price
from azext_aigpu.cost import amount_or_none, build_cost
from azext_aigpu.spec import Limits, PoolSpec


def gpu_intent(pool: Pool, taint_key: str) -> str | None:
    """Return what declares `pool` a GPU pool (a label, the taint), or None."""
    keys = tuple(taint.partition("=")[0] for taint in pool.taints)
    return labels.has_gpu_intent(pool.labels, keys, taint_key)


def is_gpu_pool(pool: Pool, taint_key: str) -> bool:
    """Return whether a pool belongs in our lists: it has GPU intent or an accelerator size."""
    return gpu_intent(pool, taint_key) is not None or skus.lookup(size_of(pool)) is not None


def size_of(pool: Pool) -> str:
    """Return the VM size of a pool."""
    return str(pool.properties.get("vmSize") or "")


def is_spot(pool: Pool) -> bool:
    """Return whether a pool runs on spot capacity."""
    return bool(pool.properties.get("scaleSetPriority") == "Spot")


def is_failed_leftover(pool: Pool) -> bool:
    """Return whether `pool` is ours, Failed and without a node: what a lack of capacity leaves behind."""
    return pool.provisioning_state == "Failed" and pool.nodes == 0 and labels.is_ours(pool.labels, pool.tags)


def without(cloud: CloudFacts, pool: Pool | None) -> CloudFacts:
    """Return `cloud` as it will be when `pool` is gone."""
    if pool is None or not isinstance(cloud.pools, Known):
        return cloud
    return dataclasses.replace(cloud, pools=Known(tuple(one for one in cloud.pools.value if one.name != pool.name)))


def spec_of(pool: Pool, resource_group: str, cluster_name: str, limits: Limits) -> Reading[PoolSpec]:
    """Return the spec that a pool amounts to, or Unknown where a property is not in the API's form."""
    try:
        spec = body.read_spec(pool.properties, resource_group, cluster_name, pool.name, limits)
    except ValueError as error:
        return Unknown(str(error))
    return Known(spec)


def judge_pool(pool: Pool, spec: Reading[PoolSpec], taint_key: str) -> tuple[Finding, ...]:
    """Return what the spec rules say about a pool that exists.

    A GPU size without a declared intent is UNKNOWN: nobody wrote down what it is meant to be.
    """
    if isinstance(spec, Unknown):
        return (
            _finding("pool-readable", "PoolUnreadable", Status.UNKNOWN, "this pool could not be read", spec.reason),
        )
    findings = tuple(item for item in review.review_spec(spec.value) if item.status is not Status.PASS)
    if gpu_intent(pool, taint_key) is None:
        problem = "no label or taint says what this pool is meant to be"
        findings += (_finding("intent", "IntentMissing", Status.UNKNOWN, problem, size_of(pool)),)
    return findings or (_finding("intent", "Passed", Status.PASS, "", ""),)


def build_row(
    pool: Pool, resource_group: str, cluster_name: str, price: Reading[Price], limits: Limits
) -> dict[str, Any]:
    """Return one pool as the row that `nodepool list` and `show` print."""
    spec = spec_of(pool, resource_group, cluster_name, limits)
    findings = judge_pool(pool, spec, limits.taint.key)
    row: dict[str, Any] = {
        "name": pool.name,
        "resourceGroup": resource_group,
        "cluster": cluster_name,
        "size": size_of(pool),
        "state": pool.provisioning_state,
        "intent": gpu_intent(pool, limits.taint.key),
        "verdict": judge(findings).status.name,
        "findings": [item.to_json() for item in findings if item.status is not Status.PASS],
    }
    return {**row, **(_describe(spec.value, pool, price) if isinstance(spec, Known) else {})}


def _describe(spec: PoolSpec, pool: Pool, price: Reading[Price]) -> dict[str, Any]:
    stopped = body.is_stopped(pool.properties)
    cost = build_cost(spec, price, stopped)
    sku = spec.sku
    nodes = f"{spec.min_count}..{spec.max_count}, now {pool.count}" if spec.enable_cluster_autoscaler else pool.count
    return {
        "gpu": _gpu(sku, spec),
        "gpuModel": sku.model_id if sku else None,
        "gpuCount": sku.gpu_count if sku else None,
        "nodes": f"{nodes}, stopped" if stopped else str(nodes),
        "driver": "none (asked)" if spec.gpu_driver == "None" else sku.aks_driver if sku else None,
        "taint": " ".join(pool.taints),
        "hourNow": amount_or_none(cost.hourly_now),
        "hourMost": amount_or_none(cost.hourly_most),
        "cost": cost.to_json(),
    }


def _gpu(sku: skus.Sku | None, spec: PoolSpec) -> str:
    if sku is None:
        return "none" if parse_cpu_size(spec.node_vm_size or "") else "unknown"
    vendor = "" if sku.is_cuda_gpu else f" ({sku.vendor}, no CUDA)"
    return render.describe_gpus(spec) + vendor


def _finding(rule: str, reason: str, status: Status, problem: str, seen: str) -> Finding:
    step = "" if status is Status.PASS else "az aigpu nodepool show says more; declare the intent with its labels"
    return Finding(rule, reason, status, problem, seen=seen, next_step=step)


def flatten(pool: Pool, resource_group: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return a pool as `az aks nodepool show` prints it, properties beside the id, with our row under `aigpu`."""
    return {"id": pool.id, "name": pool.name, "resourceGroup": resource_group, **pool.properties, "aigpu": row}
