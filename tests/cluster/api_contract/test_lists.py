"""The API contract: lists, their pages and their selectors."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.cluster.api_contract.nodes import NODES, Make, path
from tests.cluster.conftest import MakeNode, Server

pytestmark = pytest.mark.api_contract


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
