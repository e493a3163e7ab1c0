"""The API contract: names, kinds of patch, tokens, times and connections."""

from __future__ import annotations

import datetime
import email.utils
import time

import pytest

from testbeds.cluster import Client, RefusedError
from testbeds.cluster.client import JSON, JSON_PATCH, STRATEGIC_MERGE
from tests.cluster.api_contract.nodes import NODES, Make, patch, path, status_path
from tests.cluster.conftest import MakeNode, Server

pytestmark = pytest.mark.api_contract


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
