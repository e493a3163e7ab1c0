from __future__ import annotations

import pytest

from azext_aigpu.cluster.kubectl import KubectlError
from azext_aigpu.cluster.served import parse_served, read_served
from tests.azext.cluster.fake_kubectl import FakeKubectl


def group(name: object, *versions: object) -> dict[str, object]:
    return {"name": name, "versions": [{"groupVersion": f"{name}/{one}", "version": one} for one in versions]}


WHOLE = {"kind": "APIGroupList", "groups": [group("apps", "v1"), group("batch", "v1", "v1beta1")]}


def test_groups_and_versions_are_read(fake: FakeKubectl) -> None:
    fake.answers("get --raw /apis", WHOLE)

    served = read_served(fake.kubectl)

    assert served.groups == {"apps": ("v1",), "batch": ("v1", "v1beta1")}
    assert served.missing == ()


@pytest.mark.parametrize(
    ("api_version", "has"),
    [
        ("v1", True),
        ("apps/v1", True),
        ("batch/v1beta1", True),
        ("batch/v2", False),
        ("ray.io/v1", False),
        ("v2", False),
    ],
)
def test_a_version_is_told_as_manifests_write_it(api_version: str, has: bool) -> None:
    served = parse_served(WHOLE)

    assert served is not None
    assert served.has(api_version) is has


def test_a_group_that_every_server_has_is_missed() -> None:
    served = parse_served({"groups": [group("apps", "v1")]})

    assert served is not None
    assert served.missing == ("batch",)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"groups": None},
        {"groups": {"apps": ["v1"]}},
        {"groups": [*WHOLE["groups"], None]},
        {"groups": [*WHOLE["groups"], "ray.io"]},
        {"groups": [*WHOLE["groups"], {"versions": [{"version": "v1"}]}]},
        {"groups": [*WHOLE["groups"], {"name": "ray.io"}]},
        {"groups": [*WHOLE["groups"], group("ray.io")]},
        {"groups": [*WHOLE["groups"], group("ray.io", None)]},
        {"groups": [*WHOLE["groups"], {"name": "ray.io", "versions": [{"version": "v1"}, "v2"]}]},
    ],
    ids=[
        "null", "list", "nothing", "no-groups", "map", "null-group", "text-group", "no-name", "no-versions",
        "empty-versions", "null-version", "half-a-version",
    ],
)  # fmt: skip
def test_what_is_no_list_of_groups_is_an_error_and_no_empty_server(fake: FakeKubectl, answer: object) -> None:
    fake.answers("get --raw /apis", answer)

    with pytest.raises(KubectlError, match="no list of API groups"):
        read_served(fake.kubectl)
