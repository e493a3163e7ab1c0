"""Labels, taints and tags: what Kubernetes and AKS take, and what comes back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract import labels
from aigpu_contract.labels import DEFAULT_TAINT, Taint


@pytest.mark.parametrize(
    ("text", "taint"),
    [
        ("sku=gpu:NoSchedule", DEFAULT_TAINT),
        (" sku=gpu:NoSchedule ", DEFAULT_TAINT),
        ("nvidia.com/gpu=present:NoExecute", Taint("nvidia.com/gpu", "present", "NoExecute")),
        (labels.STARTUP_TAINT_KEY + "=true:NoSchedule", Taint(labels.STARTUP_TAINT_KEY, "true", "NoSchedule")),
    ],
)
def test_a_taint_is_read_as_azure_cli_reads_it(text: str, taint: Taint) -> None:
    assert labels.parse_taint(text) == taint
    assert str(taint) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sku=gpu",
        "sku:NoSchedule",
        "sku=:NoSchedule",
        "=gpu:NoSchedule",
        "sku=gpu:NoWay",
        "sku=gpu:noschedule",
        "sku=g pu:NoSchedule",
        "nvidia.com/gpu:NoSchedule",
        "NVIDIA.com/gpu=a:NoSchedule",
        "a/b/c=d:NoSchedule",
    ],
)
def test_a_text_that_is_no_taint_is_refused_with_the_form_that_is_wanted(text: str) -> None:
    with pytest.raises(ValueError, match="key=value:Effect"):
        labels.parse_taint(text)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("", True),
        ("gpu", True),
        ("a100-80gb", True),
        ("Standard_NC24ads_A100_v4", True),
        ("580.159.04", True),
        ("x" * 63, True),
        ("x" * 64, False),
        ("nvidia.com/gpu", False),
        ("-a", False),
        ("a-", False),
        ("a b", False),
        ("a\n", False),
    ],
)
def test_label_values_are_those_of_kubernetes(text: str, valid: bool) -> None:
    assert labels.is_label_value(text) is valid


@pytest.mark.parametrize(
    ("key", "valid"),
    [
        ("hardware", True),
        ("aigpu.io/sku", True),
        (labels.STARTUP_TAINT_KEY, True),
        (labels.STATUS_TAINT_KEY, True),
        ("", False),
        ("/a", False),
        ("a/", False),
        ("A.io/x", False),
        ("a/b/c", False),
        ("x" * 64, False),
    ],
)
def test_keys_are_those_of_kubernetes(key: str, valid: bool) -> None:
    assert labels.is_qualified_name(key) is valid


def test_the_contracts_own_keys_and_values_are_valid() -> None:
    keys = [value for name, value in vars(labels).items() if name.isupper() and isinstance(value, str) and "/" in value]
    domains = {labels.RESOURCE_DOMAIN}
    assert [key for key in keys if key not in domains and not labels.is_qualified_name(key)] == []
    assert all(labels.is_label_value(value) for value in labels.FIXED_LABELS.values())


@pytest.mark.parametrize("resource", ["nvidia.com/gpu", "nvidia.com/gpu.shared", "nvidia.com/mig-1g.10gb", "none"])
def test_a_resource_survives_the_label_that_cannot_hold_its_slash(resource: str) -> None:
    label = labels.resource_label(resource)
    assert labels.is_label_value(label)
    assert labels.resource_name(label) == resource


def test_a_resource_of_another_domain_is_refused() -> None:
    with pytest.raises(ValueError, match=r"amd\.com/gpu"):
        labels.resource_label("amd.com/gpu")


@given(st.dictionaries(st.sampled_from(["quota", "fractional-gpu", "hourly-cost"]), st.text(min_size=1)))
def test_waivers_survive_the_tags_that_keep_them(waivers: dict[str, str]) -> None:
    assert labels.waivers_of_tags({**labels.waiver_tags(waivers), "team": "x"}) == waivers


@pytest.mark.parametrize(
    ("node_labels", "tags", "ours"),
    [
        ({labels.SKU: "Standard_NC24ads_A100_v4"}, {}, True),
        ({}, {labels.SPEC_TAG: "train"}, True),
        ({"hardware": "gpu", "gpu-type": "nvidia"}, {"team": "x"}, False),
        ({}, {}, False),
    ],
    ids=["our label", "our tag", "only fixed labels", "nothing"],
)
def test_a_pool_is_ours_by_the_contracts_label_or_tag(
    node_labels: dict[str, str], tags: dict[str, str], ours: bool
) -> None:
    assert labels.is_ours(node_labels, tags) is ours
