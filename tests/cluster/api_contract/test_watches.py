"""The API contract: watches."""

from __future__ import annotations

import uuid

import pytest

from testbeds.cluster import LocalCluster, StandIn
from tests.cluster.api_contract.nodes import NODES, OURS, conditions, path, status_path
from tests.cluster.conftest import MakeNode, Server

pytestmark = pytest.mark.api_contract


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
