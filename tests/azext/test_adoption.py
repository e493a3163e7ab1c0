"""Intent for a pool that another tool owns comes from the user; the pool is held against it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigpu_contract import labels
from azext_aigpu.adoption import (
    Intent,
    build_adopted,
    build_configmap,
    build_contract,
    build_lines,
    declares_itself,
    list_contradictions,
    review_adopted,
)
from azext_aigpu.spec import PoolSpec
from node_agent.daemon.intent import parse_adopted
from tests.azext.rules.given import A100, CPU, MADE_UP, a_spec

ONE_A100 = Intent("a100", 1)


def contract_of(spec: PoolSpec, intent: Intent = ONE_A100) -> dict[str, str]:
    return build_contract(build_adopted(spec, intent))


def contradictions(spec: PoolSpec, intent: Intent) -> list[str]:
    return list(list_contradictions(spec, intent, contract_of(spec, intent)))


@pytest.mark.parametrize(
    ("intent", "fields", "rule"),
    [
        (ONE_A100, {"node_vm_size": CPU}, "sku-is-cuda-gpu"),
        (Intent(size=CPU), {"node_vm_size": CPU}, "sku-is-cuda-gpu"),
        (ONE_A100, {"node_vm_size": "Standard_NV4as_v4"}, "sku-is-cuda-gpu"),
        (Intent("h100", 1), {}, "sku-matches-intent"),
        (Intent("a100", 8), {}, "sku-matches-intent"),
        (Intent(size=MADE_UP), {"node_vm_size": MADE_UP}, "sku-known"),
        (ONE_A100, {"labels": {"gpu-type": "amd"}}, "contract-labels"),
        (ONE_A100, {"labels": {"aigpu.io/gpu-count": "4"}}, "contract-labels"),
    ],
    ids=["cpu", "cpu-that-is-meant", "amd", "model", "count", "unknown", "amd-label", "count-label"],
)
def test_a_pool_that_cannot_be_what_is_said_is_refused(intent: Intent, fields: dict[str, Any], rule: str) -> None:
    stops = review_adopted(build_adopted(a_spec(**fields), intent))

    assert rule in [finding.id for finding in stops]


@pytest.mark.parametrize("mode", ["User", "System"])
def test_how_it_is_built_otherwise_is_its_owners_business(mode: str) -> None:
    spec = a_spec(mode=mode, node_osdisk_size=30, gpu_driver="None", node_taints=())

    assert review_adopted(build_adopted(spec, ONE_A100)) == ()


def test_another_size_than_the_one_that_is_expected_is_told() -> None:
    (text,) = contradictions(a_spec(), Intent(size="Standard_NC48ads_A100_v4"))

    assert f"its size is {A100}, and --expect-size says Standard_NC48ads_A100_v4" in text


def test_names_of_sizes_are_alike_in_any_case() -> None:
    assert contradictions(a_spec(), Intent(size=A100.lower())) == []


def test_its_own_label_that_says_something_else_is_told() -> None:
    (text,) = contradictions(a_spec(labels={labels.SKU: "Standard_NC6s_v3"}), ONE_A100)

    assert labels.SKU in text
    assert "Standard_NC6s_v3" in text


def test_the_agent_reads_what_is_written() -> None:
    contract = contract_of(a_spec())
    document = build_configmap("train", contract)

    assert (document["metadata"]["namespace"], document["metadata"]["name"]) == ("aigpu-system", "aigpu-intent")
    assert list(document["data"]) == ["train"]
    read = parse_adopted(document["data"]["train"], "here")
    assert read.value == contract == json.loads(document["data"]["train"])  # type: ignore[union-attr]
    assert contract[labels.GPU_COUNT] == "1"
    assert contract[labels.SKU] == A100


def test_without_a_number_of_gpus_there_is_nothing_to_write() -> None:
    assert contract_of(a_spec(node_vm_size=MADE_UP), Intent(size=MADE_UP)) == {}


@pytest.mark.parametrize(
    ("own", "declared"),
    [({}, False), ({"team": "vision"}, False), ({labels.GPU_MODEL: "a100"}, True)],
    ids=["none", "others", "ours"],
)
def test_a_pool_with_labels_of_ours_declares_itself(own: dict[str, str], declared: bool) -> None:
    assert declares_itself(a_spec(labels=own)) is declared


class TestLines:
    def test_what_the_pool_has_already_is_among_them(self) -> None:
        spec = a_spec(labels={"team": "vision"}, node_taints=(labels.parse_taint("team=a:NoSchedule"),))
        lines = build_lines(build_adopted(spec, ONE_A100), contract_of(spec))

        assert lines.labels == {"team": "vision", **contract_of(spec)}
        assert lines.taints == ["sku=gpu:NoSchedule", "team=a:NoSchedule"]

    def test_what_aks_writes_itself_is_not(self) -> None:
        own = {"kubernetes.azure.com/scalesetpriority": "spot"}
        taint = labels.parse_taint("kubernetes.azure.com/scalesetpriority=spot:NoSchedule")
        spec = a_spec(priority="Spot", labels=own, node_taints=(taint,))
        lines = build_lines(build_adopted(spec, ONE_A100), contract_of(spec))

        assert not own.keys() & lines.labels.keys()
        assert lines.taints == ["sku=gpu:NoSchedule"]

    def test_a_system_pool_gets_no_taint_that_aks_refuses(self) -> None:
        spec = a_spec(mode="System")

        assert build_lines(build_adopted(spec, ONE_A100), contract_of(spec)).taints == []
