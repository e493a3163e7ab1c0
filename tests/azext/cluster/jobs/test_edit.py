from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cluster.jobs.documents import parse_documents
from azext_aigpu.cluster.jobs.edit import EditError, edit_text, find_layout


def edit(text: str, data: Any) -> str:
    (document,) = parse_documents(text, "text")
    return edit_text(text, [(document, data, find_layout(document))])


@pytest.mark.parametrize(
    ("before", "data", "after"),
    [
        pytest.param("a: 1 # x\n", {"a": 1}, "a: 1 # x\n", id="nothing"),
        pytest.param("a: 1 # x\nb: 2\n", {"a": 3, "b": 2}, "a: 3 # x\nb: 2\n", id="value"),
        pytest.param("a: 'x'\n", {"a": "yes"}, 'a: "yes"\n', id="a-text-that-looks-like-a-truth"),
        pytest.param("a: 1", {"a": 1, "b": 2}, "a: 1\nb: 2", id="key-without-last-newline"),
        pytest.param("a: 1\r\nb: 2", {"a": 1, "b": 2, "c": 3}, "a: 1\r\nb: 2\r\nc: 3", id="the-same-on-windows"),
        pytest.param(
            "a: 1\r\nb: x\r\n", {"a": 1, "b": "x", "c": 2}, "a: 1\r\nb: x\r\nc: 2\r\n", id="line-ends-of-windows"
        ),
        pytest.param(
            "a:\n  b: 1\n  # c\nd: 2\n",
            {"a": {"b": 1, "e": 3}, "d": 2},
            "a:\n  b: 1\n  # c\n  e: 3\nd: 2\n",
            id="key-below-its-comments",
        ),
        pytest.param(
            "a:\n  b: 1\n# d is\nd: 2\n",
            {"a": {"b": 1, "e": 3}, "d": 2},
            "a:\n  b: 1\n  e: 3\n# d is\nd: 2\n",
            id="key-above-the-comments-of-others",
        ),
        pytest.param("a: {}\nb: 1\n", {"a": {"c": 1}, "b": 1}, "a:\n  c: 1\nb: 1\n", id="empty-braces"),
        pytest.param("a: # why\nb: 1\n", {"a": {"c": 1}, "b": 1}, "a: # why\n  c: 1\nb: 1\n", id="null"),
        pytest.param("a: []\n", {"a": [{"b": 1}]}, "a:\n- b: 1\n", id="empty-brackets"),
        pytest.param("a: null\n", {"a": ["x"]}, 'a: ["x"]\n', id="null-to-a-list"),
        pytest.param(
            "a:\n- b: 1\n",
            {"a": [{"b": 1}, {"c": {"d": 2}, "e": 3}]},
            "a:\n- b: 1\n- c:\n    d: 2\n  e: 3\n",
            id="item-at-the-end",
        ),
        pytest.param("a:\n  # one\n  - 1\n", {"a": [0, 1]}, "a:\n  - 0\n  # one\n  - 1\n", id="item-at-the-start"),
        pytest.param("a:\n  - 1 # x\n  - 2\n  - 3\n", {"a": [1, 3]}, "a:\n  - 1 # x\n  - 3\n", id="item-gone"),
        pytest.param(
            "a:\n  - 1\n  - 2\n  - 3\n", {"a": [1, 7, 8, 3]}, "a:\n  - 1\n  - 7\n  - 8\n  - 3\n", id="items-for-another"
        ),
        pytest.param(
            "a: [x, 'y'] # z\n", {"a": ["n", "x", "y"]}, "a: [\"n\", x, 'y'] # z\n", id="brackets-at-the-start"
        ),
        pytest.param("a: [x, y]\n", {"a": ["x", "y", "n"]}, 'a: [x, y, "n"]\n', id="brackets-at-the-end"),
        pytest.param(
            "a: [x, y, z]\n", {"a": ["x", "n", "m", "z"]}, 'a: [x, "n", "m", z]\n', id="brackets-in-the-middle"
        ),
        pytest.param(
            "a: |\n  b\n\nc: 1\n", {"a": "b\n", "c": 1, "d": 2}, "a: |\n  b\n\nc: 1\nd: 2\n", id="block-of-text"
        ),
        pytest.param(
            "a:\n  b: |+\n    x\n\nc: 1\n",
            {"a": {"b": "x\n\n", "d": 2}, "c": 1},
            "a:\n  b: |+\n    x\n\n  d: 2\nc: 1\n",
            id="block-with-its-blank-lines",
        ),
        pytest.param("a:\n  b: 1\n  c: 2\n", {"a": {"b": 1}}, "a:\n  b: 1\n", id="key-gone"),
        pytest.param("a: {b: 1}\n", {"a": {"b": 2}}, "a: {b: 2}\n", id="value-in-braces"),
        pytest.param(
            "a:\n    b:\n        c: 1\n",
            {"a": {"b": {"c": 1, "d": {"e": 2}}}},
            "a:\n    b:\n        c: 1\n        d:\n            e: 2\n",
            id="four-blanks",
        ),
    ],
)
def test_only_what_differs_is_written(before: str, data: Any, after: str) -> None:
    assert edit(before, data) == after
    (document,) = parse_documents(after, "after")
    assert document.data == data


@pytest.mark.parametrize(
    ("text", "data", "told"),
    [
        pytest.param("a: {b: 1}\n", {"a": {"b": 1, "c": 2}}, "line 1: this is written in braces", id="braces"),
        pytest.param(
            "a: [{b: 1}]\n", {"a": [{"b": 1}, {"c": 2}]}, "line 1: this list is written in brackets", id="brackets"
        ),
        pytest.param(
            "a: &x\n  b: 1\nc: *x\n", {"a": {"b": 2}, "c": {"b": 1}}, "an anchor or alias shares this", id="anchor"
        ),
        pytest.param(
            "a: &x\n  b: 1\nc: *x\n", {"a": {"b": 1}, "c": {"b": 2}}, "line 3: an anchor or alias", id="alias"
        ),
        pytest.param(
            "a: &x\n  b:\n    c: 1\n", {"a": {"b": {"c": 2}}}, "an anchor or alias shares this", id="within-an-anchor"
        ),
        pytest.param(
            "x: &x {b: 1}\na:\n  <<: *x\n  c: 1\n",
            {"x": {"b": 1}, "a": {"b": 1, "c": 1, "d": 2}},
            "a merge key",
            id="merge",
        ),
        pytest.param("a: |\n  x\n", {"a": "y"}, "another kind of value", id="block-of-text"),
        pytest.param("a: x\n", {"a": {"b": 1}}, "another kind of value", id="text-to-mapping"),
        pytest.param("- a: 1\n  b: 2\n", [{"b": 2}], "the key a would have to go", id="key-behind-a-dash"),
    ],
)
def test_what_would_touch_its_neighbours_is_refused(text: str, data: Any, told: str) -> None:
    with pytest.raises(EditError) as caught:
        edit(text, data)
    assert told in str(caught.value)
