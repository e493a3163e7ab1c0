from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from azext_aigpu.cluster.kubectl import KubectlError
from azext_aigpu.cluster.paging import read_list
from tests.azext.cluster.fake_kubectl import FakeKubectl

EXPIRED = "Error from server (Expired): The provided continue parameter is too old"


def page(*names: str, place: str = "") -> dict[str, Any]:
    metadata = {"resourceVersion": "1", **({"continue": place} if place else {})}
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
    fake.answers("get --raw /nodes?limit=500", {"metadata": {}, "items": items})

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
    fake.answers("get --raw /nodes?limit=500", answer if not isinstance(answer, str) else f'"{answer}"')

    with pytest.raises(KubectlError, match="no list of objects"):
        read_list(fake.kubectl, "/nodes", name_of)
