"""The API contract: Leases."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from testbeds.cluster.node_body import LEASE_NAMESPACE
from tests.cluster.api_contract.nodes import Make, patch
from tests.cluster.conftest import Server

pytestmark = pytest.mark.api_contract

LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{LEASE_NAMESPACE}/leases"


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
