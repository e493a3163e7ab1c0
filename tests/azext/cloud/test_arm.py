"""The client on the wire: what is sent, how often, and what comes back when Azure does not answer as it should."""

from __future__ import annotations

import json
from typing import Any

import pytest

from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.error_table import Kind
from azext_aigpu.cloud.errors import CallFailed, NotFound
from azext_aigpu.cloud.parallel import Started
from testbeds.local_azure import LocalAzure
from testbeds.local_azure.world import SUBSCRIPTION_ID

pytestmark = pytest.mark.core

WHERE = ("rg-train", "aks-train")
PROPERTIES = {
    "vmSize": "Standard_NC24ads_A100_v4",
    "count": 1,
    "mode": "User",
    "nodeLabels": {"hardware": "gpu", "note": "Grüße"},
    "nodeTaints": ["sku=gpu:NoSchedule"],
}


def test_the_subscription_is_the_one_that_is_signed_in(arm: Arm) -> None:
    assert arm.subscription == SUBSCRIPTION_ID


def test_somebody_who_is_not_signed_in_is_told_by_the_cli(cli_ctx: Any) -> None:
    from knack.util import CLIError

    with pytest.raises(CLIError, match="not found"):
        Arm(cli_ctx, "00000000-0000-0000-0000-00000000dead")


def test_a_plan_arrives_byte_for_byte(azure: LocalAzure, arm: Arm) -> None:
    arm.begin_put_pool(*WHERE, "gpu", PROPERTIES, {"If-None-Match": "*"}).wait(10)
    (put,) = azure.recorded("PUT")
    sent = json.dumps({"properties": PROPERTIES}, separators=(",", ":"))
    assert json.dumps(put.body, separators=(",", ":")) == sent
    assert put.headers["content-length"] == str(len(sent))
    assert put.headers["content-type"] == "application/json"


def test_keys_that_the_sdk_does_not_know_are_sent_and_read(azure: LocalAzure, arm: Arm) -> None:
    properties = {**PROPERTIES, "gpuProfile": {"driver": "Install", "nvidia": {"managementMode": "Unmanaged"}}}
    operation = arm.begin_put_pool(*WHERE, "gpu", properties, {"If-None-Match": "*"})
    while not operation.wait(10):
        pass
    assert azure.recorded("PUT")[0].body["properties"]["gpuProfile"]["nvidia"] == {"managementMode": "Unmanaged"}
    assert arm.get_pool(*WHERE, "gpu")["properties"]["gpuProfile"]["nvidia"] == {"managementMode": "Unmanaged"}


@pytest.mark.parametrize(
    ("headers", "sent"),
    [({"If-None-Match": "*"}, ("*", None)), ({"If-Match": "e-1"}, (None, "e-1"))],
    ids=["create-only", "only-if-unchanged"],
)
def test_a_precondition_is_sent_as_it_is(
    azure: LocalAzure, arm: Arm, headers: dict[str, str], sent: tuple[str | None, str | None]
) -> None:
    azure.world.add_pool("gpu", vmSize="Standard_NC24ads_A100_v4")
    with pytest.raises(CallFailed) as refused:
        arm.begin_put_pool(*WHERE, "gpu", PROPERTIES, headers)
    assert refused.value.problem.kind is Kind.PRECONDITION
    (put,) = azure.recorded("PUT")
    assert (put.headers.get("if-none-match"), put.headers.get("if-match")) == sent


def test_polls_do_not_carry_the_precondition(azure: LocalAzure, arm: Arm) -> None:
    operation = arm.begin_put_pool(*WHERE, "gpu", PROPERTIES, {"If-None-Match": "*"})
    while not operation.wait(10):
        pass
    assert operation.state == "Succeeded"
    polls = azure.recorded(route="operation")
    assert polls
    assert not any(name.startswith("if-") for poll in polls for name in poll.headers)


def test_a_delete_carries_its_precondition(azure: LocalAzure, arm: Arm) -> None:
    etag = azure.world.add_pool("gpu", vmSize="Standard_NC24ads_A100_v4").etag
    operation = arm.begin_delete_pool(*WHERE, "gpu", {"If-Match": etag}, ignore_pdb=True)
    while not operation.wait(10):
        pass
    (delete,) = azure.recorded("DELETE")
    assert delete.headers["if-match"] == etag
    assert delete.query["ignore-pod-disruption-budget"] == "true"
    assert "gpu" not in azure.world.cluster().pools


def test_threads_share_one_token(azure: LocalAzure, arm: Arm) -> None:
    calls = [Started(lambda: arm.get_cluster(*WHERE)) for _ in range(6)]
    assert {call.result(20)["name"] for call in calls} == {"aks-train"}
    assert len(azure.recorded(route="identity-token")) == 1


def test_a_list_is_read_to_its_last_page(azure: LocalAzure, arm: Arm) -> None:
    azure.world.add_pool("gpu", vmSize="Standard_NC24ads_A100_v4")
    assert [pool["name"] for pool in arm.list_pools(*WHERE)] == ["system", "gpu"]
    assert len(azure.recorded(route="pools")) == 2


def test_pools_are_read_and_written_in_one_version(azure: LocalAzure, arm: Arm) -> None:
    arm.get_cluster(*WHERE)
    arm.list_pools(*WHERE)
    arm.begin_put_pool(*WHERE, "gpu", PROPERTIES, {"If-None-Match": "*"}).wait(10)
    arm.get_pool(*WHERE, "gpu")
    spoken = {r.query["api-version"] for r in azure.requests if r.route in ("cluster", "pools", "pool", "pool-put")}
    assert spoken == {arm.api_version}


def test_names_cannot_lead_to_another_resource(azure: LocalAzure, arm: Arm) -> None:
    with pytest.raises(NotFound):
        arm.get_pool("rg-train", "aks-train/agentPools/system?x=", "../../aks-west")
    (request,) = (one for one in azure.requests if "managedClusters" in one.path)
    assert request.query == {"api-version": arm.api_version}


@pytest.mark.parametrize(
    ("group", "cluster", "code"),
    [("rg-train", "aks-other", "ResourceNotFound"), ("rg-other", "aks-train", "ResourceGroupNotFound")],
)
def test_what_does_not_exist_is_not_found(arm: Arm, group: str, cluster: str, code: str) -> None:
    with pytest.raises(NotFound) as missing:
        arm.get_cluster(group, cluster)
    assert missing.value.problem.code == code
    assert "--resource-group" in missing.value.problem.next_step


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        ("forbidden-cluster", Kind.FORBIDDEN, 403),
        ("server-error-cluster", Kind.OTHER, 500),
        ("unavailable-cluster", Kind.OTHER, 503),
        ("garbage-cluster", Kind.UNREADABLE, 200),
        ("truncated-cluster", Kind.UNREADABLE, 200),
        ("dropped-cluster", Kind.CONNECTION, None),
    ],
)
def test_a_failed_call_is_told_in_words(
    azure: LocalAzure, arm: Arm, fault: str, kind: Kind, status: int | None
) -> None:
    azure.faults.inject(fault)
    with pytest.raises(CallFailed) as failed:
        arm.get_cluster(*WHERE)
    problem = failed.value.problem
    assert (problem.kind, problem.status) == (kind, status)
    assert problem.sentence
    assert problem.next_step


def test_nobody_listening_is_told_in_words(azure: LocalAzure, arm: Arm) -> None:
    arm.get_cluster(*WHERE)
    azure.__exit__(None, None, None)
    with pytest.raises(CallFailed) as failed:
        arm.get_cluster(*WHERE)
    assert failed.value.problem.kind is Kind.CONNECTION
    assert failed.value.problem.sentence == "Azure could not be reached: Connection refused (localhost)"


@pytest.mark.parametrize(
    "fault", ["forbidden", "server-error", "unavailable", "garbage", "truncated", "empty", "dropped"]
)
def test_a_login_that_fails_is_told_in_words(azure: LocalAzure, arm: Arm, fault: str) -> None:
    azure.faults.inject(f"{fault}-login")
    with pytest.raises(CallFailed) as failed:
        arm.get_cluster(*WHERE)
    problem = failed.value.problem
    assert (problem.code, problem.kind) == ("NoToken", Kind.SIGN_IN)
    assert "az login" in problem.next_step
    assert "None" not in problem.sentence
    assert not azure.recorded(route="cluster")


@pytest.mark.parametrize("fault", ["throttled-cluster", "dropped-cluster", "server-error-cluster"])
def test_a_call_that_fails_once_is_made_again(azure: LocalAzure, arm: Arm, fault: str) -> None:
    azure.faults.inject(fault, times=1)
    assert arm.get_cluster(*WHERE)["name"] == "aks-train"
    assert len(azure.recorded(route="cluster")) == 2


@pytest.mark.parametrize(
    "page",
    [
        {"value": [], "nextLink": "https://elsewhere.invalid/next"},
        {"value": [], "nextLink": 5},
        {"value": None},
        {"value": {}},
        [],
        {},
    ],
    ids=str,
)
def test_a_list_in_another_form_makes_no_sense(arm: Arm, monkeypatch: pytest.MonkeyPatch, page: Any) -> None:
    asked: list[str] = []

    def answer(url: str) -> Any:
        asked.append(url)
        return page

    monkeypatch.setattr(arm, "_get", answer)
    with pytest.raises(ValueError, match=r"not a list|not Azure Resource Manager"):
        arm.list_json("/subscriptions", "1")
    assert len(asked) == 1


def test_a_list_that_never_ends_is_given_up(arm: Arm, azure: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arm, "_get", lambda _: {"value": [1], "nextLink": f"{azure.url}/again"})
    with pytest.raises(ValueError, match="more than 200 pages"):
        arm.list_json("/subscriptions", "1")
