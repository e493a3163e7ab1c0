"""Between spec and wire: nothing is lost, nothing is invented, and the contract is always written."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract import labels
from aigpu_contract.expectation import Expectation, parse_labels
from aigpu_contract.labels import DEFAULT_TAINT, Taint
from aigpu_contract.reading import Known
from azext_aigpu import body
from azext_aigpu.spec import Limits, PoolSpec, wire_fields
from tests.azext.rules.given import A100, CPU, MADE_UP, TODAY, a_spec

TEXTS = st.text("abcxyz0123", min_size=1, max_size=5)
MAPS = st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=2)
LISTS = st.lists(TEXTS, min_size=1, max_size=2).map(tuple)
OBJECTS = st.lists(MAPS, min_size=1, max_size=2).map(tuple)
BY_TYPE = {
    "str | None": TEXTS,
    "int | None": st.integers(0, 100),
    "bool | None": st.booleans(),
    "float | None": st.sampled_from([-1.0, 0.5]),
    "Mapping[str, str]": MAPS,
    "Mapping[str, Any] | None": MAPS,
    "tuple[str, ...] | None": LISTS,
    "tuple[Taint, ...]": st.just((Taint("a", "b", "NoSchedule"), DEFAULT_TAINT)),
    "tuple[Mapping[str, str], ...] | None": OBJECTS,
    "tuple[Mapping[str, Any], ...] | None": OBJECTS,
}
WIRE_TYPES = {field.name: str(field.type) for field in dataclasses.fields(PoolSpec)}
every_field = st.fixed_dictionaries({}, optional={name: BY_TYPE[WIRE_TYPES[name]] for name, _ in wire_fields()})


def read(properties: dict[str, Any]) -> PoolSpec:
    # Through text and back, as it travels.
    return body.read_spec(json.loads(json.dumps(properties)), "rg", "aks", "train", Limits(today=TODAY))


@given(every_field)
def test_a_spec_survives_the_wire(fields: dict[str, Any]) -> None:
    spec = PoolSpec(None, "rg", "aks", "train", Limits(today=TODAY), **fields)
    again = read(body.build_given(spec))
    assert {name: getattr(again, name) for name, _ in wire_fields()} == {
        name: getattr(spec, name) for name, _ in wire_fields()
    }


@given(every_field)
def test_only_what_was_asked_for_is_sent(fields: dict[str, Any]) -> None:
    spec = PoolSpec(None, "rg", "aks", "train", Limits(today=TODAY), **fields)
    properties = body.build_given(spec)
    always = {"vm_set_type", "mode", "os_type"}
    for name, path in wire_fields():
        assert (body.get(properties, path) is not None) == (name in fields or name in always)


@given(every_field)
def test_the_contract_is_written_whatever_was_asked_for(fields: dict[str, Any]) -> None:
    spec = PoolSpec(None, "rg", "aks", "train", Limits(today=TODAY), **{**fields, "node_vm_size": A100})
    properties = body.build_properties(spec)
    reading = parse_labels(properties["nodeLabels"])
    assert isinstance(reading, Known)
    assert (reading.value.sku, reading.value.gpu_model, reading.value.gpu_count) == (A100, "a100-80gb", 1)
    assert properties["nodeTaints"][0] == "sku=gpu:NoSchedule"
    assert properties["tags"][labels.SPEC_TAG] == "train"


def test_the_users_own_labels_taints_and_tags_are_kept() -> None:
    properties = body.build_properties(
        a_spec(labels={"team": "x"}, node_taints=(Taint("team", "x", "NoExecute"),), tags={"cost-center": "42"})
    )
    assert properties["nodeLabels"]["team"] == "x"
    assert properties["nodeTaints"] == ["sku=gpu:NoSchedule", "team=x:NoExecute"]
    assert properties["tags"] == {"cost-center": "42", "aigpu-spec": "train"}


def test_a_waiver_becomes_a_tag_and_is_read_back() -> None:
    spec = a_spec(waivers={"fractional-gpu": "a demo"})
    properties = body.build_properties(spec)
    assert properties["tags"]["aigpu-waive-fractional-gpu"] == "a demo"
    assert read(properties).waivers == spec.waivers


@pytest.mark.parametrize(
    ("fields", "resource", "count", "profile"),
    [
        ({}, "nvidia.com/gpu", 1, None),
        ({"gpu_instance_profile": "MIG1g"}, None, None, "MIG1g"),
        (
            {
                "gpu_instance_profile": "MIG1g",
                "labels": {"aigpu.io/resource": "mig-1g.10gb", "aigpu.io/resource-count": "7"},
            },
            "nvidia.com/mig-1g.10gb",
            7,
            "MIG1g",
        ),
        ({"managed_dranet": "Managed", "labels": {"aigpu.io/resource": "none"}}, "none", None, None),
    ],
    ids=["usual", "MIG, undeclared", "MIG, declared", "DRA"],
)
def test_the_resource_is_declared_where_it_is_known(
    fields: dict[str, Any], resource: str | None, count: int | None, profile: str | None
) -> None:
    assert parse_labels(body.build_labels(a_spec(**fields))) == Known(
        Expectation(A100, "a100-80gb", 1, resource, count, mig_profile=profile)
    )


@pytest.mark.parametrize(
    ("price", "label"),
    [(Decimal("3.6730"), "3.673"), (Decimal(48), "48"), (Decimal("100.0"), "100"), (None, None)],
    ids=str,
)
def test_the_price_is_written_as_a_plain_number(price: Decimal | None, label: str | None) -> None:
    assert body.build_labels(a_spec(), price).get(labels.PRICE_HOUR) == label


def test_the_setting_min_driver_is_written() -> None:
    assert body.build_labels(a_spec(limits={"min_driver": "580.95.05"}))[labels.MIN_DRIVER] == "580.95.05"


@pytest.mark.parametrize(
    "fields",
    [{"node_vm_size": None}, {"node_vm_size": CPU}, {"node_vm_size": MADE_UP}],
    ids=["no size", "a CPU size", "an unknown size"],
)
def test_no_intent_is_invented(fields: dict[str, Any]) -> None:
    assert body.build_expectation(a_spec(**fields)) is None


def test_a_size_is_written_as_the_catalogue_writes_it() -> None:
    assert body.build_labels(a_spec(node_vm_size=A100.lower()))[labels.SKU] == A100


def test_words_about_a_new_size_become_its_intent() -> None:
    expectation = body.build_expectation(a_spec(node_vm_size=MADE_UP, gpu_model="h200", gpu_count=8))
    assert expectation == Expectation(MADE_UP, "h200", 8, "nvidia.com/gpu", 8)


def test_the_declared_intent_of_an_existing_pool_is_read() -> None:
    spec = read({"vmSize": MADE_UP, "nodeLabels": {"aigpu.io/gpu-model": "h200", "aigpu.io/gpu-count": "8"}})
    assert (spec.gpu_model, spec.gpu_count) == ("h200", 8)


def test_a_pool_without_intent_has_none() -> None:
    spec = read({"vmSize": A100, "nodeLabels": {"aigpu.io/gpu-count": "many"}})
    assert (spec.gpu_model, spec.gpu_count) == (None, None)


def test_a_taint_that_is_none_is_said() -> None:
    with pytest.raises(ValueError, match="key=value:Effect"):
        read({"nodeTaints": ["nonsense"]})


@pytest.mark.parametrize("properties", [{}, {"gpuProfile": None}, {"gpuProfile": {}}, {"tags": None}], ids=str)
def test_what_a_pool_does_not_have_is_not_read(properties: dict[str, Any]) -> None:
    spec = read(properties)
    assert spec.gpu_driver is None
    assert spec.tags == {}
