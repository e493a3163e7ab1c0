"""The promise over all rules: whatever else is asked for, no wrong size gets through, and not knowing is no pass."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract import skus
from aigpu_contract.finding import Status
from aigpu_contract.labels import Taint
from aigpu_contract.reading import Unknown
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.review import review_cloud, review_spec, rule_ids, stopping, waivable_ids
from tests.azext.rules.given import A100, MADE_UP, TODAY, a_cloud, a_price, a_spec, an_offer

CPU_SIZES = ["Standard_D16s_v5", "standard_d16s_v5", "Standard_E8-4ads_v5", "Standard_HB120rs_v3", "Basic_A1"]
NOT_CUDA = [sku.size for sku in skus.all_skus() if not sku.is_cuda_gpu]
RETIRED = [sku.size for sku in skus.all_skus() if sku.is_retired(TODAY)]
WRONG_SIZES = sorted({*CPU_SIZES, *NOT_CUDA, *RETIRED})
NO_SIZES = ["", " ", "Standard_", "Standard_NC6s_v9", "GPU", None]
MODELS = [*skus.models(), "a100", "mi300x", "", "x"]

options = st.fixed_dictionaries(
    {},
    optional={
        "gpu_count": st.integers(-1, 16),
        "gpu_model": st.sampled_from(MODELS),
        "gpu_driver": st.sampled_from(["Install", "None"]),
        "gpu_instance_profile": st.sampled_from(["MIG1g", "MIG7g"]),
        "os_sku": st.sampled_from(["Ubuntu", "AzureLinux"]),
        "node_count": st.integers(0, 5),
        "priority": st.sampled_from(["Regular", "Spot"]),
        "zones": st.sampled_from([("1",), ("1", "2")]),
        "labels": st.dictionaries(st.sampled_from(["hardware", "aigpu.io/gpu-count"]), st.sampled_from(["gpu", "1"])),
        "node_taints": st.sampled_from([(), (Taint("sku", "gpu", "NoSchedule"),)]),
        "tags": st.just({"cost-center": "42"}),
        "waivers": st.dictionaries(st.sampled_from(rule_ids()), st.just("because")),
    },
)


@pytest.mark.parametrize("size", WRONG_SIZES)
def test_every_wrong_size_is_refused(size: str) -> None:
    findings = review_spec(a_spec(node_vm_size=size))
    assert Status.FAIL in {finding.status for finding in findings}


@given(st.sampled_from(WRONG_SIZES), options)
def test_no_option_and_no_waiver_makes_a_wrong_size_right(size: str, fields: dict[str, Any]) -> None:
    findings = review_spec(a_spec(node_vm_size=size, **fields))
    assert Status.FAIL in {finding.status for finding in findings}


@given(st.sampled_from(NO_SIZES), options)
def test_no_size_and_an_unknown_one_never_go_on(size: str | None, fields: dict[str, Any]) -> None:
    spec = a_spec(node_vm_size=size, **fields)
    # Only a size with both words about its GPUs gets as far as the cloud, and there Azure must confirm it.
    findings = review_spec(spec) + review_cloud(spec, a_cloud())
    assert stopping(findings)


def test_a_cloud_that_says_nothing_is_never_only_passes() -> None:
    findings = review_cloud(a_spec(), CloudFacts())
    assert Status.UNKNOWN in {finding.status for finding in findings}
    assert stopping(findings)


def test_a_cloud_in_which_all_is_well_stops_nothing() -> None:
    spec = a_spec()
    findings = review_spec(spec) + review_cloud(spec, a_cloud())
    assert stopping(findings, strict=True) == ()
    assert {finding.id for finding in findings} == set(rule_ids())


@pytest.mark.parametrize("missing", ["cluster", "pools", "skus", "usages"])
def test_each_reading_that_is_missing_is_told(missing: str) -> None:
    findings = review_cloud(a_spec(), a_cloud(**{missing: Unknown("429: slow down")}))
    assert Status.UNKNOWN in {finding.status for finding in findings}
    assert any("429: slow down" in finding.seen for finding in findings)
    assert stopping(findings, strict=True)


def test_a_limit_without_a_price_stops() -> None:
    spec = a_spec(limits={"max_hourly_cost": Decimal(5)})
    assert [finding.id for finding in stopping(review_cloud(spec, a_cloud(prices={})))] == ["hourly-cost"]


@given(st.sampled_from([sku for sku in skus.all_skus() if sku.gpu_count is None and sku.is_cuda_gpu]))
def test_a_size_without_a_known_count_never_goes_on_by_itself(sku: skus.Sku) -> None:
    assert stopping(review_spec(a_spec(node_vm_size=sku.size)))


@given(st.sampled_from(skus.all_skus()), st.integers(1, 16), st.sampled_from(skus.models()))
def test_words_that_contradict_the_catalogue_are_refused(sku: skus.Sku, count: int, model: str) -> None:
    wrong = (sku.gpu_count is not None and count != sku.gpu_count) or skus.is_model(sku.model_id, model) is False
    findings = review_spec(a_spec(node_vm_size=sku.size, gpu_count=count, gpu_model=model))
    if wrong:
        assert stopping(findings)


@given(st.sampled_from(skus.all_skus()), options)
def test_what_goes_on_is_an_nvidia_size_on_offer_with_as_many_gpus_as_wanted(
    sku: skus.Sku, fields: dict[str, Any]
) -> None:
    spec = a_spec(node_vm_size=sku.size, **fields)
    if not stopping(review_spec(spec)):
        assert sku.is_cuda_gpu
        assert not sku.is_retired(TODAY)
        assert spec.wanted_gpus
        assert spec.wanted_gpus == (sku.gpu_count or spec.gpu_count)


@pytest.mark.parametrize("rule", waivable_ids())
def test_a_waiver_stops_nothing_but_its_own_rule(rule: str) -> None:
    spec = a_spec(node_vm_size="Standard_NV6ads_A10_v5", gpu_count=8, waivers={rule: "because"})
    assert "sku-matches-intent" in {finding.id for finding in stopping(review_spec(spec))}


def test_a_new_size_goes_on_only_when_azure_confirms_the_words() -> None:
    spec = a_spec(node_vm_size=MADE_UP, gpu_model="h200", gpu_count=8, gpu_driver="None")
    confirmed = a_cloud(skus=an_offer(size=MADE_UP, gpus=8), prices=a_price("1"))
    assert stopping(review_spec(spec) + review_cloud(spec, confirmed)) == ()
    other = a_cloud(skus=an_offer(size=MADE_UP, gpus=4))
    assert stopping(review_spec(spec) + review_cloud(spec, other))


def test_the_day_decides() -> None:
    before, after = datetime.date(2026, 9, 29), datetime.date(2026, 9, 30)
    specs = [a_spec(limits={"today": day}, node_vm_size="Standard_NV12s_v3") for day in (before, after)]
    assert [bool(stopping(review_spec(spec))) for spec in specs] == [False, True]
    assert not stopping(review_spec(a_spec(limits={"today": after}, node_vm_size=A100)))
