"""The API contract: a node's taints."""

from __future__ import annotations

import uuid

import pytest

from testbeds.cluster.client import JSON_PATCH
from testbeds.cluster.node_body import NOT_READY
from tests.cluster.api_contract.nodes import NODES, PATCHES, TAINT, Make, patch, path
from tests.cluster.conftest import MakeNode, Server

pytestmark = pytest.mark.api_contract

OTHER_TAINT = {"key": "other", "effect": "NoSchedule"}


class TestTaints:
    @pytest.mark.parametrize("kind", PATCHES.values(), ids=PATCHES)
    def test_a_patch_replaces_the_whole_list(self, api: Server, make_node: MakeNode, kind: str) -> None:
        node = make_node(taints=[OTHER_TAINT])
        assert api.admin.patch(path(node), {"spec": {"taints": [TAINT]}}, kind)["spec"]["taints"] == [TAINT]

    def test_an_empty_list_takes_them_away(self, api: Server, make_node: MakeNode) -> None:
        node = make_node(taints=[OTHER_TAINT])
        assert not api.admin.patch(path(node), {"spec": {"taints": []}})["spec"].get("taints")

    def test_json_patch_changes_one_when_its_test_holds(self, api: Server, make_node: MakeNode) -> None:
        node = make_node(taints=[OTHER_TAINT])
        body = [
            {"op": "test", "path": "/spec/taints/0/key", "value": "other"},
            {"op": "add", "path": "/spec/taints/-", "value": TAINT},
        ]
        assert api.admin.patch(path(node), body, JSON_PATCH)["spec"]["taints"] == [OTHER_TAINT, TAINT]

    @pytest.mark.parametrize(
        "operation",
        [
            {"op": "test", "path": "/spec/taints/0/key", "value": "another"},
            {"op": "test", "path": "/metadata/resourceVersion", "value": "1"},
            {"op": "remove", "path": "/spec/absent"},
        ],
        ids=["another value", "stale version", "absent field"],
    )
    def test_json_patch_that_does_not_apply_is_refused_with_no_hint(
        self, api: Server, make_node: MakeNode, operation: dict[str, str]
    ) -> None:
        node = make_node(taints=[OTHER_TAINT])
        body = [operation, {"op": "replace", "path": "/spec/taints", "value": []}]
        answer = patch(api, path(node), body, JSON_PATCH)
        assert (answer.status, answer.reason) == (422, "Invalid")
        assert answer.message == "the server rejected our request due to an error in our request"
        assert api.admin.get(path(node))["spec"]["taints"] == [OTHER_TAINT]

    @pytest.mark.parametrize(
        ("taints", "said"),
        [
            ([TAINT, {**TAINT, "value": "y"}], "taints must be unique by key and effect pair"),
            ([{**TAINT, "effect": "Never"}], 'Unsupported value: "Never"'),
            ([{"key": "a"}], "metadata.taints[0].effect: Required value"),
            ([{**TAINT, "key": "a b"}], 'metadata.taints[0].key: Invalid value: "a b"'),
        ],
        ids=["twice", "effect", "no effect", "key"],
    )
    def test_a_list_that_is_wrong_is_refused(
        self, api: Server, make_node: MakeNode, taints: list[dict[str, str]], said: str
    ) -> None:
        answer = patch(api, path(make_node()), {"spec": {"taints": taints}})
        assert (answer.status, answer.reason) == (422, "Invalid")
        assert said in answer.message

    def test_the_same_key_may_stand_with_two_effects(self, api: Server, make_node: MakeNode) -> None:
        both = [TAINT, {**TAINT, "effect": "PreferNoSchedule"}]
        assert api.admin.patch(path(make_node()), {"spec": {"taints": both}})["spec"]["taints"] == both

    @pytest.mark.usefixtures("api")
    def test_a_new_node_gets_the_taint_not_ready_besides(self, make: Make) -> None:
        body = {"metadata": {"name": f"new-{uuid.uuid4().hex[:8]}"}, "spec": {"taints": [TAINT]}}
        made = make(NODES, body)
        assert made["spec"]["taints"] == [TAINT, {"key": NOT_READY, "effect": "NoSchedule"}]
