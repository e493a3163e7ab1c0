from __future__ import annotations

import json
import os
import time
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.paging import read_list
from tests.azext.cluster.fake_kubectl import FakeKubectl

EXPIRED = "Error from server (Expired): The provided continue parameter is too old"


def page(*names: str, place: str = "", version: str = "1") -> dict[str, Any]:
    metadata = {"resourceVersion": version, **({"continue": place} if place else {})}
    return {"metadata": metadata, "items": [{"metadata": {"name": name}} for name in names]}


def name_of(item: Mapping[str, Any]) -> str | None:
    name = str(item["metadata"]["name"])
    return None if name == "dull" else name


def test_every_page_is_read_and_what_is_dull_is_left_out(fake: FakeKubectl) -> None:
    fake.answers("get --raw /nodes?limit=2", page("a", "dull", place="x/+="))
    fake.answers("get --raw /nodes?limit=2&continue=x%2F%2B%3D", page("b"))

    assert read_list(fake.kubectl, "/nodes", name_of, page=2) == ["a", "b"]


@pytest.mark.parametrize("items", [[], None], ids=["empty", "null"])
def test_an_empty_list_is_one(fake: FakeKubectl, items: object) -> None:
    fake.answers("get --raw /nodes?limit=1000", {"metadata": {}, "items": items})

    assert read_list(fake.kubectl, "/nodes", name_of) == []


def test_a_place_that_the_server_forgot_starts_the_list_anew(fake: FakeKubectl) -> None:
    fake.answers("get --raw /nodes?limit=1", page("a", place="old"))
    fake.answers("get --raw /nodes?limit=1", page("c", place="new"))
    fake.fails("get --raw /nodes?limit=1&continue=old", EXPIRED)
    fake.answers("get --raw /nodes?limit=1&continue=new", page("d"))

    assert read_list(fake.kubectl, "/nodes", name_of, page=1) == ["c", "d"]


def test_a_list_that_expires_again_and_again_is_given_up(fake: FakeKubectl) -> None:
    fake.answers("get --raw /nodes?limit=1", page("a", place="old"))
    fake.fails("get --raw /nodes?limit=1&continue=old", EXPIRED)

    with pytest.raises(KubectlError, match="too old"):
        read_list(fake.kubectl, "/nodes", name_of, page=1)

    assert len(fake.calls) == 6


def test_a_failure_on_a_later_page_is_no_shorter_list(fake: FakeKubectl) -> None:
    fake.answers("get --raw /nodes?limit=1", page("a", place="x"))
    fake.fails("get --raw /nodes?limit=1&continue=x", "Error from server (InternalError): etcd")

    with pytest.raises(KubectlError, match="etcd"):
        read_list(fake.kubectl, "/nodes", name_of, page=1)


@pytest.mark.parametrize(
    "answer",
    [[], "text", {"items": []}, {"metadata": {}}, {"metadata": {}, "items": {}}, {"kind": "Status"}],
    ids=["list", "text", "no metadata", "no items", "items no list", "status"],
)
def test_what_is_no_list_is_an_error_and_not_an_empty_one(fake: FakeKubectl, answer: object) -> None:
    fake.answers("get --raw /nodes?limit=1000", answer if not isinstance(answer, str) else f'"{answer}"')

    with pytest.raises(KubectlError, match="no list of objects"):
        read_list(fake.kubectl, "/nodes", name_of)


def test_a_page_that_breaks_off_is_no_shorter_list(fake: FakeKubectl) -> None:
    whole = json.dumps(page("a", "b"))
    fake.answers("get --raw /nodes?limit=1000", whole[:-3], stderr="error: unexpected EOF\n", code=1)

    with pytest.raises(KubectlError, match="unexpected EOF"):
        read_list(fake.kubectl, "/nodes", name_of)


def test_a_page_that_breaks_off_without_a_word_is_no_shorter_list(fake: FakeKubectl) -> None:
    fake.answers("get --raw /nodes?limit=1", page("a", place="x"))
    fake.answers("get --raw /nodes?limit=1&continue=x", json.dumps(page("b"))[:-2])

    with pytest.raises(KubectlError, match=r"is not JSON: .*metadata"):
        read_list(fake.kubectl, "/nodes", name_of, page=1)


def test_what_kubectl_says_counts_before_what_it_printed(fake: FakeKubectl) -> None:
    fake.answers("get --raw /nodes?limit=1000", "{]", stderr="Error from server (Forbidden): no\n", code=1)

    with pytest.raises(KubectlError) as caught:
        read_list(fake.kubectl, "/nodes", name_of)

    assert caught.value.kind == "forbidden"


def test_pages_of_two_versions_are_no_list_and_it_is_read_anew(fake: FakeKubectl) -> None:
    fake.answers("get --raw /nodes?limit=1", page("a", place="x"))
    fake.answers("get --raw /nodes?limit=1&continue=x", page("b", version="2"))
    fake.answers("get --raw /nodes?limit=1&continue=x", page("c"))

    assert read_list(fake.kubectl, "/nodes", name_of, page=1) == ["a", "c"]


def test_pages_of_two_versions_again_and_again_are_an_error(fake: FakeKubectl) -> None:
    fake.answers("get --raw /nodes?limit=1", page("a", place="x"))
    fake.answers("get --raw /nodes?limit=1&continue=x", page("b", version="2"))

    with pytest.raises(KubectlError, match=r"at different times \(1, 2\)"):
        read_list(fake.kubectl, "/nodes", name_of, page=1)


def test_a_page_that_leads_to_itself_is_an_error(fake: FakeKubectl) -> None:
    fake.answers("get --raw /nodes?limit=1", page("a", place="x"))
    fake.answers("get --raw /nodes?limit=1&continue=x", page("b", place="x"))

    with pytest.raises(KubectlError, match="same page again"):
        read_list(fake.kubectl, "/nodes", name_of, page=1)


FIRST_WAITS = """#!/bin/sh
# The first page ends only once somebody has asked for the second.
case "$3" in
*continue=x) echo $$ > {folder}/second; {second} ;;
*)  printf '{{"metadata":{{"continue":"x"}},"items":[{{"metadata":{{"name":"a"}}}}'
    for i in $(seq 1000); do [ -e {folder}/second ] && break; sleep 0.01; done
    [ -e {folder}/second ] || exit 9
    printf ']}}' ;;
esac
"""
ANSWERS = """printf '{{"metadata":{{}},"items":[{{"metadata":{{"name":"b"}}}}]}}'"""


def program(folder: Path, second: str) -> Kubectl:
    path = folder / "program"
    path.write_text(FIRST_WAITS.format(folder=folder, second=second), encoding="utf-8")
    path.chmod(0o755)
    return Kubectl(str(path))


def test_the_next_page_is_asked_for_while_one_is_taken_in(tmp_path: Path) -> None:
    kubectl = program(tmp_path, ANSWERS.format())

    assert read_list(kubectl, "/nodes", name_of) == ["a", "b"]


def test_a_page_that_is_not_wanted_any_more_is_ended(tmp_path: Path) -> None:
    kubectl = program(tmp_path, "exec sleep 60")

    def refuse(item: Mapping[str, Any]) -> str:
        wait_for(tmp_path / "second")
        raise RuntimeError(item)

    with pytest.raises(RuntimeError):
        read_list(kubectl, "/nodes", refuse)

    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "second").read_text(encoding="utf-8")), 0)


def wait_for(path: Path) -> None:
    until = time.monotonic() + 10
    while not (path.exists() and path.read_text(encoding="utf-8").strip()):
        assert time.monotonic() < until, "nobody asked for the next page"
        time.sleep(0.01)


def test_a_long_page_takes_little_memory(tmp_path: Path) -> None:
    """Of 20 MiB that come, a tenth at most is ever there."""
    item = json.dumps({"metadata": {"name": "a", "annotations": {"x": "y" * 50_000}}})
    text = tmp_path / "text"
    text.write_text('{"metadata":{},"items":[' + ",".join([item] * 400) + "]}", encoding="utf-8")
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\nexec cat {text}\n", encoding="utf-8")
    path.chmod(0o755)

    tracemalloc.start()
    try:
        found = read_list(Kubectl(str(path)), "/nodes", name_of)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(found) == 400
    assert most < text.stat().st_size / 10
