"""What of a pool goes into a document: what was asked for, and not what Azure adds."""

from __future__ import annotations

import dataclasses

import pytest

from aigpu_contract import labels
from aigpu_contract.labels import Taint
from azext_aigpu.export.pool import OF_ONE_REGION, build_clone, write_comments
from azext_aigpu.spec import wire_fields
from tests.azext.export.documents import BODIES, exported

FULL = {
    "vmSize": "Standard_NC4as_T4_v3",
    "count": 1,
    "availabilityZones": ["1", "2"],
    "vnetSubnetID": "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/nodes",
    "nodeLabels": {"team": "vision", labels.PRICE_HOUR: "0.526"},
}


@pytest.mark.parametrize("name", BODIES)
def test_a_pool_of_ours_is_exported_as_it_was_asked_for(name: str) -> None:
    asked = BODIES[name]
    again = exported(asked).properties

    left_out = {"type", "osType", "orchestratorVersion", *(["count"] if asked.get("enableAutoScaling") else [])}
    for path, value in asked.items():
        if path not in left_out:
            assert _has(again.get(path), value) or value in (False, "Delete", "Regular"), path


def _has(made: object, asked: object) -> bool:
    if isinstance(asked, dict):
        return isinstance(made, dict) and all(_has(made.get(key), value) for key, value in asked.items())
    return asked in (made, "0")


def test_what_azure_adds_by_itself_is_left_out() -> None:
    again = exported({"vmSize": "Standard_NC4as_T4_v3", "count": 1}).properties

    assert {"enableFIPS", "enableUltraSSD", "workloadRuntime", "provisioningState", "powerState"}.isdisjoint(again)
    assert "orchestratorVersion" not in again


def test_the_number_of_nodes_is_the_autoscalers() -> None:
    scaled = exported(
        {"vmSize": "Standard_NC4as_T4_v3", "count": 3, "enableAutoScaling": True, "minCount": 0, "maxCount": 4}
    )

    assert scaled.spec.node_count is None
    assert (scaled.spec.min_count, scaled.spec.max_count) == (0, 4)


def test_labels_and_taints_of_aks_itself_are_left_out() -> None:
    spot = exported({"vmSize": "Standard_NC4as_T4_v3", "count": 1, "scaleSetPriority": "Spot"})

    assert not [key for key in spot.spec.labels if key.startswith("kubernetes.azure.com")]
    assert [str(taint) for taint in spot.spec.node_taints] == ["sku=gpu:NoSchedule"]


def test_what_makes_it_a_gpu_pool_is_added_and_told() -> None:
    bare = exported({"vmSize": "Standard_NC4as_T4_v3", "count": 1, "nodeTaints": ["team=a:NoSchedule"]})

    assert bare.spec.labels[labels.GPU_MODEL] == "t4"
    assert bare.spec.node_taints == (labels.DEFAULT_TAINT, Taint("team", "a", "NoSchedule"))
    assert any("aigpu.io/gpu-model=t4" in note for note in bare.notes)
    assert any("taint sku=gpu:NoSchedule" in note for note in bare.notes)


def test_a_least_driver_of_the_readers_own_settings_is_no_wish_of_the_pool() -> None:
    export = exported(FULL)

    assert labels.MIN_DRIVER not in export.spec.labels
    assert export.spec.limits.min_driver is None


class TestClone:
    def test_what_belongs_to_the_old_region_is_left_out_and_named(self) -> None:
        clone = build_clone(exported(FULL), "westeurope")

        assert clone.spec.zones is None
        assert clone.spec.vnet_subnet_id is None
        assert labels.PRICE_HOUR not in clone.spec.labels
        assert "Left out: zones, of eastus: 1 2." in clone.notes
        assert any("vnetSubnetId, of eastus: /subscriptions/0/" in note for note in clone.notes)

    def test_it_is_for_a_cluster_that_nobody_has_named(self) -> None:
        clone = build_clone(exported(FULL), "westeurope")

        assert (clone.cluster, clone.region) == (None, "westeurope")

    def test_everything_else_stays(self) -> None:
        export = exported(FULL)
        clone = build_clone(export, "westeurope")

        names = {item.name for item in dataclasses.fields(export.spec)} - {*OF_ONE_REGION, "labels"}
        assert all(getattr(clone.spec, name) == getattr(export.spec, name) for name in names)

    def test_every_field_that_names_a_resource_of_a_region_is_known(self) -> None:
        # Whatever is added to PoolSpec and holds an id has to be thought of here.
        ids = {name for name, _ in wire_fields() if name.endswith(("_id", "_ids"))}

        assert ids <= set(OF_ONE_REGION)


def test_a_tag_cannot_end_the_line_of_a_comment() -> None:
    (line, *rest) = write_comments(["Added: tags a=b\nresource x"], "#").splitlines()

    assert line.startswith("# Added")
    assert rest == []
