"""A live answer fills what the data leave empty, and never overrules them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tools.build_catalogue import build_skus
from tools.live_skus import merge_live, read_facts

ANSWER: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "live_answer.json").read_text(encoding="utf-8")
)["value"]
FACTS = {
    "gpuCount": None,
    "vcpus": 24,
    "memoryGib": 220,
    "architecture": "x64",
    "quotaFamily": None,
    "tempDiskGib": 64,
    "cacheGib": None,
    "nvmeGib": None,
}


def row(**fields: Any) -> dict[str, Any]:
    return {"size": "Standard_NC24ads_A100_v4", **FACTS, **fields}


def entry(**fields: Any) -> dict[str, Any]:
    return {**copy.deepcopy(ANSWER[0]), **fields}


def test_facts_are_read_in_the_catalogues_units() -> None:
    assert read_facts(ANSWER[0]) == {
        "gpuCount": 1,
        "vcpus": 24,
        "memoryGib": 220,
        "architecture": "x64",
        "quotaFamily": "StandardNCADSA100v4Family",
        "tempDiskGib": 64,
        "cacheGib": 256,
        "nvmeGib": 894.1,
    }


def test_an_absent_capability_is_unknown_and_not_0() -> None:
    facts = read_facts({"name": "Standard_D16s_v5", "capabilities": []})
    assert set(facts.values()) == {None}
    assert read_facts({"name": "Standard_D16s_v5"}) == facts


def test_empty_cells_are_filled() -> None:
    rows = [row()]
    differences = merge_live(rows, [entry()])
    assert (rows[0]["cacheGib"], rows[0]["nvmeGib"]) == (256, 894.1)
    assert rows[0]["quotaFamily"] == "StandardNCADSA100v4Family"
    assert "Standard_NC24ads_A100_v4 cacheGib = 256" in differences.filled
    assert differences.missing == []


def test_a_gpu_count_is_only_reported() -> None:
    rows = [row()]
    differences = merge_live(rows, [entry()])
    assert rows[0]["gpuCount"] is None
    assert differences.contradicted == ["Standard_NC24ads_A100_v4 gpuCount: catalogue None, API 1"]


@pytest.mark.parametrize(("key", "kept"), [("vcpus", 48), ("gpuCount", 2), ("tempDiskGib", 0), ("quotaFamily", "x")])
def test_what_the_data_say_is_kept_and_the_contradiction_reported(key: str, kept: Any) -> None:
    rows = [row(**{key: kept})]
    differences = merge_live(rows, [entry()])
    assert rows[0][key] == kept
    assert any(
        line.startswith(f"Standard_NC24ads_A100_v4 {key}: catalogue {kept}, API ") for line in differences.contradicted
    )


def test_a_size_in_another_case_is_the_same_size() -> None:
    rows = [row()]
    assert merge_live(rows, [entry(name="STANDARD_NC24ADS_A100_V4")]).missing == []
    assert rows[0]["cacheGib"] == 256


def test_a_size_twice_in_an_answer_is_filled_by_the_first_and_the_second_reported() -> None:
    second = entry()
    second["capabilities"] = [{"name": "CachedDiskBytes", "value": "1073741824"}]
    rows = [row()]
    differences = merge_live(rows, [entry(), second])
    assert rows[0]["cacheGib"] == 256
    assert "Standard_NC24ads_A100_v4 cacheGib: catalogue 256, API 1" in differences.contradicted


def test_only_unknown_sizes_with_gpus_are_missing() -> None:
    differences = merge_live([], ANSWER)
    assert "Standard_NC9xx_Z1_v9 (2 GPUs by the API)" in differences.missing
    assert not any("D16s" in line for line in differences.missing)


def test_other_kinds_of_resources_are_left_alone() -> None:
    rows = [row()]
    merge_live(rows, [ANSWER[-1]])
    assert rows == [row()]


def test_differences_are_told_in_lines_that_say_what_to_do() -> None:
    lines = merge_live([row(vcpus=48)], ANSWER).lines()
    assert lines[0].startswith("contradicts the catalogue, kept as it is: ")
    assert "not in the catalogue, add a row: Standard_NC9xx_Z1_v9 (2 GPUs by the API)" in lines
    assert lines[-1].startswith("filled: ")


def test_the_catalogue_with_a_live_answer_still_knows_an_fpga_from_a_gpu() -> None:
    catalogue, differences = build_skus(ANSWER)
    rows = {one["size"]: one for one in catalogue["skus"]}
    assert rows["Standard_NP10s"]["gpuCount"] == 0
    assert rows["Standard_ND96is_flex_H100_v5"]["gpuCount"] is None
    assert rows["Standard_ND96is_flex_H100_v5"]["vcpus"] == 96
    assert rows["Standard_NV6ads_A10_v5"]["cacheGib"] == 32
    assert "Standard_NP10s gpuCount: catalogue 0, API 1" in differences.contradicted
