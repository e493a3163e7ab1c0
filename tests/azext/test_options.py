from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract import labels, skus
from aigpu_contract.labels import Taint
from azext_aigpu import options
from azext_aigpu.body import build_given
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.options import SWITCHES, UPDATED_FIELDS, build_changes, build_spec, resolve_size
from azext_aigpu.spec import Limits, PoolSpec, wire_fields
from azext_aigpu.usage import UsageError

TODAY = datetime.date(2026, 11, 24)
LIMITS = Limits(today=TODAY, max_hourly_cost=Decimal(10))
A100 = "Standard_NC24ads_A100_v4"

SAMPLES: dict[str, Any] = {
    "node_vm_size": A100,
    "vm_set_type": "VirtualMachineScaleSets",
    "mode": "User",
    "os_type": "Linux",
    "os_sku": "Ubuntu2404",
    "kubernetes_version": "1.34",
    "node_count": 0,
    "enable_cluster_autoscaler": True,
    "min_count": 0,
    "max_count": 3,
    "scale_down_mode": "Deallocate",
    "priority": "Spot",
    "eviction_policy": "Delete",
    "spot_max_price": -1.0,
    "labels": {"team": "vision"},
    "node_taints": (Taint("team", "vision", "NoSchedule"),),
    "tags": {"cost-center": "42"},
    "node_osdisk_size": 512,
    "node_osdisk_type": "Ephemeral",
    "max_pods": 60,
    "zones": ("1", "3"),
    "gpu_driver": "None",
    "gpu_instance_profile": "MIG3g",
    "crg_id": "/crg",
    "ppg": "/ppg",
    "host_group_id": "/hostgroup",
    "snapshot_id": "/snapshot",
    "vnet_subnet_id": "/subnet",
    "pod_subnet_id": "/podsubnet",
    "pod_ip_allocation_mode": "StaticBlock",
    "enable_node_public_ip": True,
    "node_public_ip_prefix_id": "/prefix",
    "node_public_ip_tags": ({"ipTagType": "RoutingPreference", "tag": "Internet"},),
    "allowed_host_ports": ({"portStart": 80, "portEnd": 80, "protocol": "TCP"},),
    "asg_ids": ("/asg",),
    "managed_dranet": "Managed",
    "max_surge": "33%",
    "max_unavailable": "1",
    "drain_timeout": 120,
    "node_soak_duration": 5,
    "undrainable_node_behavior": "Cordon",
    "enable_encryption_at_host": True,
    "enable_ultra_ssd": True,
    "enable_fips_image": True,
    "enable_vtpm": True,
    "enable_secure_boot": True,
    "enable_artifact_streaming": True,
    "kubelet_config": {"cpuManagerPolicy": "static"},
    "linux_os_config": {"swapFileSizeMB": 1500},
    "localdns_config": {"mode": "Required"},
    "message_of_the_day": "aGVsbG8=",
    "workload_runtime": "KataVmIsolation",
}
"""A value for every field of `PoolSpec` that goes on the wire, as the validators leave it."""


def build(**given: Any) -> PoolSpec:
    return build_spec(given, "rg-train", "aks-train", "gpu", "SUB", LIMITS)


def pool(**properties: Any) -> Pool:
    return Pool("/id", "gpu", "etag", {"vmSize": A100, "count": 2, **properties})


# --- add -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", [name for name, _ in wire_fields()])
def test_every_option_of_add_reaches_the_field_with_its_name(field: str) -> None:
    given = {"enable_managed_dranet": True} if field == "managed_dranet" else {field: SAMPLES[field]}

    assert getattr(build(**given), field) == SAMPLES[field]


def test_what_was_not_given_is_not_in_the_request() -> None:
    flags = {name: False for name in SAMPLES if name.startswith("enable_")}
    silent = dict.fromkeys(SAMPLES, None) | flags

    properties = build_given(build(**silent))

    assert set(properties) == {
        "type",
        "mode",
        "osType",
        "osDiskSizeGB",
        "count",
        "enableAutoScaling",
        "minCount",
        "maxCount",
    }


@pytest.mark.parametrize(
    ("given", "nodes"),
    [
        pytest.param({}, (True, 0, 5, 0), id="nothing-is-0-to-5"),
        pytest.param({"node_count": 2}, (None, None, None, 2), id="a-count-is-a-fixed-size"),
        pytest.param({"node_count": 0}, (None, None, None, 0), id="zero-is-a-count"),
        pytest.param({"enable_cluster_autoscaler": True}, (True, 0, 5, 0), id="autoscaler"),
        pytest.param({"max_count": 2}, (True, 0, 2, 0), id="one-bound"),
        pytest.param({"min_count": 1, "node_count": 3}, (True, 1, 5, 3), id="bound-and-count"),
    ],
)
def test_counts_and_bounds(given: dict[str, Any], nodes: tuple[Any, ...]) -> None:
    spec = build(**given)

    assert (spec.enable_cluster_autoscaler, spec.min_count, spec.max_count, spec.node_count) == nodes


def test_what_is_not_on_the_wire_is_kept_too() -> None:
    spec = build(gpu_model="a100", gpu_count=1, waive={"fractional-gpu": "on purpose"})

    assert (spec.gpu_model, spec.gpu_count) == ("a100", 1)
    assert spec.waivers == {"fractional-gpu": "on purpose"}
    assert (spec.resource_group, spec.cluster_name, spec.name, spec.subscription) == (
        "rg-train",
        "aks-train",
        "gpu",
        "SUB",
    )
    assert spec.limits is LIMITS


# --- update ----------------------------------------------------------------------------------------------------------


def test_nothing_given_changes_nothing() -> None:
    names = ["min_count", "max_count", "labels", "node_taints", "tags", "waive", *UPDATED_FIELDS]
    flags = [f"{verb}_{switch}" for verb in ("enable", "disable") for switch in SWITCHES]

    assert build_changes(dict.fromkeys(names) | dict.fromkeys(flags, False), pool(), LIMITS) == {}


@pytest.mark.parametrize("field", UPDATED_FIELDS)
def test_every_option_of_update_reaches_its_place_on_the_wire(field: str) -> None:
    value = SAMPLES[field]

    changes = build_changes({field: value}, pool(), LIMITS)

    assert changes == {dict(wire_fields())[field]: list(value) if isinstance(value, tuple) else value}


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize(("verb", "value"), [("enable", True), ("disable", False)])
def test_a_switch_is_set_either_way(switch: str, verb: str, value: bool) -> None:
    assert build_changes({f"{verb}_{switch}": True}, pool(), LIMITS) == {SWITCHES[switch]: value}


def test_a_switch_has_the_place_that_add_gives_it() -> None:
    paths = dict(wire_fields())

    assert {f"enable_{switch}": path for switch, path in SWITCHES.items()}.items() <= paths.items()


def test_managed_dranet_can_only_be_switched_on() -> None:
    changes = build_changes({"enable_managed_dranet": True}, pool(), LIMITS)

    assert changes == {"networkProfile.dranet.mode": "Managed"}


@pytest.mark.parametrize(
    ("given", "properties", "changes"),
    [
        pytest.param(
            {"enable_cluster_autoscaler": True, "min_count": 0, "max_count": 3},
            {},
            {"enableAutoScaling": True, "minCount": 0, "maxCount": 3},
            id="on",
        ),
        pytest.param(
            {"update_cluster_autoscaler": True, "max_count": 8},
            {"enableAutoScaling": True, "minCount": 1, "maxCount": 3},
            {"enableAutoScaling": True, "maxCount": 8},
            id="one-bound-keeps-the-other",
        ),
        pytest.param(
            {"disable_cluster_autoscaler": True},
            {"enableAutoScaling": True, "minCount": 1, "maxCount": 3},
            {"enableAutoScaling": False, "minCount": None, "maxCount": None},
            id="off-takes-the-bounds-away",
        ),
    ],
)
def test_the_autoscaler(given: dict[str, Any], properties: dict[str, Any], changes: dict[str, Any]) -> None:
    assert build_changes(given, pool(**properties), LIMITS) == changes


@pytest.mark.parametrize(
    ("given", "scales", "problem"),
    [
        pytest.param({"min_count": 1}, True, "nothing says to switch it on", id="bound-alone"),
        pytest.param({"max_count": 0}, False, "nothing says to switch it on", id="bound-of-zero-alone"),
        pytest.param(
            {"enable_cluster_autoscaler": True, "min_count": 1}, False, "without both bounds", id="on-one-bound"
        ),
        pytest.param({"update_cluster_autoscaler": True, "min_count": 1}, False, "is off", id="update-while-off"),
        pytest.param({"update_cluster_autoscaler": True}, True, "without a bound", id="update-nothing"),
        pytest.param({"disable_cluster_autoscaler": True, "max_count": 2}, True, "nothing says", id="off-with-bound"),
    ],
)
def test_bounds_that_contradict_the_autoscaler(given: dict[str, Any], scales: bool, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        build_changes(given, pool(enableAutoScaling=scales), LIMITS)


MADE = pool(
    nodeLabels={**labels.FIXED_LABELS, labels.SKU: A100, labels.GPU_COUNT: "1", "team": "vision"},
    nodeTaints=["sku=gpu:NoSchedule", "team=vision:NoSchedule"],
    tags={labels.SPEC_TAG: "gpu", "aigpu-waive-fractional-gpu": "on purpose", "owner": "ada"},
)


def test_given_labels_replace_the_users_own_and_keep_the_contract() -> None:
    changes = build_changes({"labels": {"tier": "prod"}}, MADE, LIMITS)

    assert changes == {
        "nodeLabels": {**labels.FIXED_LABELS, labels.SKU: A100, labels.GPU_COUNT: "1", "tier": "prod"},
    }


def test_given_taints_replace_the_users_own_and_keep_the_contracts() -> None:
    changes = build_changes({"node_taints": (Taint("tier", "prod", "NoExecute"),)}, MADE, LIMITS)

    assert changes == {"nodeTaints": ["sku=gpu:NoSchedule", "tier=prod:NoExecute"]}


def test_given_tags_replace_the_users_own_and_keep_the_contract() -> None:
    changes = build_changes({"tags": {"owner": "bob"}}, MADE, LIMITS)

    assert changes == {
        "tags": {labels.SPEC_TAG: "gpu", "aigpu-waive-fractional-gpu": "on purpose", "owner": "bob"},
    }


@pytest.mark.parametrize(
    ("given", "path", "left"),
    [
        pytest.param({"labels": {}}, "nodeLabels", {*labels.FIXED_LABELS, labels.SKU, labels.GPU_COUNT}, id="labels"),
        pytest.param({"node_taints": ()}, "nodeTaints", {"sku=gpu:NoSchedule"}, id="taints"),
        pytest.param({"tags": {}}, "tags", {labels.SPEC_TAG, "aigpu-waive-fractional-gpu"}, id="tags"),
    ],
)
def test_an_empty_list_takes_away_the_users_own_and_only_those(given: Any, path: str, left: set[str]) -> None:
    assert set(build_changes(given, MADE, LIMITS)[path]) == left


def test_a_waiver_alone_adds_its_tag_and_keeps_all_others() -> None:
    changes = build_changes({"waive": {"hourly-cost": "agreed with finance"}}, MADE, LIMITS)

    assert changes == {"tags": {**MADE.tags, "aigpu-waive-hourly-cost": "agreed with finance"}}


# --- size ------------------------------------------------------------------------------------------------------------


def test_a_named_size_is_taken_as_it_is() -> None:
    assert resolve_size({"node_vm_size": "Standard_D16s_v5", "gpu_model": "a100"}, TODAY) == "Standard_D16s_v5"


def test_a_size_is_found_by_its_gpus_when_only_one_has_them() -> None:
    assert resolve_size({"gpu_model": "a100", "gpu_count": 1}, TODAY) == A100


def test_several_sizes_are_listed_with_what_they_have_and_cost() -> None:
    with pytest.raises(UsageError, match="which one is meant") as caught:
        resolve_size({"gpu_model": "t4", "gpu_count": 1}, TODAY)

    for sku in skus.sizes_with("t4", 1, TODAY):
        assert f"--node-vm-size {sku.size} " in caught.value.recommendation
    assert "/h in eastus" in caught.value.recommendation


def test_a_long_list_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "FOUND_SIZES", 2)

    with pytest.raises(UsageError) as caught:
        resolve_size({"gpu_model": "t4"}, TODAY)

    assert caught.value.recommendation.count("--node-vm-size") == 2
    assert "more: az aigpu sku list --gpu-model t4" in caught.value.recommendation


@pytest.mark.parametrize(
    ("given", "problem", "step"),
    [
        pytest.param({}, "No VM size was given", "--gpu-model a100", id="nothing"),
        pytest.param({"gpu_count": 1}, "No VM size was given", "--gpu-model a100", id="a-count-alone"),
        pytest.param({"gpu_model": "a100", "gpu_count": 3}, "has 3 a100 GPUs", "(1, 2, 4, 8)", id="no-such-count"),
        pytest.param({"gpu_model": "b9000"}, "model 'b9000'", "a100-80gb", id="no-such-model"),
        pytest.param({"gpu_model": "k80", "gpu_count": 1}, "model 'k80'", "--node-vm-size", id="retired-model"),
    ],
)
def test_a_size_that_cannot_be_found_says_what_to_give(given: dict[str, Any], problem: str, step: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_size(given, TODAY)

    assert problem in caught.value.message
    assert step in caught.value.recommendation
