"""The API contract: conditions of a node, and the rest of its status."""

from __future__ import annotations

import pytest

from testbeds.cluster.client import JSON_MERGE, JSON_PATCH
from testbeds.cluster.node_body import GPU
from tests.cluster.api_contract.nodes import OURS, TAINT, conditions, patch, path, status_path
from tests.cluster.conftest import MakeNode, Server

pytestmark = pytest.mark.api_contract


class TestConditions:
    def test_strategic_merge_patch_adds_one_and_leaves_the_others(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        before = conditions(api.admin.get(path(node)))
        after = conditions(api.admin.patch(status_path(node), {"status": {"conditions": [OURS]}}))
        assert {**before, OURS["type"]: {**OURS, "lastHeartbeatTime": None, "lastTransitionTime": None}} == after

    def test_strategic_merge_patch_changes_the_fields_that_it_names(self, api: Server, make_node: MakeNode) -> None:
        node = make_node(conditions=[OURS])
        body = {"status": {"conditions": [{"type": OURS["type"], "status": "False"}]}}
        changed = conditions(api.admin.patch(status_path(node), body))[OURS["type"]]
        assert (changed["status"], changed["reason"], changed["message"]) == ("False", "Proven", "8 GPUs")

    def test_strategic_merge_patch_deletes_one(self, api: Server, make_node: MakeNode) -> None:
        node = make_node(conditions=[OURS])
        body = {"status": {"conditions": [{"type": OURS["type"], "$patch": "delete"}]}}
        left = conditions(api.admin.patch(status_path(node), body))
        assert OURS["type"] not in left
        assert "Ready" in left

    def test_deleting_one_that_is_not_there_is_no_error(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        body = {"status": {"conditions": [{"type": "no/such", "$patch": "delete"}]}}
        assert patch(api, status_path(node), body).status == 200

    def test_json_merge_patch_replaces_the_whole_list(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        after = api.admin.patch(status_path(node), {"status": {"conditions": [OURS]}}, JSON_MERGE)
        assert list(conditions(after)) == [OURS["type"]]

    def test_json_patch_appends_one(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        body = [{"op": "add", "path": "/status/conditions/-", "value": OURS}]
        assert {"Ready", OURS["type"]} <= set(conditions(api.admin.patch(status_path(node), body, JSON_PATCH)))

    def test_without_the_merge_key_it_is_an_internal_error(self, api: Server, make_node: MakeNode) -> None:
        answer = patch(api, status_path(make_node()), {"status": {"conditions": [{"status": "True"}]}})
        assert answer.status == 500
        assert "does not contain declared merge key: type" in answer.message

    def test_nothing_in_them_is_judged(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        body = {"status": {"conditions": [{"type": "bad type!", "status": "Maybe"}]}}
        assert conditions(api.admin.patch(status_path(node), body))["bad type!"]["status"] == "Maybe"

    def test_times_lose_their_fractions_and_their_zone(self, api: Server, make_node: MakeNode) -> None:
        times = {"lastHeartbeatTime": "2026-01-01T00:00:00.987654Z", "lastTransitionTime": "2026-01-01T02:00:00+02:00"}
        body = {"status": {"conditions": [{**OURS, **times}]}}
        kept = conditions(api.admin.patch(status_path(make_node()), body))[OURS["type"]]
        assert {kept[name] for name in times} == {"2026-01-01T00:00:00Z"}

    def test_what_is_no_time_is_refused(self, api: Server, make_node: MakeNode) -> None:
        body = {"status": {"conditions": [{**OURS, "lastHeartbeatTime": "soon"}]}}
        answer = patch(api, status_path(make_node()), body)
        assert (answer.status, answer.reason) == (422, "Invalid")
        assert 'parsing time "soon"' in answer.message


class TestStatusIsApart:
    def test_a_patch_of_the_status_ignores_the_spec(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        body = {"spec": {"taints": [TAINT], "unschedulable": True}, "status": {"conditions": [OURS]}}
        after = api.admin.patch(status_path(node), body)
        assert not after["spec"].get("taints")
        assert "unschedulable" not in after["spec"]
        assert OURS["type"] in conditions(after)

    def test_a_patch_of_the_status_applies_labels_and_annotations(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        metadata = {"labels": {"aigpu.io/driver": "580"}, "annotations": {"aigpu.io/proof": "boot"}}
        after = api.admin.patch(status_path(node), {"metadata": metadata})["metadata"]
        assert after["labels"]["aigpu.io/driver"] == "580"
        assert after["annotations"]["aigpu.io/proof"] == "boot"

    def test_a_patch_of_the_node_ignores_the_status(self, api: Server, make_node: MakeNode) -> None:
        body = {"status": {"conditions": [OURS], "allocatable": {GPU: "9"}}, "metadata": {"annotations": {"a": "b"}}}
        after = api.admin.patch(path(make_node(gpus=8)), body)
        assert OURS["type"] not in conditions(after)
        assert after["status"]["allocatable"][GPU] == "8"
        assert after["metadata"]["annotations"]["a"] == "b"

    def test_status_given_at_creation_is_kept(self, api: Server, make_node: MakeNode) -> None:
        node = api.admin.get(path(make_node(gpus=8, conditions=[OURS], boot_id="b-1")))
        assert conditions(node)[OURS["type"]]["status"] == "True"
        assert node["status"]["nodeInfo"]["bootID"] == "b-1"
        assert node["status"]["capacity"][GPU] == "8"
