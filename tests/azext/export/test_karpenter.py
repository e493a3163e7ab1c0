"""The NodePool and the AKSNodeClass that are exported: one size, the contract's labels and taint, a bounded size."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import yaml

from aigpu_contract.expectation import parse_labels
from aigpu_contract.reading import Known
from azext_aigpu.export.karpenter import NoLimitError, build_node_class, build_node_pool, list_notes, write_karpenter
from azext_aigpu.spec import wire_fields
from azext_aigpu.specs.fields import spec_key
from tests.azext.export.documents import BODIES, exported

T4 = {"vmSize": "Standard_NC4as_T4_v3", "enableAutoScaling": True, "minCount": 0, "maxCount": 4, "count": 0}


def documents(**properties: Any) -> tuple[dict[str, Any], dict[str, Any], str]:
    text = write_karpenter(exported({**T4, **properties}))
    node_class, node_pool = yaml.safe_load_all(text)
    return node_class, node_pool, text


def requirements(node_pool: dict[str, Any]) -> dict[str, list[str]]:
    found = node_pool["spec"]["template"]["spec"]["requirements"]
    assert {one["operator"] for one in found} == {"In"}
    return {one["key"]: one["values"] for one in found}


def test_kinds_and_versions_are_those_of_the_provider() -> None:
    node_class, node_pool, _ = documents()

    assert (node_class["apiVersion"], node_class["kind"]) == ("karpenter.azure.com/v1beta1", "AKSNodeClass")
    assert (node_pool["apiVersion"], node_pool["kind"]) == ("karpenter.sh/v1", "NodePool")
    assert node_pool["spec"]["template"]["spec"]["nodeClassRef"] == {
        "group": "karpenter.azure.com",
        "kind": "AKSNodeClass",
        "name": node_class["metadata"]["name"],
    }


def test_its_nodes_carry_the_same_intent_and_the_same_taint() -> None:
    _, node_pool, _ = documents()

    intent = parse_labels(node_pool["spec"]["template"]["metadata"]["labels"])
    assert isinstance(intent, Known)
    assert (intent.value.sku, intent.value.gpu_model, intent.value.gpu_count) == (T4["vmSize"], "t4", 1)
    assert node_pool["spec"]["template"]["spec"]["taints"] == [{"key": "sku", "value": "gpu", "effect": "NoSchedule"}]


def test_no_other_size_can_come_of_it() -> None:
    _, node_pool, _ = documents()

    assert requirements(node_pool) == {
        "karpenter.azure.com/sku-name": ["Standard_NC4as_T4_v3"],
        "kubernetes.io/os": ["linux"],
        "kubernetes.io/arch": ["amd64"],
        "karpenter.sh/capacity-type": ["on-demand"],
    }


def test_it_cannot_grow_beyond_the_pool() -> None:
    _, node_pool, _ = documents(vmSize="Standard_NC64as_T4_v3")

    assert node_pool["spec"]["limits"] == {"nvidia.com/gpu": "16"}


def test_a_pool_of_no_nodes_has_a_limit_of_none_and_that_is_told() -> None:
    _, node_pool, text = documents(enableAutoScaling=False, minCount=None, maxCount=None, count=0)

    assert node_pool["spec"]["limits"] == {"nvidia.com/gpu": "0"}
    assert "# The pool has no nodes and may get none, so the limit is 0." in text


@pytest.mark.parametrize(
    ("field", "told"),
    [("max_count", "how many nodes pool 'gpu' may have"), ("node_vm_size", "how many GPUs a node of pool 'gpu' has")],
)
def test_a_limit_that_nobody_knows_is_neither_none_nor_left_out(field: str, told: str) -> None:
    export = exported(T4)
    unsaid: dict[str, Any] = {"gpu_count": None, field: None}
    unknown = dataclasses.replace(export.spec, **unsaid)

    with pytest.raises(NoLimitError, match=told):
        write_karpenter(dataclasses.replace(export, spec=unknown))


def test_spot_zones_and_disk_have_their_places() -> None:
    node_class, node_pool, _ = documents(scaleSetPriority="Spot", availabilityZones=["1", "3"], osDiskSizeGB=300)

    assert requirements(node_pool)["karpenter.sh/capacity-type"] == ["spot"]
    assert requirements(node_pool)["topology.kubernetes.io/zone"] == ["eastus-1", "eastus-3"]
    assert node_class["spec"]["osDiskSizeGB"] == 300


def test_that_no_driver_is_wanted_cannot_be_said_and_is_told() -> None:
    *_, text = documents(gpuProfile={"driver": "None"})

    assert "# Left out: gpuDriver: None;" in text


def test_a_least_number_of_nodes_is_told() -> None:
    *_, text = documents(minCount=2)

    assert "# Karpenter keeps no least number of nodes" in text


@pytest.mark.parametrize("most", [5, 400], ids=["too-few", "too-many"])
def test_a_number_of_pods_that_the_class_refuses_is_left_out_and_told(most: int) -> None:
    node_class, _, text = documents(maxPods=most)

    assert "maxPods" not in node_class["spec"]
    assert f"# Left out: maxPods: {most};" in text


@pytest.mark.parametrize("name", BODIES)
def test_no_field_is_lost_without_a_word(name: str) -> None:
    export = exported(BODIES[name])
    notes = list_notes(export)
    for field, _ in wire_fields():
        # What is implied by the kinds themselves, or told as a difference.
        if field in ("enable_cluster_autoscaler", "node_count", "min_count", "max_count", "mode", "gpu_driver"):
            continue
        value = getattr(export.spec, field)
        if value in (None, (), {}):
            continue
        other = dataclasses.replace(export, spec=dataclasses.replace(export.spec, **{field: type(value)()}))
        written = (build_node_class(export.spec), build_node_pool(export)) != (
            build_node_class(other.spec),
            build_node_pool(other),
        )
        assert written or any(f"Left out: {spec_key(field)}" in note for note in notes), field
