"""Every fault by name.

The error bodies of `pool-put` are those that the AKS resource provider and the compute provider behind it are known to
send; the others come from a table of a kind of failure for each route.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from testbeds.local_azure.actions import ACTIONS, forbidden
from testbeds.local_azure.exchange import JSON_TYPE, ArmError
from testbeds.local_azure.fault_effects import Alter, Answer, Delay, DropAfter, DropBefore, Effect, FailOperation, Fault

PUT = ("pool-put",)
# What a reader asks for, by the name that faults use.
ROUTES: dict[str, tuple[str, ...]] = {
    "login": ("identity-token",),
    "subscriptions": ("subscriptions",),
    "cluster": ("cluster",),
    "clusters": ("clusters", "clusters-in-group"),
    "pools": ("pools",),
    "pool": ("pool",),
    "pool-put": PUT,
    "pool-delete": ("pool-delete",),
    "operation": ("operation",),
    "capacity-reservations": ("capacity-reservations",),
    "resource-graph": ("resource-graph",),
    "descendants": ("descendants",),
    "skus": ("skus",),
    "usages": ("usages",),
    "prices": ("prices",),
}
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>Application Gateway</body></html>"


def _refused(name: str, status: int, code: str, message: str, flat: bool = True) -> Fault:
    return Fault(name, PUT, Answer.of(ArmError(status, code, message, flat=flat)), f"the PUT answers {status} {code}")


def _failed(name: str, error: ArmError) -> Fault:
    return Fault(name, PUT, FailOperation(error), f"the PUT is accepted, its operation fails with {error.code}")


_SIZE_TEXT = (
    "Virtual Machine size: 'Standard_Unknown' is not supported for subscription a16b0000 in location 'eastus'. "
    "Please refer to aka.ms/aks/vm-size-selector for supported sizes."
)
_SIZE_LIST = ",".join(
    f"standard_d{n}{letter}_v{v}" for v in (3, 4, 5, 6) for letter in ("", "s", "as") for n in (2, 4, 8, 16, 32)
)
_QUOTA_TEXT = (
    "Operation could not be completed as it results in exceeding approved standardNCADSA100v4Family Cores quota. "
    "Additional details - Deployment Model: Resource Manager, Location: eastus, Current Limit: 48, Current Usage: 24, "
    "Additional Required: 48, (Minimum) New Limit Required: 72. Setup Alerts when Quota reaches threshold."
)
_BUSY_TEXT = (
    "Operation is not allowed: Another operation (Updating) is in progress, please wait for it to finish before "
    "starting a new operation. See aka.ms/aks-pending-operation for more details."
)
_POLICY_TEXT = (
    "Resource 'aks-gpu-vmss' was disallowed by policy. Policy identifiers: "
    '\'[{"policyAssignment":{"name":"Allowed GPU sizes"},"policyDefinition":{"name":"gpu-sizes"}}]\'.'
)
_CAPACITY_TEXT = (
    "We do not have sufficient capacity for the requested VM size in this region. See aka.ms/allocation-guidance."
)
_ZONAL_TEXT = (
    "We do not have sufficient capacity for the requested VM size in this zone. See aka.ms/allocation-guidance."
)
_CONSTRAINED_TEXT = (
    "Allocation failed. VM(s) with the following constraints cannot be allocated: Networking Constraints, VM Size."
)

_REFUSALS = (
    _refused("vm-size-not-supported", 400, "VMSizeNotSupported", _SIZE_TEXT),
    _refused("vm-size-bad-request", 400, "BadRequest", _SIZE_TEXT, flat=False),
    _refused(
        "vm-size-not-allowed",
        400,
        "BadRequest",
        "The VM size of AgentPoolProfile:gpu is not allowed in your subscription in location 'eastus'. "
        f"The available VM sizes are {_SIZE_LIST}",
        flat=False,
    ),
    _refused(
        "insufficient-vcpu-quota",
        400,
        "ErrCode_InsufficientVCPUQuota",
        "Insufficient vcpu quota requested 48, remaining 24 for family standardNCADSA100v4Family for region eastus. "
        "Surge nodes would also consume vcpu quota.",
    ),
    _refused(
        "sku-not-available",
        409,
        "SkuNotAvailable",
        "The requested size is currently not available. aka.ms/azureskunotavailable",
    ),
    _refused(
        "capacity-heavy-usage",
        400,
        "AksCapacityHeavyUsage",
        "AKS is under heavy usage in region eastus. Try another region.",
    ),
    _refused(
        "zone-not-supported",
        400,
        "AvailabilityZoneNotSupported",
        "Preflight validation check for resource(s) failed: the zone(s) '2' for resource 'gpu' is not supported.",
    ),
    _refused("operation-in-progress", 409, "OperationNotAllowed", _BUSY_TEXT),
    _refused("operation-preempted", 409, "AKSOperationPreempted", "The operation was preempted by a later operation."),
    _refused(
        "etag-mismatch",
        409,
        "EtagMismatch",
        "Operation is not allowed: the etag in the request does not match the resource.",
    ),
    _refused("original-etag-not-expected", 409, "OriginalEtagNotExpect", "The original etag is not the expected one."),
    _refused("precondition-failed", 412, "PreconditionFailed", "The condition of the request headers is not met."),
    _refused(
        "property-change-not-allowed",
        400,
        "PropertyChangeNotAllowed",
        "Changing property 'properties.vmSize' is not allowed.",
    ),
    _refused(
        "unmarshal-error", 400, "UnmarshalError", 'UnmarshalEntity encountered error: json: unknown field "nodeTaint".'
    ),
    _refused("policy-denied", 403, "RequestDisallowedByPolicy", _POLICY_TEXT, flat=False),
    _refused(
        "reserved-label",
        400,
        "InvalidParameter",
        "node label keys in the 'kubernetes.io' or 'k8s.io' namespace must begin with an allowed prefix "
        "(kubelet.kubernetes.io, node.kubernetes.io).",
    ),
    _refused(
        "duplicate-taint", 400, "InvalidParameter", "The value of parameter nodeTaints is invalid: duplicate taint key."
    ),
    _refused(
        "all-pools-tainted",
        400,
        "CanNotTaintAllAgentPools",
        "Can not taint all agent pools: one must stay schedulable.",
    ),
    _refused(
        "auto-provisioning",
        400,
        "OperationNotAllowed",
        ".properties.nodeProvisioningProfile.mode cannot be Auto while any AgentPools have "
        ".properties.enableAutoScaling enabled",
    ),
)


def _nested(outer: str, inner: str, message: str) -> ArmError:
    return ArmError(409, outer, "The resource operation completed with terminal provisioning state 'Failed'.", details=[
        {"code": inner, "message": message}
    ])  # fmt: skip


_OPERATION_FAILURES = (
    _failed(
        "operation-failed", ArmError(500, "InternalOperationError", "Internal server error in the resource provider.")
    ),
    _failed("allocation-failed", ArmError(409, "AllocationFailed", _CAPACITY_TEXT)),
    _failed("zonal-allocation-failed", ArmError(409, "ZonalAllocationFailed", _ZONAL_TEXT)),
    _failed("overconstrained-allocation", ArmError(409, "OverconstrainedAllocationRequest", _CONSTRAINED_TEXT)),
    _failed(
        "overconstrained-zonal-allocation", ArmError(409, "OverconstrainedZonalAllocationRequest", _CONSTRAINED_TEXT)
    ),
    _failed(
        "capacity-error",
        ArmError(409, "AKSCapacityError", "There is not enough capacity in the region for this request."),
    ),
    _failed(
        "sku-not-available-late", ArmError(409, "SkuNotAvailable", "The requested size is not available in eastus.")
    ),
    _failed("quota-exceeded", _nested("QuotaExceeded", "OperationNotAllowed", _QUOTA_TEXT)),
    _failed(
        "spot-quota-exceeded",
        _nested(
            "QuotaExceeded", "OperationNotAllowed", _QUOTA_TEXT.replace("standardNCADSA100v4Family", "LowPriorityCores")
        ),
    ),
    _failed("policy-denied-late", _nested("ResourceOperationFailure", "RequestDisallowedByPolicy", _POLICY_TEXT)),
    _failed(
        "reconcile-failed",
        ArmError(500, "ReconcileVMSSAgentPoolFailed", "Reconcile VMSS agent pool failed: an internal error occurred."),
    ),
)


def _remove(name: str) -> Callable[[dict[str, Any]], None]:
    def remove(properties: dict[str, Any]) -> None:
        properties.pop(name, None)

    return remove


def _halve(properties: dict[str, Any]) -> None:
    properties["count"] = int(properties.get("count") or 0) // 2


def _shrink(properties: dict[str, Any]) -> None:
    properties["vmSize"] = "Standard_D16s_v5"


def _driver_off(properties: dict[str, Any]) -> None:
    properties["gpuProfile"] = {"driver": "None"}


def _left_failed(properties: dict[str, Any]) -> None:
    properties["provisioningState"] = "Failed"


_ALTERATIONS = (
    Fault("taints-dropped", PUT, Alter(_remove("nodeTaints")), "success, but the taints are not there"),
    Fault("labels-dropped", PUT, Alter(_remove("nodeLabels")), "success, but the labels are not there"),
    Fault("tags-dropped", PUT, Alter(_remove("tags")), "success, but the tags are not there"),
    Fault("fewer-nodes", PUT, Alter(_halve), "success with half the nodes, rounded down"),
    Fault("other-size", PUT, Alter(_shrink), "success with the CPU size Standard_D16s_v5"),
    Fault("driver-off", PUT, Alter(_driver_off), "success, but AKS installs no driver"),
    Fault("succeeded-but-failed", PUT, Alter(_left_failed), "the operation says Succeeded, the pool says Failed"),
)


_SCOPE = "/subscriptions/a16b0000-0000-4000-8000-000000000001"
_THROTTLED = ArmError(
    429, "Throttled", "The request is being throttled. Retry after 1 seconds.", flat=True, headers={"Retry-After": "1"}
)
_SERVER_ERROR = ArmError(500, "InternalServerError", "Encountered internal server error.")
_UNAVAILABLE = ArmError(503, "ServiceUnavailable", "The service is unavailable.")


def _faults_of_route(name: str, routes: tuple[str, ...]) -> Iterator[Fault]:
    by_kind: tuple[tuple[str, Effect, str, int | None], ...] = (
        (
            "forbidden",
            Answer.of(forbidden(ACTIONS.get(routes[0], "*/read"), _SCOPE)),
            "answers 403 AuthorizationFailed",
            None,
        ),
        ("throttled", Answer.of(_THROTTLED), "answers 429 with Retry-After, once unless told otherwise", 1),
        ("server-error", Answer.of(_SERVER_ERROR), "answers 500", None),
        ("unavailable", Answer.of(_UNAVAILABLE), "answers 503", None),
        ("garbage", Answer(200, _HTML, {"Content-Type": "text/html"}), "answers 200 with a page of HTML", None),
        (
            "truncated",
            Answer(200, b'{"value":[{"na', {"Content-Type": JSON_TYPE}),
            "answers 200 with half a JSON text",
            None,
        ),
        ("empty", Answer(200, _empty(name), {"Content-Type": JSON_TYPE}), "answers 200 with nothing in it", None),
        ("dropped", DropBefore(), "the connection closes before anything is done", None),
        ("dropped-after", DropAfter(), "the connection closes after the request took effect", None),
        ("slow", Delay(5), "answers 5 s late, or as many as told", None),
    )
    for kind, effect, description, times in by_kind:
        yield Fault(f"{kind}-{name}", routes, effect, f"{name}: {description}", times)


def _empty(name: str) -> bytes:
    if name == "prices":
        return json.dumps({"BillingCurrency": "USD", "Items": [], "NextPageLink": None, "Count": 0}).encode()
    if name == "resource-graph":
        return b'{"totalRecords":0,"count":0,"data":[],"facets":[],"resultTruncated":"false"}'
    return b"{}" if name in ("cluster", "pool", "pool-put", "operation", "login") else b'{"value":[]}'


def _all_faults() -> Iterator[Fault]:
    yield from _REFUSALS
    yield from _OPERATION_FAILURES
    yield from _ALTERATIONS
    for name, routes in ROUTES.items():
        yield from _faults_of_route(name, routes)


FAULTS: dict[str, Fault] = {fault.name: fault for fault in _all_faults()}
