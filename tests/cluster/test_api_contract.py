"""What a Kubernetes API server says to those who patch nodes: the one list of cases, for the real one and the stand-in.

The stand-in is right as far as this suite goes, and no further. What only a real server does is in the other files.
"""

from __future__ import annotations

import datetime
import email.utils
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from testbeds.cluster import Client, LocalCluster, RefusedError, StandIn
from testbeds.cluster.client import JSON, JSON_MERGE, JSON_PATCH, STRATEGIC_MERGE, Answer
from testbeds.cluster.node_body import GPU, LEASE_NAMESPACE, NOT_READY
from tests.cluster.conftest import MakeNode, Server

pytestmark = pytest.mark.api_contract

Make = Callable[[str, dict[str, Any]], dict[str, Any]]

NODES = "/api/v1/nodes"
EVENTS = "/api/v1/namespaces/default/events"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{LEASE_NAMESPACE}/leases"
OURS = {"type": "aigpu.io/GPUReady", "status": "True", "reason": "Proven", "message": "8 GPUs"}
TAINT = {"key": "aigpu.io/test", "effect": "NoSchedule", "value": "x"}
OTHER_TAINT = {"key": "other", "effect": "NoSchedule"}
PATCHES = {"strategic": STRATEGIC_MERGE, "json merge": JSON_MERGE}


def path(node: str) -> str:
    return f"{NODES}/{node}"


def status_path(node: str) -> str:
    return f"{NODES}/{node}/status"


def patch(api: Server, where: str, body: Any, kind: str = STRATEGIC_MERGE) -> Answer:
    return api.admin.send("PATCH", where, body, kind)


def conditions(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {condition["type"]: condition for condition in node["status"]["conditions"]}


def version(api: Server, node: str) -> str:
    return str(api.admin.get(path(node))["metadata"]["resourceVersion"])


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


class TestEvents:
    def event(self, **fields: Any) -> dict[str, Any]:
        about = {"apiVersion": "v1", "kind": "Node", "name": "gpu-0"}
        said = {"reason": "GPULost", "message": "7 of 8 GPUs", "type": "Warning"}
        return {"metadata": {"generateName": "gpu-0."}, "involvedObject": about, **said, **fields}

    def test_one_about_a_node_is_taken_in_the_namespace_default(self, api: Server, make: Make) -> None:
        made = make(EVENTS, self.event())
        assert made["metadata"]["name"].startswith("gpu-0.")
        assert len(made["metadata"]["name"]) > len("gpu-0.")
        assert api.admin.get(f"{EVENTS}/{made['metadata']['name']}")["reason"] == "GPULost"

    def test_one_about_a_node_is_refused_in_another_namespace(self, api: Server) -> None:
        answer = api.admin.send("POST", EVENTS.replace("default", "kube-system"), self.event())
        assert (answer.status, answer.reason) == (422, "Invalid")
        assert "does not match event.namespace" in answer.message

    def test_one_that_names_another_namespace_than_the_url_is_refused(self, api: Server) -> None:
        body = self.event(metadata={"name": "x", "namespace": "kube-system"})
        answer = api.admin.send("POST", EVENTS, body)
        assert (answer.status, answer.reason) == (400, "BadRequest")

    @pytest.mark.usefixtures("api")
    def test_type_and_length_are_not_judged(self, make: Make) -> None:
        made = make(EVENTS, self.event(type="Critical", message="x" * 5000))
        assert (made["type"], len(made["message"])) == ("Critical", 5000)

    def test_the_count_is_raised_by_a_patch(self, api: Server, make: Make) -> None:
        name = make(EVENTS, self.event(count=1))["metadata"]["name"]
        raised = {"count": 2, "lastTimestamp": "2026-01-01T00:00:00Z"}
        after = api.admin.patch(f"{EVENTS}/{name}", raised)
        assert (after["count"], after["lastTimestamp"], after["message"]) == (2, "2026-01-01T00:00:00Z", "7 of 8 GPUs")


class TestLeases:
    def lease(self, **spec: Any) -> dict[str, Any]:
        own = {"holderIdentity": "agent", "leaseDurationSeconds": 180, "renewTime": "2026-01-01T00:00:00.000000Z"}
        return {"metadata": {"name": f"aigpu-{uuid.uuid4().hex[:8]}"}, "spec": {**own, **spec}}

    def test_one_is_made_once(self, api: Server, make: Make) -> None:
        body = self.lease()
        make(LEASES, body)
        answer = api.admin.send("POST", LEASES, body)
        assert (answer.status, answer.reason) == (409, "AlreadyExists")

    def test_it_is_renewed_by_a_put_of_what_was_answered_last(self, api: Server, make: Make) -> None:
        lease = make(LEASES, self.lease())
        where = f"{LEASES}/{lease['metadata']['name']}"
        lease["spec"]["renewTime"] = "2026-01-01T00:01:00.000000Z"
        renewed = api.admin.put(where, lease)
        assert renewed["spec"]["renewTime"] == "2026-01-01T00:01:00.000000Z"
        lease["spec"]["renewTime"] = "2026-01-01T00:02:00.000000Z"
        answer = api.admin.send("PUT", where, lease)
        assert (answer.status, answer.reason) == (409, "Conflict")

    def test_it_is_renewed_by_a_patch_with_no_version(self, api: Server, make: Make) -> None:
        where = f"{LEASES}/{make(LEASES, self.lease())['metadata']['name']}"
        after = api.admin.patch(where, {"spec": {"renewTime": "2026-01-01T00:01:00.500000Z"}})
        assert after["spec"] == self.lease(renewTime="2026-01-01T00:01:00.500000Z")["spec"]

    def test_a_put_without_a_version_is_refused(self, api: Server, make: Make) -> None:
        lease = make(LEASES, self.lease())
        del lease["metadata"]["resourceVersion"]
        answer = api.admin.send("PUT", f"{LEASES}/{lease['metadata']['name']}", lease)
        assert (answer.status, answer.reason) == (422, "Invalid")
        assert "metadata.resourceVersion" in answer.message

    def test_a_put_makes_one_that_is_not_there(self, api: Server) -> None:
        body = self.lease()
        where = f"{LEASES}/{body['metadata']['name']}"
        assert api.admin.send("PUT", where, body).status == 201
        assert api.admin.delete(where).status == 200

    @pytest.mark.parametrize("time", ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123Z"], ids=["none", "three"])
    def test_a_time_without_six_decimals_is_refused(self, api: Server, make: Make, time: str) -> None:
        where = f"{LEASES}/{make(LEASES, self.lease())['metadata']['name']}"
        answer = patch(api, where, {"spec": {"renewTime": time}})
        assert (answer.status, answer.reason) == (422, "Invalid")
        assert "parsing time" in answer.message

    def test_a_duration_of_nothing_is_refused(self, api: Server) -> None:
        answer = api.admin.send("POST", LEASES, self.lease(leaseDurationSeconds=0))
        assert (answer.status, answer.reason) == (422, "Invalid")
        assert "must be greater than 0" in answer.message


class TestLists:
    @pytest.fixture
    def family(self, make_node: MakeNode) -> tuple[str, list[str]]:
        """Five nodes, and the selector that finds them."""
        mark = uuid.uuid4().hex[:8]
        return f"family={mark}", sorted(make_node(f"{mark}-{i}", labels={"family": mark}) for i in range(5))

    def names(self, page: dict[str, Any]) -> list[str]:
        return [item["metadata"]["name"] for item in page["items"]]

    def test_pages_join_to_the_whole_in_order(self, api: Server, family: tuple[str, list[str]]) -> None:
        selector, nodes = family
        found: list[list[str]] = []
        token = ""
        for _ in range(3):
            page = api.admin.get(NODES, labelSelector=selector, limit=2, **{"continue": token})
            found.append(self.names(page))
            token = page["metadata"].get("continue", "")
        assert found == [nodes[:2], nodes[2:4], nodes[4:]]
        assert token == ""

    def test_pages_are_of_one_moment(self, api: Server, family: tuple[str, list[str]]) -> None:
        selector, nodes = family
        first = api.admin.get(NODES, labelSelector=selector, limit=2)
        api.admin.delete(path(nodes[4]))
        rest = api.admin.get(NODES, labelSelector=selector, limit=9, **{"continue": first["metadata"]["continue"]})
        assert self.names(rest) == nodes[2:]
        assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]

    @pytest.mark.usefixtures("family")
    def test_without_a_selector_it_says_how_many_are_left(self, api: Server) -> None:
        page = api.admin.get(NODES, limit=1)
        assert page["metadata"]["remainingItemCount"] == len(api.admin.get(NODES)["items"]) - 1
        assert len(page["items"]) == 1

    def test_items_do_not_say_what_they_are(self, api: Server, family: tuple[str, list[str]]) -> None:
        page = api.admin.get(NODES, labelSelector=family[0], limit=1)
        assert page["kind"] == "NodeList"
        assert "kind" not in page["items"][0]

    def test_what_is_no_continue_token_is_refused(self, api: Server) -> None:
        answer = api.admin.send("GET", f"{NODES}?limit=1&continue=garbage")
        assert (answer.status, answer.reason) == (400, "BadRequest")
        assert "continue" in answer.message

    @pytest.mark.parametrize(
        ("selector", "found"),
        [
            ("family={}", [0, 1, 2, 3, 4]),
            ("family={},rank=1", [1]),
            ("family={},rank!=1", [0, 2, 3, 4]),
            ("family={},rank", [1, 2]),
            ("family={},!rank", [0, 3, 4]),
            ("family={},rank in (2,3)", [2]),
            ("family={},rank notin (2,3)", [0, 1, 3, 4]),
        ],
    )
    def test_labels_select(self, api: Server, family: tuple[str, list[str]], selector: str, found: list[int]) -> None:
        marked, nodes = family
        for rank in (1, 2):
            api.admin.patch(path(nodes[rank]), {"metadata": {"labels": {"rank": str(rank)}}})
        page = api.admin.get(NODES, labelSelector=selector.format(marked.partition("=")[2]))
        assert self.names(page) == [nodes[index] for index in found]

    def test_a_field_that_cannot_select_is_refused(self, api: Server) -> None:
        answer = api.admin.send("GET", f"{NODES}?fieldSelector=spec.absent%3Dx")
        assert (answer.status, answer.reason) == (400, "BadRequest")
        assert "field label not supported" in answer.message

    def test_pods_are_found_by_their_node(self, api: Server, make: Make, make_node: MakeNode) -> None:
        nodes = make_node(), make_node()
        pods = [make("/api/v1/namespaces/default/pods", self.pod(node)) for node in nodes]
        found = api.admin.get("/api/v1/pods", fieldSelector=f"spec.nodeName={nodes[1]}")
        assert self.names(found) == [pods[1]["metadata"]["name"]]

    def pod(self, node: str) -> dict[str, Any]:
        spec = {"nodeName": node, "containers": [{"name": "main", "image": "none"}], "terminationGracePeriodSeconds": 0}
        return {"metadata": {"generateName": "pod-"}, "spec": spec}


class TestWatches:
    def events(self, api: Server, count: int, **query: str | int) -> list[tuple[str, str]]:
        """The first `count` events, as type and name."""
        found = []
        watch = api.admin.watch(NODES, 5, **query)
        for event in watch:
            found.append((event["type"], event["object"]["metadata"].get("name", "")))
            if len(found) == count:
                break
        watch.close()
        return found

    def test_it_begins_after_the_version_that_it_is_given(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        since = api.admin.get(NODES)["metadata"]["resourceVersion"]
        api.admin.patch(path(node), {"metadata": {"annotations": {"a": "b"}}})
        api.admin.delete(path(node))
        seen = self.events(api, 2, resourceVersion=since, fieldSelector=f"metadata.name={node}")
        assert seen == [("MODIFIED", node), ("DELETED", node)]

    def test_without_a_version_it_begins_with_what_there_is(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        assert self.events(api, 1, fieldSelector=f"metadata.name={node}") == [("ADDED", node)]

    def test_it_goes_on_while_things_change(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        watch = api.admin.watch(NODES, 5, fieldSelector=f"metadata.name={node}")
        assert next(watch)["type"] == "ADDED"
        api.admin.patch(status_path(node), {"status": {"conditions": [OURS]}})
        event = next(watch)
        watch.close()
        assert event["type"] == "MODIFIED"
        assert OURS["type"] in conditions(event["object"])

    def test_a_node_whose_labels_cease_to_fit_is_deleted_for_the_watcher(
        self, api: Server, make_node: MakeNode
    ) -> None:
        mark = uuid.uuid4().hex[:8]
        node = make_node(labels={"family": mark})
        watch = api.admin.watch(NODES, 5, labelSelector=f"family={mark}")
        assert next(watch)["type"] == "ADDED"
        api.admin.patch(path(node), {"metadata": {"labels": {"family": None}}})
        assert next(watch)["type"] == "DELETED"
        watch.close()

    def test_it_ends_after_its_time_without_an_error(self, api: Server) -> None:
        assert list(api.admin.watch(NODES, 1, fieldSelector="metadata.name=nobody")) == []

    def test_a_version_that_is_forgotten_is_expired(self, api: Server) -> None:
        if not isinstance(api, LocalCluster | StandIn):
            pytest.skip("the API server of a running cluster is not ours to start anew")
        api.forget_history()
        (event,) = api.admin.watch(NODES, 1, resourceVersion=1)
        assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")

    def test_a_bookmark_ends_the_initial_events(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
        watch = api.admin.watch(NODES, 5, fieldSelector=f"metadata.name={node}", **query)
        assert next(watch)["type"] == "ADDED"
        bookmark = next(watch)
        watch.close()
        assert bookmark["type"] == "BOOKMARK"
        assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert int(bookmark["object"]["metadata"]["resourceVersion"]) > 0


class TestProtocol:
    def test_a_node_that_is_not_there(self, api: Server) -> None:
        for answer in (api.admin.send("GET", path("nobody")), patch(api, status_path("nobody"), {})):
            assert (answer.status, answer.reason) == (404, "NotFound")
            assert answer.message == 'nodes "nobody" not found'
            assert answer.body["details"] == {"name": "nobody", "kind": "nodes"}

    def test_a_config_map_is_read(self, api: Server, make: Make) -> None:
        maps = "/api/v1/namespaces/default/configmaps"
        name = make(maps, {"metadata": {"generateName": "intent-"}, "data": {"pool": "a: 1"}})["metadata"]["name"]
        assert api.admin.get(f"{maps}/{name}")["data"] == {"pool": "a: 1"}
        assert api.admin.send("GET", f"{maps}/absent").message == 'configmaps "absent" not found'

    def test_a_node_that_is_deleted_is_gone(self, api: Server, make_node: MakeNode) -> None:
        node = make_node()
        answer = api.admin.delete(path(node))
        assert (answer.status, answer.body["status"]) == (200, "Success")
        assert api.admin.delete(path(node)).status == 404

    def test_a_name_that_is_none_is_refused(self, api: Server) -> None:
        for metadata in ({"name": "Not_a_name"}, {}):
            answer = api.admin.send("POST", NODES, {"metadata": metadata})
            assert (answer.status, answer.reason) == (422, "Invalid")
            assert "metadata.name" in answer.message

    def test_a_second_node_of_the_same_name_is_refused(self, api: Server, make_node: MakeNode) -> None:
        answer = api.admin.send("POST", NODES, {"metadata": {"name": make_node()}})
        assert (answer.status, answer.reason) == (409, "AlreadyExists")

    def test_a_patch_of_no_known_kind_is_refused(self, api: Server, make_node: MakeNode) -> None:
        answer = patch(api, path(make_node()), {}, JSON)
        assert (answer.status, answer.reason) == (415, "UnsupportedMediaType")

    @pytest.mark.parametrize(
        ("body", "kind"),
        [(b"{", STRATEGIC_MERGE), (b"[]", STRATEGIC_MERGE), (b"{}", JSON_PATCH)],
        ids=["no json", "a list", "no list"],
    )
    def test_a_body_of_another_form_is_refused(self, api: Server, make_node: MakeNode, body: bytes, kind: str) -> None:
        answer = patch(api, path(make_node()), body, kind)
        assert (answer.status, answer.reason) == (400, "BadRequest")

    def test_an_unknown_token_is_refused(self, api: Server) -> None:
        stranger = Client(api.access.with_token("nobody's"))
        with pytest.raises(RefusedError, match="Unauthorized") as refused:
            stranger.get(NODES)
        stranger.close()
        assert refused.value.answer.status == 401

    def test_every_answer_carries_the_time(self, api: Server) -> None:
        for where in (NODES, path("nobody")):
            said = email.utils.parsedate_to_datetime(api.admin.send("GET", where).headers["date"])
            assert abs(said.timestamp() - time.time()) < 60

    def test_who_asks_who_he_is_is_told_the_time(self, api: Server) -> None:
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        review = api.admin.post(path, {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
        made = datetime.datetime.fromisoformat(review["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
        assert abs(made.timestamp() - time.time()) < 60

    def test_a_connection_serves_many_requests(self, api: Server) -> None:
        sockets = set()
        for _ in range(3):
            assert api.admin.get(NODES, limit=1)["kind"] == "NodeList"
            sockets.add(api.admin._connection().sock)
        assert len(sockets) == 1
        assert None not in sockets
