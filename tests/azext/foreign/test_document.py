from __future__ import annotations

import json

import pytest

from azext_aigpu.foreign import document
from azext_aigpu.foreign.document import MOST_DEPTH, UnreadableDocument, parse_document


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"a": 1}', id="utf-8"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', id="utf-8-with-mark"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="utf-16-as-powershell-writes-it"),
        pytest.param(b"\xfe\xff" + '{"a": 1}'.encode("utf-16-be"), id="utf-16-big-endian"),
    ],
)
def test_json_is_read_in_every_encoding_that_shells_write(content: bytes) -> None:
    assert parse_document(content, "plan.json") == {"a": 1}


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        pytest.param(b"", "plan.json", "it is empty", id="empty"),
        pytest.param(b" \n", "plan.json", "it is empty", id="blank"),
        pytest.param(b"PK\x03\x04rest", "tfplan", "terraform show -json", id="saved-plan"),
        pytest.param(b"\x1f\x8brest", "plan.json", "it is compressed", id="gzip"),
        pytest.param(b"param x string", "main.bicep", "az bicep build", id="bicep"),
        pytest.param(b"using 'main.bicep'", "main.bicepparam", "az bicep build-params", id="bicepparam"),
        pytest.param(b"resource x {}", "main.tf", "terraform show -json", id="terraform-source"),
        pytest.param(b'{"a": 1,}', "plan.json", "line 1, column 9", id="not-json"),
        pytest.param(b'{"a": "x\x00"}', "plan.json", "NUL", id="nul"),
        pytest.param(b'{"a": "\xff"}', "plan.json", "UTF-8", id="not-text"),
        pytest.param(b'{"a": {"b": 1, "b": 2}}', "plan.json", "'b' stands twice", id="repeated-key"),
        pytest.param(b'{"a": NaN}', "plan.json", "NaN", id="nan"),
        pytest.param(b"[1]", "plan.json", "a list", id="list"),
        pytest.param(b'"x"', "plan.json", "a text", id="text"),
        pytest.param(b"null", "plan.json", "null", id="null"),
        pytest.param(b"[" * 100_000, "plan.json", "nested", id="brackets-without-end"),
        pytest.param(b'{"a":' * 500 + b"1" + b"}" * 500, "plan.json", "nested", id="deep"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", "plan.json", "digits", id="endless-number"),
    ],
)
def test_what_is_no_document_is_told_with_its_name(content: bytes, name: str, told: str) -> None:
    with pytest.raises(UnreadableDocument) as refusal:
        parse_document(content, name)

    assert str(refusal.value).startswith(name + ": ")
    assert told in str(refusal.value)


def test_a_document_that_is_too_large_is_not_even_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MOST_BYTES", 1024 * 1024)

    with pytest.raises(UnreadableDocument, match="more than 1 MiB"):
        parse_document(b"\xff" * (1024 * 1024 + 1), "plan.json")


def test_the_depth_of_real_plans_is_taken() -> None:
    value: object = 1
    for _ in range(MOST_DEPTH - 2):
        value = {"a": value}

    assert parse_document(json.dumps(value).encode(), "plan.json")
