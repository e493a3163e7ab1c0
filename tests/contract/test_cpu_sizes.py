"""CPU sizes are told by the letters of their names; nothing that may have an accelerator is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract import skus
from aigpu_contract.cpu_sizes import FAMILIES, parse_cpu_size


@pytest.mark.parametrize(
    ("size", "family", "vcpus"),
    [
        ("Standard_D16s_v5", "D", 16),
        ("standard_d16s_v5", "D", 16),
        ("Standard_D4ps_v5", "D", 4),
        ("Standard_E96-24ads_v5", "E", 24),
        ("Standard_M128-64ms", "M", 64),
        ("Standard_HB120rs_v3", "HB", 120),
        ("Standard_HB120-16rs_v3", "HB", 16),
        ("Standard_F16s_v2", "F", 16),
        ("Standard_FX48mds", "FX", 48),
        ("Standard_L80as_v3", "L", 80),
        ("Standard_B2ms", "B", 2),
        ("Standard_DC8as_cc_v5", "DC", 8),
        ("Standard_EC16eds_v5", "EC", 16),
        ("Standard_M416ms_8_v2", "M", 416),
        ("Standard_A2_v2", "A", None),
        ("Basic_A1", "A", None),
        ("Standard_D13_v2", "D", None),
        ("Standard_D3_v2_Promo", "D", None),
        ("Standard_DS3_v2", "DS", None),
        ("Standard_G5", "G", None),
    ],
)
def test_a_cpu_size_is_told_by_its_letters(size: str, family: str, vcpus: int | None) -> None:
    told = parse_cpu_size(size)
    assert told is not None
    assert (told.family, told.vcpus, told.description) == (family, vcpus, FAMILIES[family])


@pytest.mark.parametrize(
    "size",
    [
        "",
        "Standard_",
        "D16s_v5",
        "Standard_X16s_v5",
        "Standard_NX16s_v5",
        "Standard_NC6s_v3",
        "Standard_NP10s",
        "Standard D16s_v5",
        "Standard_D16s_v5; rm",
        "Standard_D16s-v5",
        "Standard_DN16s_v5",
    ],
)
def test_anything_else_is_not(size: str) -> None:
    assert parse_cpu_size(size) is None


@given(st.sampled_from(skus.all_skus()))
def test_no_accelerator_size_is_taken_for_a_cpu_size(sku: skus.Sku) -> None:
    assert parse_cpu_size(sku.size) is None


@given(st.from_regex(r"Standard_N[a-z]{0,3}[0-9]{1,3}[a-z]{0,4}(_v[0-9])?", fullmatch=True))
def test_nothing_that_starts_with_n_is_told(size: str) -> None:
    assert parse_cpu_size(size) is None
