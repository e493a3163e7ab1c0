from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_aigpu.cluster.node_facts import parse_node
from tests.azext.cluster.given import A100, CPU, DRIVER, IMAGE, ago, facts, node, proof, proven

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


def test_what_is_kept_of_a_node() -> None:
    kept = parse_node(proven())

    assert (kept.name, kept.pool, kept.size, kept.image_version) == ("gpu-0", "gpu", A100, IMAGE)
    assert (kept.driver, kept.boot_id, kept.is_ready, kept.is_paused) == (DRIVER, "boot-1", True, False)
    assert kept.condition is not None
    assert (kept.condition.status, kept.condition.since) == ("True", ago(hours=5))
    assert kept.proof is not None
    assert (kept.proof.gpus, kept.proof.proven_at) == (1, ago(hours=2))
    assert (dict(kept.offered), kept.taint_keys, kept.created) == ({"nvidia.com/gpu": "1"}, ("sku",), ago(days=3))


def test_labels_of_no_interest_are_not_kept() -> None:
    kept = facts(labels={"team": "vision", "aigpu.io/sku": A100})

    assert dict(kept.labels) == {"aigpu.io/sku": A100}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"gpus": "1"}', '{"gpus": true}', "[" * 100_000],
    ids=["empty", "cut", "list", "null", "text", "bool", "deep"],
)
def test_a_proof_that_cannot_be_read_has_no_gpus(text: str) -> None:
    kept = parse_node(node(proof=text))

    assert kept.proof is None or kept.proof.gpus is None


@pytest.mark.parametrize(
    ("changes", "has"),
    [
        pytest.param({"size": CPU, "offers": {}, "labels": {}}, False, id="cpu"),
        pytest.param({"size": A100, "offers": {}, "labels": {}}, True, id="size"),
        pytest.param({"size": "Standard_ND96isr_MI300X_v5", "offers": {}, "labels": {}}, False, id="amd"),
        pytest.param({"size": CPU, "offers": {"nvidia.com/mig-1g.10gb": "7"}, "labels": {}}, True, id="kubelet"),
        pytest.param({"size": CPU, "offers": {"nvidia.com/gpu": "0"}, "labels": {}}, False, id="offers-none"),
        pytest.param(
            {"size": "x", "offers": {}, "labels": {"kubernetes.azure.com/accelerator": "nvidia"}}, True, id="aks-label"
        ),
    ],
)
def test_hardware_is_told_by_size_kubelet_and_aks_and_not_by_intent(changes: dict[str, Any], has: bool) -> None:
    assert facts(**changes).has_gpu_hardware is has
    assert facts(**{**changes, "labels": {**changes["labels"], "hardware": "gpu"}}).has_gpu_hardware is has


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("metadata", "spec", "status"), anything)))
def test_a_node_in_no_form_at_all_is_kept_without_a_condition(data: dict[str, Any]) -> None:
    assert parse_node(data).condition is None


@given(anything)
def test_conditions_of_any_type_are_survived(kind: Any) -> None:
    data = node()
    data["status"]["conditions"] = [{"type": kind, "status": "True"}]

    assert parse_node(data).condition is None


@given(anything)
def test_a_proof_of_anything_is_survived(value: Any) -> None:
    data = node(proof=proof())
    data["metadata"]["annotations"]["aigpu.io/proof"] = value

    parse_node(data)
