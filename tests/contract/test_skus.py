"""The catalogue: its file against its schema, the traps in its facts, and the look-ups."""

from __future__ import annotations

import datetime
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import aigpu_contract
from aigpu_contract import skus
from aigpu_contract.cpu_sizes import parse_cpu_size
from aigpu_contract.labels import is_label_value

FOLDER = Path(aigpu_contract.__file__).parent
TODAY = datetime.date(2026, 11, 24)


def read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return data


CATALOGUE = read("skus.json")
SCHEMA = read("skus.schema.json")
ROW_SCHEMA = {**SCHEMA["$defs"]["sku"], "$schema": SCHEMA["$schema"]}
ROWS = CATALOGUE["skus"]
ROW_VALIDATOR = jsonschema.Draft202012Validator(
    ROW_SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def known(size: str) -> skus.Sku:
    sku = skus.lookup(size)
    assert sku is not None
    return sku


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_file_fits_the_schema() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(CATALOGUE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["size"]))
def test_a_row_fits_the_schema_and_parses(row: dict[str, Any]) -> None:
    ROW_VALIDATOR.validate(row)
    assert skus.parse_row(row).size == row["size"]


def test_every_field_is_described() -> None:
    fields = {**SCHEMA["properties"], **SCHEMA["$defs"]["sku"]["properties"]}
    assert [name for name, field in fields.items() if not field.get("description")] == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"gpus": 1}, "an unknown field"),
        ({"gpuShare": "0.1667"}, "a share that is not exact"),
        ({"gpuShare": "2"}, "more than a whole GPU behind a device"),
        ({"gpuCount": "1"}, "a number as text"),
        ({"retirementDate": "30.09.2026"}, "another form of date"),
        ({"retirementDate": "2026-13-01"}, "a day that is none"),
        ({"vendor": ""}, "no vendor"),
        ({"size": "Standard_D16s_v5"}, "a CPU size"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_schema_refuses(change: dict[str, Any], why: str) -> None:
    assert not ROW_VALIDATOR.is_valid({**ROWS[0], **change}), why


def test_the_schema_refuses_a_row_that_lacks_a_field() -> None:
    assert not ROW_VALIDATOR.is_valid({key: value for key, value in ROWS[0].items() if key != "gpuCount"})


def test_no_size_stands_twice_whatever_the_case() -> None:
    names = [row["size"].lower() for row in ROWS]
    assert len(names) == len(set(names))
    assert len(skus.all_skus()) == len(ROWS)


def test_no_size_of_the_catalogue_is_named_like_a_cpu_size() -> None:
    assert [row["size"] for row in ROWS if parse_cpu_size(row["size"])] == []


def test_every_model_id_can_stand_in_a_label() -> None:
    assert [model for model in skus.models() if not is_label_value(model)] == []


def test_what_is_called_retired_has_a_date_that_has_passed() -> None:
    retired = [sku for sku in skus.all_skus() if sku.lifecycle == "retired"]
    assert retired
    assert [sku.size for sku in retired if not sku.is_retired(TODAY)] == []


def test_a_size_with_a_fraction_of_a_gpu_shows_one_device() -> None:
    fractions = [sku for sku in skus.all_skus() if sku.is_fractional and sku.is_cuda_gpu]
    assert fractions
    assert {sku.gpu_count for sku in fractions} == {1}


@pytest.mark.parametrize(
    ("size", "count", "share"),
    [
        ("Standard_NC6s_v3", 1, Fraction(1)),
        ("Standard_NC24ads_A100_v4", 1, Fraction(1)),
        ("Standard_ND96isr_H100_v5", 8, Fraction(1)),
        ("Standard_ND128isr_NDR_GB200_v6", 4, Fraction(1)),
        ("Standard_NV6ads_A10_v5", 1, Fraction(1, 6)),
        ("Standard_NV12ads_A10_v5", 1, Fraction(1, 3)),
        ("Standard_NC24lds_xl_RTXPRO6000BSE_v6", 1, Fraction(1, 4)),
        ("Standard_NC8ads_A10_v4", 1, None),
        ("Standard_ND96is_flex_H100_v5", None, None),
    ],
)
def test_counts_and_shares_are_those_of_the_sources(size: str, count: int, share: Fraction) -> None:
    sku = known(size)
    assert (sku.gpu_count, sku.gpu_share) == (count, share)
    assert sku.is_cuda_gpu


@pytest.mark.parametrize(
    ("size", "kind", "vendor"),
    [
        ("Standard_NP10s", "fpga", "xilinx"),
        ("Standard_NV4as_v4", "gpu", "amd"),
        ("Standard_ND96isr_MI300X_v5", "gpu", "amd"),
        ("Standard_NG8ads_V620_v1", "gpu", "amd"),
        ("Standard_NV4ads_V710_v5", "gpu", "amd"),
        ("Standard_NM16ads_MA35D", "video", "amd"),
    ],
)
def test_an_n_size_without_cuda_is_told(size: str, kind: str, vendor: str) -> None:
    sku = known(size)
    assert (sku.kind, sku.vendor, sku.is_cuda_gpu) == (kind, vendor, False)


@pytest.mark.parametrize("size", ["standard_nc24ads_a100_v4", " STANDARD_NC24ADS_A100_V4 ", "Standard_NC24ads_A100_v4"])
def test_lookup_ignores_case_and_spaces_around(size: str) -> None:
    assert known(size).size == "Standard_NC24ads_A100_v4"


@pytest.mark.parametrize("size", ["Standard_D16s_v5", "Standard_NC24ads_A100_v5", "", "Standard_"])
def test_lookup_knows_nothing_else(size: str) -> None:
    assert skus.lookup(size) is None


@pytest.mark.parametrize(
    ("model_id", "wanted", "is_it"),
    [
        ("a100-80gb", "a100-80gb", True),
        ("a100-80gb", "A100", True),
        ("a100-80gb", "a100-40gb", False),
        ("a100-80gb", "a10", False),
        ("a10", "a100", False),
        ("t4", "", False),
        (None, "t4", None),
    ],
)
def test_a_model_is_asked_for_whole_or_by_its_start(model_id: str, wanted: str, is_it: bool) -> None:
    assert skus.is_model(model_id, wanted) is is_it


def test_models_are_those_of_nvidia_only() -> None:
    assert {"t4", "a100-80gb", "gb200"} <= set(skus.models())
    assert {"mi300x", "alveo-u250", "alveo-ma35d"} & set(skus.models()) == set()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Standard_NC24ads_A100_v5", "Standard_NC24ads_A100_v4"),
        ("NC24ads_A100_v4", "Standard_NC24ads_A100_v4"),
        ("standard_nc16as_t4_v4", "Standard_NC16as_T4_v3"),
        ("Standard_ND96isr_H100", "Standard_ND96isr_H100_v5"),
    ],
)
def test_the_nearest_name_comes_first(typed: str, meant: str) -> None:
    assert skus.names_like(typed, TODAY)[0].size == meant


def test_a_name_that_is_like_nothing_has_no_neighbour() -> None:
    assert skus.names_like("quux", TODAY) == ()


@given(st.text(max_size=40), st.integers(0, 400))
def test_suggestions_are_cuda_sizes_on_offer(typed: str, vcpus: int) -> None:
    for sku in skus.names_like(typed, TODAY) + skus.sizes_near(vcpus, TODAY):
        assert sku.is_cuda_gpu
        assert sku.lifecycle == "ga"
        assert not sku.is_retired(TODAY)


def test_a_cpu_size_is_answered_with_whole_gpus_of_its_order_of_magnitude() -> None:
    near = skus.sizes_near(16, TODAY)
    assert near[0].size == "Standard_NC16as_T4_v3"
    assert all(sku.is_fractional is False and sku.gpu_count for sku in near)


def test_sizes_with_a_model_and_a_count() -> None:
    assert [sku.size for sku in skus.sizes_with("a100", 1, TODAY)] == ["Standard_NC24ads_A100_v4"]
    assert {sku.gpu_count for sku in skus.sizes_with("a100", None, TODAY)} == {1, 2, 4, 8}
    assert skus.sizes_with("a100", 3, TODAY) == ()
    assert skus.sizes_with("mi300x", None, TODAY) == ()


def test_retired_sizes_are_never_found_for_a_model() -> None:
    assert skus.sizes_with("k80", None, TODAY) == ()


@pytest.mark.parametrize(
    ("day", "retired"),
    [(datetime.date(2026, 9, 29), False), (datetime.date(2026, 9, 30), True), (datetime.date(2027, 1, 1), True)],
    ids=str,
)
def test_a_retirement_date_counts_whatever_the_lifecycle_says(day: datetime.date, retired: bool) -> None:
    sku = known("Standard_NV12s_v3")
    assert sku.lifecycle == "retiring"
    assert sku.is_retired(day) is retired


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("Standard_NC24ads_A100_v4", "1x A100 80 GB"),
        ("Standard_ND96is_flex_H100_v5", "unknown number of H100 80 GB SXM"),
        ("Standard_NV6s_v2", "1x nvidia accelerator of an undocumented model"),
    ],
)
def test_a_size_is_described_in_words(size: str, words: str) -> None:
    assert known(size).describe() == words


def test_a_fraction_is_described_as_one() -> None:
    assert known("Standard_NV6ads_A10_v5").describe().startswith("1/6 of a")


def test_a_row_without_a_key_does_not_parse() -> None:
    with pytest.raises(KeyError, match="gpuCount"):
        skus.parse_row({key: value for key, value in ROWS[0].items() if key != "gpuCount"})
