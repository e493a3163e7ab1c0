from __future__ import annotations

import json
from pathlib import Path

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.preflight.labels_file import MOST_CHARACTERS, parse_labels_text, read_labels

WANTED = {"aigpu.io/gpu-count": "2", "hardware": "gpu"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(WANTED),
        'aigpu.io/gpu-count="2"\nhardware="gpu"\n',
        "aigpu.io/gpu-count=2\n\n  hardware=gpu",
        "hardware=gpu\nhardware=gpu\naigpu.io/gpu-count=2",
    ],
    ids=["JSON of kubectl", "downward API", "plain lines", "the same twice"],
)
def test_labels_are_read_in_the_forms_in_which_they_come(text: str) -> None:
    assert parse_labels_text(text, "labels") == Known(WANTED)


@pytest.mark.parametrize(
    "text",
    [
        "hardware",
        'hardware="gpu',
        'hardware="1"2"',
        '{"hardware": 1}',
        "{not json",
        '{"a": "1", "a": "2"}',
        '{"a":' * 100_000,
        "a=1\na=2",
        "ha rdware=gpu",
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_labels_is_unknown_and_says_where(text: str) -> None:
    reading = parse_labels_text(text, "labels.txt")
    assert isinstance(reading, Unknown)
    assert "labels.txt" in reading.reason


def test_a_file_that_is_not_there_is_unknown_and_none_named_is_none(tmp_path: Path) -> None:
    reading = read_labels(str(tmp_path / "gone"))
    assert isinstance(reading, Unknown)
    assert "No such file" in reading.reason
    assert read_labels(None) is None
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert isinstance(read_labels(str(tmp_path / "binary")), Unknown)


def test_a_file_that_is_too_long_is_not_read_in_part(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    longest = "aigpu.io/gpu-count=".ljust(MOST_CHARACTERS, "1")
    path.write_text(longest)
    assert isinstance(read_labels(str(path)), Known)
    path.write_text(longest + "1")
    assert read_labels(str(path)) == Unknown(f"the labels file {path} has more than {MOST_CHARACTERS} characters")
