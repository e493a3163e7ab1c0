from __future__ import annotations

import pytest

from azext_aigpu.cluster.jobs.documents import MOST_CHARACTERS, parse_documents
from azext_aigpu.usage import UsageError


def parse(text: str) -> list[object]:
    return [document.data for document in parse_documents(text, "job.yaml")]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("# nothing\n---\n...\n---\n", [], id="comments-and-empty-documents"),
        pytest.param("a: 1\n---\nb: [x, 'y']\n", [{"a": 1}, {"b": ["x", "y"]}], id="documents"),
        pytest.param("a: &x {b: 1}\nc: *x\n", [{"a": {"b": 1}, "c": {"b": 1}}], id="alias"),
        pytest.param(
            "a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}\n", [{"a": {"b": 1, "c": 2}, "d": {"b": 3, "c": 2}}], id="merge"
        ),
        pytest.param("a: yes\nb: 0x10\nc: 1.5\nd: ~\n", [{"a": True, "b": 16, "c": 1.5, "d": None}], id="scalars"),
        pytest.param("on: 1\n2026-01-02: x\n", [{"on": 1, "2026-01-02": "x"}], id="keys-are-texts"),
        pytest.param("a: 2026-01-02\n", [{"a": "2026-01-02"}], id="dates-are-texts"),
        pytest.param("\ufeffa: 1\nb: 2\n", [{"a": 1, "b": 2}], id="byte-order-mark"),
        pytest.param('{"a": [1, "x"]}', [{"a": [1, "x"]}], id="json"),
        pytest.param("a: " + "9" * 5000, [{"a": "9" * 5000}], id="more-digits-than-python-counts"),
    ],
)
def test_yaml_is_read_as_kubernetes_reads_it(text: str, data: list[object]) -> None:
    assert parse(text) == data


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("a:\n\tb: 1\n", "job.yaml, line 2, column 1: found character '\\t'", id="tab"),
        pytest.param("a: b: c\n", "job.yaml, line 1, column 5: mapping values are not allowed", id="two-colons"),
        pytest.param(
            "a: 1\nb: 2\na: 3\n", "job.yaml, line 3, column 1: the key 'a' stands here a second time", id="twice"
        ),
        pytest.param("a: !env X\n", "job.yaml, line 1, column 4: the tag !env means nothing", id="tag"),
        pytest.param("a: !!python/name:os.system x\n", "job.yaml, line 1, column 4: the tag !!python", id="python-tag"),
        pytest.param("a: *b\n", "job.yaml, line 1, column 4: found undefined alias", id="alias-of-nothing"),
        pytest.param(
            "a: &b [*b]\n", "job.yaml, line 1, column 8: an alias means something that it is", id="alias-of-itself"
        ),
        pytest.param("a: 'x\n", "job.yaml, line 2, column 1: found unexpected end of stream", id="open-quote"),
        pytest.param("? [a]\n: b\n", "job.yaml, line 1, column 3: a key must be a plain text", id="list-as-key"),
        pytest.param("<<: 3\n", "job.yaml, line 1, column 5: << takes a mapping", id="merge-of-a-number"),
        pytest.param("a: 1\nb: \x07\n", "job.yaml, line 2: the character U+0007 may not stand in YAML", id="control"),
        pytest.param("[" * 100_000, "nested deeper than 64 levels", id="brackets-without-end"),
        pytest.param("- " * 500 + "x", "nested deeper than 64 levels", id="lists-without-end"),
        pytest.param("#" * (MOST_CHARACTERS + 1), "are read up to", id="too-large"),
    ],
)
def test_what_is_no_manifest_is_told_by_line_and_column(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert told in caught.value.message
    assert caught.value.recommendation


def test_a_few_lines_that_mean_gigabytes_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    with pytest.raises(UsageError, match="with its aliases written out"):
        parse("\n".join(lines))


def test_a_long_manifest_is_read() -> None:
    job = "kind: Job\nmetadata:\n  name: n\nspec:\n  args:\n" + "  - --flag\n" * 20 + "---\n"

    assert len(parse(job * 400)) == 400
