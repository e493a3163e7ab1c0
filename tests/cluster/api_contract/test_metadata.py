"""The API contract: a node's labels, annotations, identity and resource version."""

from __future__ import annotations

import pytest

from tests.cluster.api_contract.nodes import OURS, PATCHES, TAINT, patch, path, status_path, version
from tests.cluster.conftest import MakeNode, Server

pytestmark = pytest.mark.api_contract


class TestMetadata:
    @pytest.mark.parametrize("kind", PATCHES.values(), ids=PATCHES)
    def test_null_takes_an_annotation_away(self, api: Server, make_node: MakeNode, kind: str) -> None:
        node = make_node(annotations={"aigpu.io/proof": "x", "other": "y"})
        after = api.admin.patch(path(node), {"metadata": {"annotations": {"aigpu.io/proof": None}}}, kind)
        assert "aigpu.io/proof" not in after["metadata"]["annotations"]
        assert after["metadata"]["annotations"]["other"] == "y"

    @pytest.mark.parametrize(
        ("labels", "said"),
        [({"aigpu.io/x": "not a value"}, '"not a value"'), ({"a/b/c": "v"}, '"a/b/c"')],
        ids=["value", "key"],
    )
    def test_a_label_that_is_none_is_refused(
        self, api: Server, make_node: MakeNode, labels: dict[str, str], said: str
    ) -> None:
        answer = patch(api, path(make_node()), {"metadata": {"labels": labels}})
        assert (answer.status, answer.reason) == (422, "Invalid")
        assert said in answer.message

    def test_a_value_that_is_no_text_is_refused(self, api: Server, make_node: MakeNode) -> None:
        answer = patch(api, path(make_node()), {"metadata": {"annotations": {"a": 5}}})
        assert (answer.status, answer.reason) == (422, "Invalid")

    def test_the_name_cannot_be_another_one(self, api: Server, make_node: MakeNode) -> None:
        answer = patch(api, path(make_node()), {"metadata": {"name": "other"}})
        assert (answer.status, answer.reason) == (400, "BadRequest")

    def test_another_uid_is_refused(self, api: Server, make_node: MakeNode) -> None:
        answer = patch(api, path(make_node()), {"metadata": {"uid": "other", "annotations": {"a": "b"}}})
        assert (answer.status, answer.reason) == (422, "Invalid")
        assert "field is immutable" in answer.message


class TestResourceVersion:
    def test_a_change_moves_it(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        before = version(api, node)
        api.admin.patch(status_path(node), {"status": {"conditions": [OURS]}})
        assert int(version(api, node)) > int(before)

    def test_a_patch_that_changes_nothing_leaves_it(self, api: Server, make_node: MakeNode) -> None:
        node = make_node(conditions=[OURS])
        before = version(api, node)
        after = api.admin.patch(status_path(node), {"status": {"conditions": [OURS]}})
        assert after["metadata"]["resourceVersion"] == before

    @pytest.mark.parametrize("kind", PATCHES.values(), ids=PATCHES)
    def test_a_stale_one_is_a_conflict(self, api: Server, make_node: MakeNode, kind: str) -> None:
        node = make_node()
        stale = version(api, node)
        api.admin.patch(path(node), {"metadata": {"annotations": {"moved": "on"}}})
        body = {"metadata": {"resourceVersion": stale}, "spec": {"taints": [TAINT]}}
        answer = patch(api, path(node), body, kind)
        assert (answer.status, answer.reason) == (409, "Conflict")
        assert "the object has been modified" in answer.message
        assert not api.admin.get(path(node))["spec"].get("taints")

    def test_the_present_one_is_taken(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        body = {"metadata": {"resourceVersion": version(api, node)}, "spec": {"taints": [TAINT]}}
        assert api.admin.patch(path(node), body)["spec"]["taints"] == [TAINT]
