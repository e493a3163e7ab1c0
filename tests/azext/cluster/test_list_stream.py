from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from azext_aigpu.cluster.list_stream import NoListError, parse_list

METADATA = {"resourceVersion": "7", "continue": "abc"}
ITEMS = [{"name": "a", "text": 'é "items":[{ ]} \\'}, {}, {"number": -1.5e3, "deep": [[{"x": None}]], "yes": True}]
LIST = {"kind": "NodeList", "apiVersion": "v1", "metadata": METADATA, "items": ITEMS}
COMPACT = json.dumps(LIST, ensure_ascii=False, separators=(",", ":")).encode()


def read(*pieces: bytes) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The objects, and the metadata that were seen."""
    seen: list[Mapping[str, Any]] = []
    return list(parse_list(pieces, seen.append)), seen


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
def test_the_pieces_may_end_anywhere(size: int) -> None:
    pieces = [COMPACT[start : start + size] for start in range(0, len(COMPACT), size)]

    assert read(*pieces) == (ITEMS, [METADATA])


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(LIST, indent=2),
        json.dumps({"items": ITEMS, "metadata": METADATA}),
        f"\n {json.dumps(LIST)} \r\n\t",
        json.dumps({**LIST, "more": 12, "metadata": METADATA}),
    ],
    ids=["indented", "items first", "blanks around", "other fields"],
)
def test_order_and_blanks_do_not_matter(text: str) -> None:
    assert read(text.encode()) == (ITEMS, [METADATA])


@pytest.mark.parametrize("items", ["[]", "null", "[ ]"])
def test_an_empty_list_has_no_objects(items: str) -> None:
    assert read(f'{{"metadata":{{}},"items":{items}}}'.encode()) == ([], [{}])


def test_the_metadata_are_known_before_an_object_has_come() -> None:
    seen: list[Mapping[str, Any]] = []

    def pieces() -> Iterator[bytes]:
        yield b'{"metadata":{"continue":"x"},"items":['
        assert seen == [{"continue": "x"}]
        yield b'{"a":1}'
        yield b"]}"

    assert list(parse_list(pieces(), seen.append)) == [{"a": 1}]


def test_an_object_is_given_out_before_the_list_has_come() -> None:
    given: list[Mapping[str, Any]] = []

    def pieces() -> Iterator[bytes]:
        yield b'{"metadata":{},"items":[{"a":1},{"b'
        yield b'":2},'
        assert given == [{"a": 1}, {"b": 2}]
        yield b'{"c":3}]}'

    given.extend(parse_list(pieces(), lambda _: None))

    assert given[2:] == [{"c": 3}]


def test_a_text_that_is_cut_off_anywhere_is_no_list() -> None:
    for end in range(len(COMPACT)):
        with pytest.raises(ValueError):  # noqa: PT011  which of them depends on the place
            read(COMPACT[:end])


@pytest.mark.parametrize(
    "text",
    [
        b'{"metadata":{},"items":[{}]}x',
        b'{"metadata":{},"items":[{}]}{}',
        b'{"metadata":{},"items":[{},]}',
        b'{"metadata":{},"items":[{}{}]}',
        b'{"metadata":{} "items":[]}',
        b'{"metadata":{},"items" []}',
        b'{metadata:{},"items":[]}',
        b'{"metadata":{},"items":[{"a":1]}',
        b'{"metadata":{},"items":[{"a":"\xff"}]}',
        b'{"metadata":{},"items":[],"items":[]}',
        b'{"metadata":{},"metadata":{},"items":[]}',
        b"<html>a proxy</html>",
    ],
    ids=[
        *("behind the end", "two", "comma too many", "comma too few", "fields run together", "no colon", "bare key"),
        *("half an object", "no utf-8", "items twice", "metadata twice", "html"),
    ],
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read(text)


@pytest.mark.parametrize(
    "value",
    [
        [],
        "text",
        12,
        {},
        {"items": []},
        {"metadata": {}},
        {"metadata": [], "items": []},
        {"metadata": {}, "items": {}},
        {"metadata": {}, "items": [{"a": 1}, "b"]},
        {"kind": "Status", "metadata": {}, "status": "Failure"},
    ],
    ids=json.dumps,
)
def test_what_is_no_list_of_objects_is_refused(value: object) -> None:
    with pytest.raises(NoListError):
        read(json.dumps(value).encode())


def test_no_depth_ends_the_program() -> None:
    with pytest.raises(RecursionError):
        read(b'{"metadata":{},"items":[' + b"[" * 100_000)
