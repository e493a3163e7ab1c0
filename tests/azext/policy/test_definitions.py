"""Each definition on allowed and denied resources, by the policy language's own rules."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable

import pytest

from aigpu_contract import skus
from azext_aigpu.policy.definitions import (
    EFFECTS,
    MACHINE_RETIRED,
    MACHINE_SIZES,
    MACHINE_TAG,
    NAMES,
    POOL_SIZES,
    build_definitions,
)
from testbeds.local_azure.policy_language import PolicyError, Resource
from tests.azext.policy.evaluator import DEFINITIONS, TODAY, cluster, effect, machine, pool, scale_set

V100 = "Standard_NC6s_v3"
A100 = "Standard_NC24ads_A100_v4"
CPU = "Standard_D16s_v5"
MI300X = "Standard_ND96isr_MI300X_v5"
FPGA = "Standard_NP10s"
NEW = "Standard_NC999_B999_v9"

SIZES = [
    pytest.param(A100, None, id="gpu-in-service"),
    pytest.param(A100.upper(), None, id="gpu-in-capitals"),
    pytest.param("Standard_ND96isr_H100_v5", None, id="h100"),
    pytest.param(V100, "Audit", id="founding-retired"),
    pytest.param(MI300X, "Audit", id="amd"),
    pytest.param(FPGA, "Audit", id="fpga"),
    pytest.param(NEW, "Audit", id="gpu-that-no-list-has"),
    pytest.param(CPU, None, id="founding-cpu"),
]


class TestPoolSizes:
    @pytest.mark.parametrize(("size", "expected"), SIZES)
    def test_an_agent_pool_is_judged_by_its_size(self, size: str, expected: str | None) -> None:
        assert effect(POOL_SIZES, pool(size)) == expected

    @pytest.mark.parametrize(("size", "expected"), SIZES)
    def test_a_profile_inside_a_cluster_is_judged_the_same(self, size: str, expected: str | None) -> None:
        assert effect(POOL_SIZES, cluster("Standard_D4s_v5", size)) == expected

    def test_a_pool_without_a_size_passes_unless_its_name_says_gpu(self) -> None:
        assert effect(POOL_SIZES, pool(None)) is None
        assert effect(POOL_SIZES, pool(None), gpuPoolNames=["gpu*"]) == "Audit"

    @pytest.mark.parametrize(
        ("name", "size", "expected"),
        [
            pytest.param("gpupool", CPU, "Deny", id="founding-typo"),
            pytest.param("GPUpool", CPU, "Deny", id="any-case"),
            pytest.param("gpupool", A100, None, id="gpu"),
            pytest.param("gpupool", V100, "Deny", id="retired"),
            pytest.param("web", CPU, None, id="another-name"),
        ],
    )
    def test_a_name_that_is_kept_for_gpus_wants_a_gpu_size(self, name: str, size: str, expected: str | None) -> None:
        assert effect(POOL_SIZES, pool(size, name), effect="Deny", gpuPoolNames=["train*", "gpu*"]) == expected

    def test_an_allowed_list_of_ones_own_counts_alone(self) -> None:
        assert effect(POOL_SIZES, pool(A100), allowedSizes=["Standard_NC4as_T4_v3"]) == "Audit"
        assert effect(POOL_SIZES, pool(V100), allowedSizes=[V100.lower()]) is None

    def test_machines_are_none_of_its_business(self) -> None:
        assert effect(POOL_SIZES, machine(V100)) is None


@pytest.mark.parametrize("build", [machine, scale_set], ids=["vm", "scale-set"])
class TestMachines:
    @pytest.mark.parametrize(("size", "expected"), SIZES)
    def test_a_gpu_size_outside_the_list_is_found(
        self, build: Callable[..., Resource], size: str, expected: str | None
    ) -> None:
        assert effect(MACHINE_SIZES, build(size)) == expected

    @pytest.mark.parametrize(
        ("size", "expected"),
        [
            pytest.param(V100, "Audit", id="retired"),
            pytest.param(A100, None, id="on-offer"),
            pytest.param(CPU, None, id="cpu"),
        ],
    )
    def test_a_retired_size_is_found(self, build: Callable[..., Resource], size: str, expected: str | None) -> None:
        assert effect(MACHINE_RETIRED, build(size)) == expected

    @pytest.mark.parametrize(
        ("tags", "expected"),
        [
            pytest.param({}, "Deny", id="none"),
            pytest.param({"cost-center": ""}, "Deny", id="empty"),
            pytest.param({"owner": "ml"}, "Deny", id="another"),
            pytest.param({"Cost-Center": "ml"}, None, id="there-in-another-case"),
        ],
    )
    def test_a_gpu_machine_wants_the_tag(
        self, build: Callable[..., Resource], tags: dict[str, str], expected: str | None
    ) -> None:
        assert effect(MACHINE_TAG, build(A100, tags), effect="Deny", tagName="cost-center") == expected
        assert effect(MACHINE_TAG, build(CPU, tags), effect="Deny", tagName="cost-center") is None


def test_mode_indexed_does_not_see_agent_pools_and_all_does() -> None:
    modes = {name: one.mode for name, one in DEFINITIONS.items()}

    assert modes == {POOL_SIZES: "All", MACHINE_SIZES: "Indexed", MACHINE_RETIRED: "Indexed", MACHINE_TAG: "Indexed"}


def test_every_definition_keeps_to_azures_limits() -> None:
    for one in DEFINITIONS.values():
        assert len(one.display_name) <= 128
        assert len(one.description) <= 512
        assert len(one.parameters) < 20
        assert len(json.dumps(one.properties())) < 1_048_576
    assert tuple(DEFINITIONS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_effect_is_audit_unless_told_otherwise(name: str) -> None:
    assert DEFINITIONS[name].properties()["parameters"]["effect"]["defaultValue"] == "Audit"
    assert DEFINITIONS[name].properties()["parameters"]["effect"]["allowedValues"] == list(EFFECTS)


def test_every_size_of_the_catalogue_is_taken_for_an_accelerator() -> None:
    for sku in skus.all_skus():
        assert effect(POOL_SIZES, pool(sku.size), allowedSizes=[]) == "Audit", sku.size


def test_a_size_that_retires_moves_from_one_list_to_the_other() -> None:
    size = "Standard_NV12s_v3"
    before = {one.name: one for one in build_definitions(datetime.date(2026, 9, 29))}

    assert effect(before[POOL_SIZES], pool(size)) is None
    assert effect(before[MACHINE_RETIRED], machine(size)) is None
    assert effect(POOL_SIZES, pool(size)) == "Audit"
    assert effect(MACHINE_RETIRED, machine(size)) == "Audit"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        pytest.param(
            {"field": "tags[current('tag')]", "exists": "false"}, "not supported in the 'field' accessor", id="current"
        ),
        pytest.param({"field": "Microsoft.Made/up", "equals": "x"}, "no alias", id="alias"),
        pytest.param({"field": "name", "similar": "x"}, "operator similar", id="operator"),
        pytest.param({"field": "name", "like": "*x*"}, "one \\*", id="two-stars"),
        pytest.param({"value": "x", "equals": "x"}, "is not known", id="condition"),
    ],
)
def test_what_the_evaluator_does_not_know_is_an_error_and_no_pass(rule: dict[str, str], told: str) -> None:
    from testbeds.local_azure.policy_language import evaluate

    definition = {"mode": "All", "policyRule": {"if": rule, "then": {"effect": "Deny"}}}
    with pytest.raises(PolicyError, match=told):
        evaluate(definition, {}, pool(A100))


def test_the_day_of_these_tests_is_after_the_founding_size_retired() -> None:
    sku = skus.lookup(V100)
    assert sku is not None
    assert sku.is_retired(TODAY)
