"""From parsed options to a `PoolSpec` for `add`, and to changes for `update`. Pure.

The names are azure-cli's argument names. An option that was not given is None (a flag: False) and leads to nothing:
never a field that nobody asked for.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from aigpu_contract import skus
from azext_aigpu import plan
from azext_aigpu.body import to_wire
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.cost import dollars
from azext_aigpu.prices import builtin_price
from azext_aigpu.spec import Limits, PoolSpec, fill_defaults, wire_fields
from azext_aigpu.usage import UsageError

Options = Mapping[str, Any]

MANAGED_DRANET = "Managed"
UPDATED_FIELDS = (
    "mode",
    "scale_down_mode",
    "os_sku",
    "gpu_driver",
    "max_surge",
    "max_unavailable",
    "drain_timeout",
    "node_soak_duration",
    "undrainable_node_behavior",
    "allowed_host_ports",
    "asg_ids",
    "localdns_config",
)
"""Options of `update` that replace the field of `PoolSpec` with their name."""

SWITCHES = {
    "fips_image": "enableFIPS",
    "vtpm": "securityProfile.enableVTPM",
    "secure_boot": "securityProfile.enableSecureBoot",
    "artifact_streaming": "artifactStreamingProfile.enabled",
}
"""What `--enable-X` and `--disable-X` of `update` switch: X and its place on the wire."""

FOUND_SIZES = 8


def build_spec(
    options: Options, resource_group: str, cluster_name: str, name: str, subscription: str | None, limits: Limits
) -> PoolSpec:
    """Return what `add` was asked for, defaults filled."""
    names = [field for field, _ in wire_fields()] + ["gpu_model", "gpu_count"]
    given = {field: options[field] for field in names if _is_given(options.get(field))}
    if options.get("enable_managed_dranet"):
        given["managed_dranet"] = MANAGED_DRANET
    spec = PoolSpec(
        subscription=subscription,
        resource_group=resource_group,
        cluster_name=cluster_name,
        name=name,
        limits=limits,
        waivers=options.get("waive") or {},
        **given,
    )
    return fill_defaults(spec)


def _is_given(value: Any) -> bool:
    return value is not None and value is not False  # 0 nodes are a number of nodes


def build_changes(options: Options, pool: Pool, limits: Limits) -> dict[str, Any]:
    """Return what `update` was asked to change: wire path to value, None removes. Raises UsageError."""
    paths = dict(wire_fields())
    changes = {paths[name]: to_wire(options[name]) for name in UPDATED_FIELDS if options.get(name) is not None}
    if options.get("enable_managed_dranet"):
        changes[paths["managed_dranet"]] = MANAGED_DRANET
    for switch, path in SWITCHES.items():
        if options.get("enable_" + switch) or options.get("disable_" + switch):
            changes[path] = bool(options.get("enable_" + switch))
    return {**changes, **_scale(options, pool), **_contract(options, pool, limits)}


def _scale(options: Options, pool: Pool) -> dict[str, Any]:
    """Return the autoscaler's changes: -e and -u set both bounds, -d takes them away and leaves the nodes."""
    bounds = {"minCount": options.get("min_count"), "maxCount": options.get("max_count")}
    given = {path: count for path, count in bounds.items() if count is not None}
    if options.get("disable_cluster_autoscaler"):
        _check_no_bounds(given)
        return {"enableAutoScaling": False, "minCount": None, "maxCount": None}
    if not (options.get("enable_cluster_autoscaler") or options.get("update_cluster_autoscaler")):
        _check_no_bounds(given)
        return {}
    if options.get("update_cluster_autoscaler"):
        _check_update(given, pool)
    elif len(given) < len(bounds):
        raise UsageError(
            "--enable-cluster-autoscaler was given without both bounds.",
            "Add them, for example: --enable-cluster-autoscaler --min-count 0 --max-count 5",
        )
    return {"enableAutoScaling": True, **given}


def _check_no_bounds(given: Mapping[str, int]) -> None:
    if given:
        raise UsageError(
            "--min-count and --max-count are bounds of the cluster autoscaler, and nothing says to switch it on.",
            "Add --enable-cluster-autoscaler, or --update-cluster-autoscaler where it is on already.",
        )


def _check_update(given: Mapping[str, int], pool: Pool) -> None:
    if not pool.properties.get("enableAutoScaling"):
        raise UsageError(
            f"--update-cluster-autoscaler was given, and the autoscaler of node pool '{pool.name}' is off.",
            "Switch it on: --enable-cluster-autoscaler --min-count 0 --max-count 5",
        )
    if not given:
        raise UsageError(
            "--update-cluster-autoscaler was given without a bound.",
            "Add --min-count, --max-count or both; the one that is left out stays as it is.",
        )


def _contract(options: Options, pool: Pool, limits: Limits) -> dict[str, Any]:
    """Return labels, taints and tags as given, with the pool's own contract kept; waivers are added as tags."""
    waivers = options.get("waive") or {}
    replaced = {"nodeLabels": options.get("labels"), "nodeTaints": options.get("node_taints")}
    tags = options.get("tags")
    given = PoolSpec(
        subscription=None,
        resource_group="",
        cluster_name="",
        name=pool.name,
        limits=limits,
        waivers=waivers,
        labels=options.get("labels") or {},
        node_taints=options.get("node_taints") or (),
        tags=dict(pool.tags) if tags is None else tags,
    )
    kept = plan.keep_contract(pool, given)
    changed = {path for path, value in replaced.items() if value is not None}
    if tags is not None or waivers:
        changed.add("tags")
    return {path: kept[path] for path in ("nodeLabels", "nodeTaints", "tags") if path in changed}


def resolve_size(options: Options, today: datetime.date) -> str:
    """Return the VM size asked for, by name or by its GPUs. There is no default size.

    Raises UsageError where nothing names one, and where the GPUs asked for come in several sizes or in none.
    """
    size = options.get("node_vm_size")
    if size and str(size).strip():
        return str(size).strip()
    model, count = options.get("gpu_model"), options.get("gpu_count")
    if not model:
        raise UsageError(
            "No VM size was given, and there is no default: which GPU it has is the whole point.",
            "Name a size: --node-vm-size Standard_NC24ads_A100_v4\n"
            "or the GPUs: --gpu-model a100 --gpu-count 1\n"
            "See what there is: az aigpu sku list --location REGION",
        )
    found = skus.sizes_with(model, count, today)
    if len(found) != 1:
        raise _choice(model, count, found) if found else _nothing_found(model, count, today)
    return found[0].size


def _choice(model: str, count: int | None, found: tuple[skus.Sku, ...]) -> UsageError:
    asked = f"{model} GPUs" if count is None else f"{count} {model} GPU" + ("s" if count > 1 else "")
    more = len(found) - FOUND_SIZES
    rest = [f"  and {more} more: az aigpu sku list --gpu-model {model}"] if more > 0 else []
    return UsageError(
        f"{len(found)} VM sizes have {asked}; which one is meant?",
        "\n".join(["Add one of them:", *(_describe(sku) for sku in found[:FOUND_SIZES]), *rest]),
    )


def _describe(sku: skus.Sku) -> str:
    price = builtin_price(sku.size)
    cost = f"{dollars(price.hourly, exact=True)}/h in {price.region} on {price.as_of}" if price else "price unknown"
    vcpus = f"{sku.vcpus} vCPUs" if sku.vcpus else ""
    return f"  --node-vm-size {sku.size:<28} {sku.describe():<20} {vcpus:<10} {cost}".rstrip()


def _nothing_found(model: str, count: int | None, today: datetime.date) -> UsageError:
    counts = sorted({sku.gpu_count for sku in skus.sizes_with(model, None, today) if sku.gpu_count})
    if counts:
        there = ", ".join(map(str, counts))
        return UsageError(
            f"No VM size has {count} {model} GPUs on one node.",
            f"Give a number that there is ({there}), for example: --gpu-model {model} --gpu-count {counts[0]}",
        )
    return UsageError(
        f"No VM size on offer has whole GPUs of the model '{model}'.",
        f"The catalogue knows: {', '.join(skus.models())}. Or name the size itself: --node-vm-size SIZE",
    )
