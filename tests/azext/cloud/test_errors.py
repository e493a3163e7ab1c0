"""Every way in which Azure says no becomes a sentence and a next step, told by code and never by exception class."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from azext_aigpu.cloud.error_table import EXPLANATIONS, Kind
from azext_aigpu.cloud.errors import (
    SEE_ALL,
    AzureProblem,
    explain,
    explain_body,
    find_place,
    is_busy,
    is_capacity,
    name_place,
    plain,
)
from testbeds.local_azure.fault_effects import Answer, FailOperation
from testbeds.local_azure.fault_list import FAULTS

SIZE = (
    "Virtual Machine size: 'Standard_NC6s_v3' is not supported for subscription a16b in location 'eastus'. "
    "Please refer to aka.ms/aks/vm-size-selector"
)
QUOTA = (
    "Operation could not be completed as it results in exceeding approved {} Cores quota. Additional details - "
    "Deployment Model: Resource Manager, Location: eastus, Current Limit: 48, Current Usage: 24, "
    "Additional Required: 48, (Minimum) New Limit Required: 72."
)
BUSY = "Operation is not allowed: Another operation (Updating) is in progress, see aka.ms/aks-pending-operation."
FORBIDDEN = (
    "The client 'me' with object id '1' does not have authorization to perform action 'Microsoft.Compute/skus/read' "
    "over scope '/subscriptions/s' or the scope is invalid."
)


class Response:
    """What explain() reads of an HTTP response."""

    def __init__(self, status: int, text: str) -> None:
        self.status_code = status
        self._text = text

    def text(self) -> str:
        return self._text


class AnsweredError(Exception):
    """An exception of no class that matters, with a response."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__("what the SDK makes of it")
        self.response = Response(status, text)


def wrapped(code: str, message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **more}}


@pytest.mark.parametrize(
    ("body", "code", "kind", "said"),
    [
        pytest.param(
            wrapped("VMSizeNotSupported", SIZE), "VMSizeNotSupported", Kind.OTHER, "Standard_NC6s_v3", id="wrapped"
        ),
        pytest.param(
            {"code": "VMSizeNotSupported", "message": SIZE, "details": None, "subcode": ""},
            "VMSizeNotSupported",
            Kind.OTHER,
            "cannot be had in eastus",
            id="flat",
        ),
        pytest.param(
            wrapped("BadRequest", SIZE), "BadRequest", Kind.OTHER, "cannot be had in eastus", id="text-decides"
        ),
        pytest.param(
            {"status": "Failed", "name": "1", "error": {"code": "AllocationFailed", "message": "no room"}},
            "AllocationFailed",
            Kind.CAPACITY,
            "no free machines",
            id="failed-operation",
        ),
        pytest.param(
            wrapped(
                "ResourceOperationFailure",
                "terminal provisioning state 'Failed'",
                details=[{"code": "RequestDisallowedByPolicy", "message": "no", "details": None}],
            ),
            "RequestDisallowedByPolicy",
            Kind.OTHER,
            "Azure Policy",
            id="nested-policy",
        ),
        pytest.param(
            wrapped(
                "QuotaExceeded", "failed", details=[{"code": "OperationNotAllowed", "message": QUOTA.format("NC")}]
            ),
            "OperationNotAllowed",
            Kind.OTHER,
            "quota 'NC' in eastus does not fit: 24 of 48 are in use, 48 more",
            id="nested-quota",
        ),
        pytest.param(
            wrapped("OperationNotAllowed", QUOTA.format("LowPriorityCores")),
            "OperationNotAllowed",
            Kind.OTHER,
            "'LowPriorityCores'",
            id="spot-quota",
        ),
        pytest.param(
            wrapped(
                "ReconcileVMSSAgentPoolFailed",
                'retry failed: Service returned an error. Code="ZonalAllocationFailed" Message="no \\"room\\""',
            ),
            "ZonalAllocationFailed",
            Kind.CAPACITY,
            'in the zone now: no "room"',
            id="cause-inside-go-text",
        ),
        pytest.param(
            wrapped("ResourceOperationFailure", json.dumps(wrapped("SkuNotAvailable", "not now"))),
            "SkuNotAvailable",
            Kind.CAPACITY,
            "not now",
            id="cause-inside-json-text",
        ),
        pytest.param(
            wrapped("ReconcileVMSSAgentPoolFailed", "outer", details=[{"code": "NeverSeen", "message": "inner"}]),
            "NeverSeen",
            Kind.OTHER,
            "inner (code NeverSeen)",
            id="unknown-cause-wins-over-generic-wrapper",
        ),
        pytest.param(
            wrapped("OperationNotAllowed", BUSY), "OperationNotAllowed", Kind.BUSY, "Another operation", id="busy"
        ),
        pytest.param(
            wrapped("OperationNotAllowed", "nodeProvisioningProfile.mode cannot be Auto while ..."),
            "OperationNotAllowed",
            Kind.OTHER,
            "auto-provisioning",
            id="same-code-other-cause",
        ),
        pytest.param(
            wrapped("AuthorizationFailed", FORBIDDEN),
            "AuthorizationFailed",
            Kind.FORBIDDEN,
            "Microsoft.Compute/skus/read on /subscriptions/s",
            id="forbidden-names-action-and-scope",
        ),
        pytest.param(
            wrapped("ExpiredAuthenticationToken", "expired"),
            "ExpiredAuthenticationToken",
            Kind.SIGN_IN,
            "does not take your login",
            id="signed-out",
        ),
    ],
)
def test_a_body_is_explained(body: Any, code: str, kind: Kind, said: str) -> None:
    problem = explain_body(body, 409)
    assert (problem.code, problem.kind) == (code, kind)
    assert said in problem.sentence
    assert problem.next_step


KNOWN_FAULTS = {
    name: fault
    for name, fault in FAULTS.items()
    if fault.routes == ("pool-put",) and isinstance(fault.effect, (Answer, FailOperation))
}


@pytest.mark.parametrize(
    ("message", "command"),
    [
        pytest.param("Could not find the agent pool: gpu.", "az aigpu nodepool list", id="pool"),
        pytest.param("The Resource '.../managedClusters/aks' was not found.", "az aks list", id="cluster"),
    ],
)
def test_what_is_missing_decides_where_to_look(message: str, command: str) -> None:
    problem = explain_body(wrapped("NotFound", message), 404)

    assert problem.kind is Kind.NOT_FOUND
    assert command in problem.next_step


@pytest.mark.parametrize(
    "name", [name for name in sorted(KNOWN_FAULTS) if not name.startswith(("empty", "garbage", "trunc"))]
)
def test_no_error_that_azure_is_known_to_send_is_left_unexplained(name: str) -> None:
    effect = KNOWN_FAULTS[name].effect
    problem = told(effect)
    assert SEE_ALL not in problem.next_step
    assert "(code " not in problem.sentence
    assert "{" not in problem.sentence + problem.next_step


def told(effect: object) -> AzureProblem:
    if isinstance(effect, Answer):
        return explain(AnsweredError(effect.status, effect.body.decode()))
    assert isinstance(effect, FailOperation)
    return explain_body({"status": "Failed", "error": effect.error.error_object()}, 200)


@pytest.mark.parametrize("explanation", EXPLANATIONS, ids=lambda explanation: explanation.says[:40])
def test_every_row_of_the_table_can_be_written_out(explanation: Any) -> None:
    groups = dict.fromkeys(explanation.pattern.groupindex if explanation.pattern else (), "x")
    assert explanation.says.format(**groups, message="m")
    assert explanation.next_step.format(**groups)


def test_the_list_of_hundreds_of_sizes_is_cut() -> None:
    sizes = ",".join(f"standard_d{number}s_v5" for number in range(900))
    problem = explain_body(wrapped("NeverSeen", f"The available VM sizes are {sizes}"), 400)
    assert len(problem.sentence) < 500
    assert " ..." in problem.sentence
    assert problem.next_step == SEE_ALL


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        pytest.param(502, "<html>Bad Gateway</html>", Kind.UNREADABLE, id="page-of-a-gateway"),
        pytest.param(404, "<html>Not found</html>", Kind.UNREADABLE, id="404-of-a-proxy-is-no-missing-resource"),
        pytest.param(429, "", Kind.THROTTLED, id="throttled-without-a-body"),
        pytest.param(200, "{}", Kind.UNREADABLE, id="no-error-in-it"),
        pytest.param(400, '"text"', Kind.UNREADABLE, id="json-but-no-object"),
        pytest.param(500, '{"error": "text"}', Kind.UNREADABLE, id="error-is-no-object"),
    ],
)
def test_an_answer_without_an_error_code_is_said_to_be_one(status: int, text: str, kind: Kind) -> None:
    problem = explain(AnsweredError(status, text))
    assert (problem.code, problem.status, problem.kind) == (f"Http{status}", status, kind)
    assert str(status) in problem.sentence


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Kind.SIGN_IN), (403, Kind.FORBIDDEN), (404, Kind.NOT_FOUND), (412, Kind.PRECONDITION)]
)
def test_a_code_nobody_knows_is_told_by_its_status(status: int, kind: Kind) -> None:
    assert explain_body(wrapped("NeverSeen", "m"), status).kind is kind


def test_control_characters_never_reach_the_terminal() -> None:
    problem = explain_body(wrapped("Evil\x1b[2J", "a\x1b]0;owned\x07b\r\nc\u202ed"), 400)
    shown = problem.code + problem.sentence + problem.next_step
    assert not re.search(r"[\x00-\x1f\x7f\u202e]", shown)


def test_only_capacity_is_a_reason_to_try_elsewhere() -> None:
    capacity = {code for row in EXPLANATIONS if row.kind is Kind.CAPACITY for code in row.codes}
    for row in EXPLANATIONS:
        for code in row.codes:
            problem = AzureProblem(code, "", "", 409, row.kind)
            assert is_capacity(problem) is (code in capacity)
    assert capacity >= {"AllocationFailed", "ZonalAllocationFailed", "SkuNotAvailable", "AKSCapacityError"}
    assert not capacity & {"QuotaExceeded", "RequestDisallowedByPolicy", "AvailabilityZoneNotSupported"}


@pytest.mark.parametrize(
    ("kind", "busy"), [(Kind.BUSY, True), (Kind.THROTTLED, True), (Kind.PRECONDITION, False), (Kind.OTHER, False)]
)
def test_busy_is_what_a_later_try_may_mend(kind: Kind, busy: bool) -> None:
    assert is_busy(AzureProblem("c", "", "", 409, kind)) is busy


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\n  b\tc", "a b c"), ("x" * 30, "x" * 16 + " ..."), ("word, " * 9, "word, word, word ...")],
    ids=["one-line", "cut", "cut-at-the-end-of-a-word"],
)
def test_plain_text_is_one_short_line(text: str, shown: str) -> None:
    assert plain(text, 20) == shown


def test_the_next_step_has_the_names_that_are_in_the_request() -> None:
    path = "/subscriptions/s/resourceGroups/rg%2Da/providers/Microsoft.ContainerService/managedClusters/aks"
    problem = explain_body({"code": "NotFound", "message": "Could not find the agent pool: x."}, 404)

    assert "-g GROUP --cluster-name CLUSTER" in problem.next_step
    named = name_place(problem, **find_place(f"https://management.azure.com{path}/agentPools/x?api-version=1"))
    assert "See the pools: az aigpu nodepool list -g rg-a --cluster-name aks;" in named.next_step
    assert name_place(problem, **find_place("/subscriptions/s/locations")) == problem
