"""The classes of XIDs, and the file that takes their place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from node_agent.daemon.xids import CLASSES, ClassesError, parse_classes, read_classes, treatment

CATALOGUE_SAYS_NOTHING = {56, 57, 58, 65, 73, 81, 123, 142}
"""Numbers that NVIDIA's catalogue calls unused and other tools act on."""


def test_every_class_names_its_source() -> None:
    classes = read_classes(None)
    assert {one.treatment for one in classes.values()} == set(CLASSES)
    assert all(one.source and one.meaning for one in classes.values())


@pytest.mark.parametrize(
    ("number", "expected"), [(13, "app"), (63, "watch"), (48, "drain"), (79, "dead"), (4711, "watch"), (0, "watch")]
)
def test_the_classes(number: int, expected: str) -> None:
    assert treatment(number, read_classes(None)) == expected


@pytest.mark.parametrize("number", sorted(CATALOGUE_SAYS_NOTHING))
def test_a_number_that_nvidia_gives_no_meaning_faults_no_node(number: int) -> None:
    assert treatment(number, read_classes(None)) == "watch"


def test_a_file_takes_the_place_of_some(tmp_path: Path) -> None:
    file = tmp_path / "classes.json"
    file.write_text(json.dumps({"xids": [{"xid": 79, "class": "watch"}, {"xid": 4711, "class": "drain"}]}))
    classes = read_classes(str(file))
    assert [treatment(number, classes) for number in (79, 4711, 48)] == ["watch", "drain", "drain"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not of the form"),
        ("[]", "not of the form"),
        ("{}", "not of the form"),
        ('{"xids": [{"xid": 79}]}', "not of the form"),
        ('{"xids": [{"xid": "79", "class": "dead"}]}', "has class"),
        ('{"xids": [{"xid": 79, "class": "dead"}, {"xid": 79, "class": "watch"}]}', "stands there twice"),
        ('{"xids": [{"xid": 79, "class": "dead", "class": "watch"}]}', "stands there twice"),
        ('{"xids": [{"xid": 79, "class": "dead"}], "xids": []}', "stands there twice"),
        ("[" * 100_000, "not of the form"),
        ('{"xids": [{"xid": 79, "class": "fatal"}]}', "none of app, watch, drain, dead"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(text: str, says: str) -> None:
    with pytest.raises(ClassesError, match=says):
        parse_classes(text, "classes.json")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "classes").write_bytes(b"\xff\xfe")
    with pytest.raises(ClassesError, match="no text"):
        read_classes(str(tmp_path / "classes"))
