"""What differs between a spec and a pool that exists."""

from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.labels import Taint
from azext_aigpu import body
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.pool_changes import CHANGEABLE, build_changes, fill_for
from azext_aigpu.spec import PoolSpec, fill_defaults, wire_fields
from tests.azext.rules.given import A100, a_pool, a_spec

SPOT_LABEL = {"kubernetes.azure.com/scalesetpriority": "spot"}
SPOT_TAINT = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"


def made(spec: PoolSpec, **properties: Any) -> Pool:
    """Return the pool that AKS makes of `spec`, with these properties otherwise."""
    of_service = {"maxPods": 110, "nodeImageVersion": "x", "enableFIPS": False, "powerState": {"code": "Running"}}
    return a_pool(spec.name, **{**of_service, **body.build_properties(fill_defaults(spec)), **properties})


def changes(spec: PoolSpec, **properties: Any) -> dict[str, Any]:
    pool = made(spec, **properties)
    return build_changes(fill_for(spec, pool), pool)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="autoscaler"),
        pytest.param({"node_count": 2}, id="fixed"),
        pytest.param({"zones": ("1", "2"), "max_surge": "1", "labels": {"a": "b"}}, id="fields"),
        pytest.param({"node_taints": (Taint("a", "b", "NoExecute"),)}, id="taints"),
        pytest.param({"kubelet_config": {"cpuCfsQuota": True}}, id="kubelet"),
        pytest.param({"gpu_instance_profile": "MIG1g"}, id="mig"),
    ],
)
def test_what_was_made_of_a_spec_differs_in_nothing(fields: dict[str, Any]) -> None:
    assert changes(a_spec(**fields)) == {}


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"vmSize": A100.lower()}, id="case-of-size"),
        pytest.param({"count": 4}, id="nodes-of-the-autoscaler"),
        pytest.param({"nodeImageVersion": "y"}, id="image"),
        pytest.param({"upgradeSettings": {"maxSurge": "10%"}}, id="not-asked-for"),
    ],
)
def test_what_a_spec_does_not_ask_for_is_no_difference(properties: dict[str, Any]) -> None:
    assert changes(a_spec(), **properties) == {}


def test_labels_of_the_day_and_of_other_peoples_settings_stay() -> None:
    spec = a_spec()
    labels = {**body.build_labels(spec), "aigpu.io/price-hour": "9", "aigpu.io/min-driver": "570.1"}

    assert changes(spec, nodeLabels=labels) == {}


def test_what_aks_writes_on_a_spot_pool_stays() -> None:
    spec = a_spec(priority="Spot")
    labels = {**body.build_labels(spec), **SPOT_LABEL}

    assert changes(spec, nodeLabels=labels, nodeTaints=[SPOT_TAINT, "sku=gpu:NoSchedule"]) == {}


def test_what_a_spec_does_not_name_of_labels_taints_and_tags_is_taken_away() -> None:
    spec = a_spec()
    labels = body.build_labels(spec)

    found = changes(
        spec,
        nodeLabels={**labels, "team": "x", **SPOT_LABEL},
        nodeTaints=["sku=gpu:NoSchedule", "a=b:NoSchedule"],
        tags={"aigpu-spec": "train", "owner": "ada"},
    )

    assert found == {
        "nodeLabels": {**labels, **SPOT_LABEL},
        "nodeTaints": ["sku=gpu:NoSchedule"],
        "tags": {"aigpu-spec": "train"},
    }


def test_the_order_of_taints_is_no_difference() -> None:
    spec = a_spec(node_taints=(Taint("a", "b", "NoSchedule"),))

    assert changes(spec, nodeTaints=["a=b:NoSchedule", "sku=gpu:NoSchedule"]) == {}


def test_a_waiver_is_a_tag_that_is_missing() -> None:
    assert changes(a_spec(waivers={"driver-profile": "why"}), tags={"aigpu-spec": "train"}) == {
        "tags": {"aigpu-spec": "train", "aigpu-waive-driver-profile": "why"}
    }


def test_a_number_of_nodes_alone_switches_the_autoscaler_off() -> None:
    scaled = {"enableAutoScaling": True, "minCount": 0, "maxCount": 5, "count": 1}

    assert changes(a_spec(node_count=2), **scaled) == {
        "count": 2,
        "enableAutoScaling": False,
        "minCount": None,
        "maxCount": None,
    }


def test_one_zone_less_is_a_difference() -> None:
    assert changes(a_spec(zones=("1",)), availabilityZones=["1", "2"]) == {"availabilityZones": ["1"]}


def test_the_os_disk_of_a_pool_that_exists_is_no_default() -> None:
    pool = a_pool(osDiskSizeGB=128)

    assert fill_for(PoolSpec(None, "rg", "aks", "train", a_spec().limits), pool).node_osdisk_size == 128


def test_only_properties_of_a_pool_are_changeable() -> None:
    assert {path for _, path in wire_fields()} >= CHANGEABLE
    assert not CHANGEABLE & {"vmSize", "osDiskSizeGB", "availabilityZones", "scaleSetPriority", "gpuInstanceProfile"}
