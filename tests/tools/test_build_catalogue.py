"""The catalogue is made from the data: exactly, with unknown kept unknown, and never edited by hand."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tools import build_catalogue
from tools.build_catalogue import (
    DATA,
    build_prices,
    build_row,
    build_share_and_count,
    build_skus,
    check,
    main,
    write,
)

MODEL = {"model_id": "t4", "name_for_people": "T4", "kind": "gpu", "nvml_names": "Tesla T4|NVIDIA T4"}
LIVE = Path(__file__).parent / "data" / "live_answer.json"


def data_rows() -> list[dict[str, str]]:
    with (DATA / "azure_gpu_sizes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cells(**given: str) -> dict[str, str]:
    return {
        **dict.fromkeys(data_rows()[0], ""),
        "size": "Standard_X",
        "accelerator_vendor": "nvidia",
        "source": "DOCS",
        **given,
    }


@pytest.mark.parametrize(
    ("sold", "devices", "share", "count"),
    [
        ("1", "1", "1", 1),
        ("8", "8", "1", 8),
        ("1/6", "1", "1/6", 1),
        ("1/3", "1", "1/3", 1),
        ("1/8", "", "1/8", None),
        ("", "1", None, 1),
        ("", "", None, None),
        ("4", "", None, None),
        ("1", "0", None, 0),
        ("2", "4", "1/2", 4),
    ],
)
def test_shares_are_exact_and_what_is_unknown_stays_so(
    sold: str, devices: str, share: str | None, count: int | None
) -> None:
    assert build_share_and_count(sold, devices) == (share, count)


@pytest.mark.parametrize("sold", sorted({row["gpu_count"] for row in data_rows() if "/" in row["gpu_count"]}))
def test_a_fraction_of_the_data_comes_out_as_the_same_fraction(sold: str) -> None:
    share, _ = build_share_and_count(sold, "1")
    assert share is not None
    assert Fraction(share) == Fraction(sold)


def test_an_empty_row_says_nothing() -> None:
    row = build_row(cells(), {})
    said = {key: value for key, value in row.items() if value not in (None, [])}
    assert said == {"size": "Standard_X", "series": "", "kind": "gpu", "vendor": "nvidia", "source": "DOCS"}


def test_a_row_takes_its_model_from_the_list_of_models() -> None:
    row = build_row(cells(accelerator_model="NVIDIA Tesla T4"), {"NVIDIA Tesla T4": MODEL})
    assert (row["model"], row["modelId"], row["nvmlNames"]) == ("T4", "t4", ["Tesla T4", "NVIDIA T4"])


def test_a_model_that_is_not_in_the_list_is_an_error() -> None:
    with pytest.raises(KeyError, match="Tesla T5"):
        build_row(cells(accelerator_model="NVIDIA Tesla T5"), {"NVIDIA Tesla T4": MODEL})


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("no", False), ("", None)])
def test_yes_no_and_unknown_are_three_things(text: str, value: bool | None) -> None:
    assert build_row(cells(mig_capable=text), {})["mig"] is value


def test_a_cell_that_is_neither_yes_nor_no_is_an_error() -> None:
    with pytest.raises(KeyError):
        build_row(cells(rdma="maybe"), {})


@pytest.mark.parametrize(("text", "value"), [("24", 24), ("0.5", 0.5), ("", None), ("0", 0)])
def test_numbers_are_numbers(text: str, value: float | None) -> None:
    assert build_row(cells(temp_disk_gib=text), {})["tempDiskGib"] == value


def test_no_size_stands_twice_in_the_data() -> None:
    names = [row["size"].strip().lower() for row in data_rows()]
    assert len(names) == len(set(names))


def test_no_size_gets_lost() -> None:
    catalogue, _ = build_skus([])
    assert [row["size"] for row in catalogue["skus"]] == [row["size"] for row in data_rows()]


@pytest.mark.parametrize("key", ["gpuCount", "gpuShare", "vcpus", "lifecycle", "aksDriver", "mig"])
def test_an_empty_cell_of_the_data_is_null(key: str) -> None:
    column = {"gpuCount": "kubernetes_device_count", "gpuShare": "gpu_count", "vcpus": "vcpus"} | {
        "lifecycle": "lifecycle",
        "aksDriver": "aks_driver",
        "mig": "mig_capable",
    }
    catalogue, _ = build_skus([])
    empty = {row["size"] for row in data_rows() if not row[column[key]]}
    assert empty
    assert {row[key] for row in catalogue["skus"] if row["size"] in empty} == {None}


def test_prices_are_those_of_the_newest_snapshot() -> None:
    snapshots = {
        "snapshots": {
            "2024-01-01T00:00:00Z": {"Standard_A": {"eastus": 9.0}},
            "2026-06-18T03:43:41Z": {"Standard_A  ": {"westeurope": 2.0, "eastus": 1.5}},
        }
    }
    extra = [{"size": "Standard_D16s_v5", "region": "eastus", "usd_per_hour": "0.768"}]
    prices = build_prices(snapshots, extra)
    assert prices["asOf"] == "2026-06-18"
    assert prices["linux"] == {"Standard_A": {"eastus": 1.5, "westeurope": 2.0}, "Standard_D16s_v5": {"eastus": 0.768}}


def test_the_files_in_the_tree_are_what_the_data_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "something else\n"], ids=["missing", "edited by hand"])
def test_a_file_that_is_not_what_the_data_say_is_named(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "skus.json"
    if content:
        path.write_text(content, encoding="utf-8")
    assert check({path: "the data\n"}) == 1
    assert "skus.json is not what tools/data says; run: python -m tools.build_catalogue" in capsys.readouterr().err
    assert write({path: "the data\n"}) == 0
    assert check({path: "the data\n"}) == 0


def test_a_live_answer_is_reported_and_changes_no_file_under_check(capsys: pytest.CaptureFixture[str]) -> None:
    before = [path.read_bytes() for path in (build_catalogue.SKUS, build_catalogue.PRICES)]
    assert main(["--check", "--merge-live", str(LIVE)]) == 1
    told = capsys.readouterr().err
    assert "not in the catalogue, add a row: Standard_NC9xx_Z1_v9 (2 GPUs by the API)" in told
    assert "contradicts the catalogue, kept as it is: Standard_NP10s gpuCount: catalogue 0, API 1" in told
    assert "skus.json is not what tools/data says" in told
    assert [path.read_bytes() for path in (build_catalogue.SKUS, build_catalogue.PRICES)] == before


def test_the_text_is_json_with_one_row_a_line() -> None:
    catalogue: dict[str, Any] = json.loads(build_catalogue.SKUS.read_text(encoding="utf-8"))
    lines = build_catalogue.SKUS.read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.startswith('  {"size"')]) == len(catalogue["skus"])
