"""The API contract: Events about a node."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.api_contract.nodes import Make
from tests.cluster.conftest import Server

pytestmark = pytest.mark.api_contract

EVENTS = "/api/v1/namespaces/default/events"


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
