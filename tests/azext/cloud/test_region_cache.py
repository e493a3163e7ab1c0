"""What is kept of regions: fresh, whole and known, or nothing."""

from __future__ import annotations

import dataclasses
import datetime
import json
from pathlib import Path

import pytest

from aigpu_contract.reading import Known, Unknown
from azext_aigpu.cloud.facts import Restriction, SkuOffer, Usage
from azext_aigpu.cloud.region_cache import KEPT_FOR, cache_file, read_cache, write_cache
from azext_aigpu.cloud.regions import RegionOffer

NOW = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.timezone.utc)
SIZE = "Standard_NC24ads_A100_v4"
OFFER = SkuOffer(SIZE, "F", 24, 1, ("1", "2"), (Restriction("Zone", "QuotaId", ("1",)),), True, 10.5, None, 0.0, "x64")
REGION = RegionOffer("eastus", Known({SIZE.lower(): OFFER}), Known({"cores": Usage("cores", 4, 100)}), NOW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return cache_file(str(tmp_path), "subscription")


def test_what_was_written_is_read(file: Path) -> None:
    write_cache(file, [REGION], [SIZE])

    assert read_cache(file, [SIZE.upper()], NOW) == {"eastus": REGION}


@pytest.mark.parametrize(
    ("age", "kept"),
    [
        pytest.param(KEPT_FOR, True, id="as-old-as-may-be"),
        pytest.param(KEPT_FOR + datetime.timedelta(seconds=1), False, id="too-old"),
        pytest.param(datetime.timedelta(seconds=-1), False, id="from-the-future"),
    ],
)
def test_only_what_is_fresh_counts(file: Path, age: datetime.timedelta, kept: bool) -> None:
    write_cache(file, [REGION], [SIZE])

    assert bool(read_cache(file, [SIZE], NOW + age)) is kept


def test_a_size_that_was_not_asked_for_then_is_not_taken_for_not_offered(file: Path) -> None:
    write_cache(file, [REGION], [SIZE])

    assert read_cache(file, [SIZE, "Standard_NC4as_T4_v3"], NOW) == {}


@pytest.mark.parametrize(
    "offer",
    [dataclasses.replace(REGION, skus=Unknown("x")), dataclasses.replace(REGION, usages=Unknown("x"))],
    ids=["skus", "usages"],
)
def test_what_is_not_known_is_not_kept(file: Path, offer: RegionOffer) -> None:
    write_cache(file, [offer], [SIZE])

    assert read_cache(file, [SIZE], NOW) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"form":1}',
        '{"form":2,"regions":[]}',
        '{"form":1,"regions":[{"region":"eastus"}]}',
        '{"form":1,"regions":[{"region":"eastus","readAt":"2026-11-24T12:00:00","sizes":[],"offers":[],"usages":[]}]}',
        '{"form":1,"regions":[{"region":"e","readAt":"x","sizes":[],"offers":[{"size":1}],"usages":[{"a":1}]}]}',
        '{"form":1,"regions":[{"region":"e","readAt":"x","sizes":[[]],"offers":[],"usages":[]}]}',
        "\x00\xff",
    ],
    ids=range(10),
)
def test_a_file_of_another_form_counts_for_nothing(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text, encoding="latin-1")

    assert read_cache(file, [SIZE], NOW) == {}


def test_a_value_of_another_type_counts_for_nothing(file: Path) -> None:
    write_cache(file, [REGION], [SIZE])
    data = json.loads(file.read_text("utf-8"))
    data["regions"][0]["usages"][0]["limit"] = "many"
    file.write_text(json.dumps(data), "utf-8")

    assert read_cache(file, [SIZE], NOW) == {}


def test_a_moment_without_a_time_zone_counts_for_nothing(file: Path) -> None:
    write_cache(file, [dataclasses.replace(REGION, read_at=NOW.replace(tzinfo=None))], [SIZE])

    assert read_cache(file, [SIZE], NOW) == {}


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "aigpu").write_text("a file in the way", "utf-8")
    file = cache_file(str(tmp_path), "subscription")

    write_cache(file, [REGION], [SIZE])

    assert read_cache(file, [SIZE], NOW) == {}


def test_nothing_is_left_beside_the_file(file: Path) -> None:
    write_cache(file, [REGION], [SIZE])
    write_cache(file, [REGION], [SIZE])

    assert [one.name for one in file.parent.iterdir()] == ["regions-subscription.json"]
