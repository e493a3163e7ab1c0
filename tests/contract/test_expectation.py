"""The intent survives the pool's labels, and labels that say less than it are Unknown."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract import labels
from aigpu_contract.expectation import Expectation, build_offer, parse_labels
from aigpu_contract.reading import Known, Unknown

WHOLE = Expectation(
    sku="Standard_NC24ads_A100_v4",
    gpu_model="a100-80gb",
    gpu_count=1,
    resource="nvidia.com/gpu",
    resource_count=1,
    min_driver="580.95.05",
    mig_profile="MIG1g",
    price_hour="3.673",
)
HELD_TO = [key for key in labels.CONTRACT_LABELS if key != labels.PRICE_HOUR]
LEAST = Expectation(sku="Standard_NC24ads_A100_v4", gpu_model=None, gpu_count=1)

expectations = st.builds(
    Expectation,
    sku=st.sampled_from(["Standard_NC24ads_A100_v4", "Standard_ND96isr_H100_v5"]),
    gpu_model=st.none() | st.sampled_from(["a100-80gb", "h100-80gb"]),
    gpu_count=st.integers(1, 16),
    resource=st.none() | st.sampled_from(["nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "none"]),
    resource_count=st.none() | st.integers(1, 56),
    min_driver=st.none() | st.just("580.95.05"),
    mig_profile=st.none() | st.just("MIG1g"),
    price_hour=st.none() | st.just("3.673"),
)


@given(expectations)
def test_an_intent_survives_the_labels(expectation: Expectation) -> None:
    assert parse_labels(expectation.to_labels()) == Known(expectation)


def test_labels_carry_the_fixed_ones_and_nothing_that_is_not_declared() -> None:
    assert LEAST.to_labels() == {
        "hardware": "gpu",
        "gpu-type": "nvidia",
        "workload": "ai",
        "aigpu.io/sku": "Standard_NC24ads_A100_v4",
        "aigpu.io/gpu-count": "1",
    }


def test_every_label_value_is_one_that_kubernetes_takes() -> None:
    assert all(labels.is_label_value(value) for value in WHOLE.to_labels().values())
    assert all(labels.is_qualified_name(key) for key in WHOLE.to_labels())


def test_every_field_has_its_label() -> None:
    added = len(WHOLE.to_labels()) - len(labels.FIXED_LABELS)
    assert added == len(dataclasses.fields(Expectation))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({labels.SKU: None}, labels.SKU),
        ({labels.GPU_COUNT: None}, labels.GPU_COUNT),
        ({labels.GPU_COUNT: "0"}, labels.GPU_COUNT),
        ({labels.GPU_COUNT: "-1"}, labels.GPU_COUNT),
        ({labels.GPU_COUNT: "one"}, labels.GPU_COUNT),
        ({labels.GPU_COUNT: ""}, labels.GPU_COUNT),
        ({labels.RESOURCE_COUNT: "many"}, labels.RESOURCE_COUNT),
        ({labels.RESOURCE_COUNT: "0"}, labels.RESOURCE_COUNT),
        *(({key: blank}, key) for key in HELD_TO for blank in ("", " ")),
    ],
    ids=str,
)
def test_labels_that_do_not_say_it_are_unknown(change: dict[str, Any], named: str) -> None:
    changed = {**WHOLE.to_labels(), **change}
    reading = parse_labels({key: value for key, value in changed.items() if value is not None})
    assert isinstance(reading, Unknown)
    assert named in reading.reason


@given(
    st.dictionaries(st.sampled_from([labels.SKU, labels.GPU_COUNT, labels.RESOURCE_COUNT]), st.from_regex(r"[ -~]*"))
)
def test_no_labels_give_an_intent_of_no_gpu(given_labels: dict[str, str]) -> None:
    reading = parse_labels(given_labels)
    assert isinstance(reading, Unknown) or reading.value.gpu_count >= 1


@pytest.mark.parametrize(
    "text",
    ["²", "٣", "-1", "1.0", "", "1" * 5000],
    ids=["superscript", "arabic", "negative", "point", "empty", "more digits than int() takes"],
)
@pytest.mark.parametrize("label", [labels.GPU_COUNT, labels.RESOURCE_COUNT])
def test_a_count_that_is_no_number_in_ascii_digits_is_unknown(label: str, text: str) -> None:
    assert isinstance(parse_labels({**WHOLE.to_labels(), label: text}), Unknown)


@pytest.mark.parametrize(
    ("changes", "offer"),
    [
        pytest.param({}, ("nvidia.com/gpu", 2, False), id="one for each GPU where nothing is declared"),
        pytest.param({"resource": "nvidia.com/gpu"}, ("nvidia.com/gpu", 2, False), id="a resource without a number"),
        pytest.param({"resource_count": 2}, ("nvidia.com/gpu", 2, False), id="a number without a resource"),
        pytest.param(
            {"resource": "nvidia.com/gpu", "resource_count": 8}, ("nvidia.com/gpu", 8, True), id="shares of that name"
        ),
        pytest.param({"resource": "nvidia.com/gpu.shared"}, ("nvidia.com/gpu.shared", None, False), id="shares"),
        pytest.param({"resource": "nvidia.com/mig-1g.10gb"}, ("nvidia.com/mig-1g.10gb", None, False), id="parts"),
        pytest.param({"mig_profile": "MIG1g"}, (None, None, False), id="a MIG profile"),
        pytest.param({"mig_profile": "MIG1g", "resource_count": 14}, (None, 14, False), id="a MIG profile, a number"),
        pytest.param(
            {"mig_profile": "MIG1g", "resource": "nvidia.com/gpu"}, ("nvidia.com/gpu", None, False), id="parts as GPUs"
        ),
        pytest.param(
            {"mig_profile": "MIG1g", "resource": "nvidia.com/gpu", "resource_count": 14},
            ("nvidia.com/gpu", 14, True),
            id="parts as GPUs, declared",
        ),
        pytest.param({"resource": "none"}, ("none", None, False), id="claims"),
    ],
)
def test_what_the_kubelet_must_offer_is_declared_or_one_for_each_whole_gpu(
    changes: dict[str, Any], offer: tuple[str | None, int | None, bool]
) -> None:
    intended = dataclasses.replace(LEAST, gpu_count=2, **changes).offer
    assert (intended.resource, intended.number, intended.is_declared) == offer
    assert intended.is_uncounted == (intended.resource == "none")


def test_where_no_number_of_gpus_is_intended_none_is_assumed() -> None:
    assert build_offer(None, None, None, None).number is None


def test_a_node_is_not_held_to_its_price() -> None:
    assert isinstance(parse_labels({**WHOLE.to_labels(), labels.PRICE_HOUR: ""}), Known)


def test_where_gpus_come_by_claims_the_kubelet_may_count_none() -> None:
    claims = {**LEAST.to_labels(), labels.RESOURCE: labels.NO_RESOURCE, labels.RESOURCE_COUNT: "0"}
    assert isinstance(parse_labels(claims), Known)
