from __future__ import annotations

import pytest

from testbeds.local_azure.actions import ACTIONS
from testbeds.local_azure.exchange import Request
from testbeds.local_azure.routes import ROUTES, match_route
from tests.testbeds.local_azure.calls import POOLS, SUB, call, get, quiet_azure


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        pytest.param("GET", POOLS, "pools", id="pools"),
        pytest.param("GET", POOLS.lower(), "pools", id="lower-case"),
        pytest.param("GET", POOLS.upper() + "/gpu", "pool", id="upper-case"),
        pytest.param("PUT", POOLS + "/gpu", "pool-put", id="put"),
        pytest.param("GET", SUB + "/resourcegroups", "groups", id="resource-groups-as-the-cli-writes-it"),
        pytest.param("GET", SUB + "/", "subscription", id="slash-at-the-end"),
    ],
)
def test_paths_match_in_any_case(method: str, path: str, route: str) -> None:
    found = match_route(method, path)
    assert found is not None
    assert found[0].name == route


@pytest.mark.parametrize(("method", "path"), [("PATCH", POOLS + "/gpu"), ("GET", "/nothing"), ("GET", POOLS + "/a/b")])
def test_what_there_is_not_is_a_404_that_says_where_to_look(method: str, path: str) -> None:
    azure, _ = quiet_azure()
    answered = call(azure, method, path)
    assert answered is not None
    assert (answered.status, answered.code) == (404, "NotFound")
    assert "routes.py" in answered.body["error"]["message"]


def test_route_names_are_unique() -> None:
    names = [route.name for route in ROUTES]
    assert len(names) == len(set(names))


def test_every_signed_in_route_but_the_tenants_needs_an_action() -> None:
    assert {route.name for route in ROUTES if route.signed_in} - {"tenants"} == ACTIONS.keys()


@pytest.mark.parametrize(
    ("headers", "query", "status", "code"),
    [
        pytest.param({}, {"api-version": "2022-12-01"}, 401, "AuthenticationFailed", id="no-token"),
        pytest.param({"authorization": "Bearer x"}, {}, 400, "MissingApiVersionParameter", id="no-api-version"),
    ],
)
def test_a_request_needs_a_token_and_an_api_version(
    headers: dict[str, str], query: dict[str, str], status: int, code: str
) -> None:
    azure, _ = quiet_azure()
    reply = azure.answer(Request("GET", SUB, query, headers))
    assert reply is not None
    assert reply.status == status
    assert code in reply.chunks[0].decode()


def test_a_caller_has_only_the_actions_that_were_granted() -> None:
    azure, _ = quiet_azure()
    azure.world.granted = {"Microsoft.ContainerService/managedClusters/agentPools/*", "Microsoft.Compute/skus/read"}
    refused = get(azure, f"{SUB}/providers/Microsoft.Compute/locations/eastus/usages")
    assert (refused.status, refused.code) == (403, "AuthorizationFailed")
    assert "'Microsoft.Compute/locations/usages/read'" in refused.body["error"]["message"]
    assert get(azure, POOLS).status == 200


def test_the_record_names_the_action_that_a_request_needed() -> None:
    azure, _ = quiet_azure()
    get(azure, POOLS)
    get(azure, "/api/retail/prices?$filter=armSkuName eq 'x'")
    actions = [recorded.action for recorded in azure.requests]
    assert actions == ["Microsoft.ContainerService/managedClusters/agentPools/read", None]
