"""What Azure's error codes mean for a GPU pool. The first row that fits code and text wins.

Codes and texts are those of the AKS and compute resource providers; the text decides only where one code stands for
several things.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass


class Kind(enum.Enum):
    """What a program can do about a problem."""

    BUSY = "another operation is running"
    CAPACITY = "no free machines"
    CONNECTION = "no answer"
    FORBIDDEN = "not allowed"
    NOT_FOUND = "not found"
    PRECONDITION = "changed by somebody else"
    SIGN_IN = "not signed in"
    THROTTLED = "too many calls"
    UNREADABLE = "not an answer of Azure"
    OTHER = "anything else"


@dataclass(frozen=True)
class Explanation:
    """One row: codes it is for, the sentence and the next step.

    Names in braces come from the groups of `pattern`; `{message}` is the service's own text. A `generic` row says no
    more than that something failed, so it is used only where no cause is given.
    """

    codes: tuple[str, ...]
    says: str
    next_step: str
    kind: Kind = Kind.OTHER
    pattern: re.Pattern[str] | None = None
    generic: bool = False


def _text(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE | re.DOTALL)


_SIZES = "Choose a size that is on offer: az aigpu sku list --location {region}"
_MORE_QUOTA = (
    "Ask for more quota in the portal (Quotas), or choose a size of another family: "
    "az aigpu sku list --location {region}; az vm list-usage --location {region} --output table shows all of it."
)
_ELSEWHERE = "Try other zones (--try-zones), other sizes (--try-sizes) or another region, or wait and try again."
_SHOW = "az aigpu nodepool show -g GROUP --cluster-name CLUSTER -n POOL"
_READ_AGAIN = f"See what it is now with {_SHOW}, then run the command again."
_CLUSTERS = "Check --resource-group, --cluster-name and --subscription; az aks list --output table shows your clusters."

_SIZE_ROWS = (
    Explanation(
        ("VMSizeNotSupported", "BadRequest", "InvalidParameter"),
        "The size {size} cannot be had in {region} with this subscription.",
        _SIZES,
        pattern=_text(r"size: '(?P<size>[^']+)' is not supported .*location '(?P<region>[^']+)'"),
    ),
    Explanation(
        ("VMSizeNotSupported", "BadRequest", "InvalidParameter"),
        "The VM size of pool '{pool}' is not allowed for this subscription in {region}.",
        _SIZES,
        pattern=_text(r"VM size of AgentPoolProfile:(?P<pool>\S+) is not allowed .*location '(?P<region>[^']+)'"),
    ),
    Explanation(
        ("VMSizeNotSupported",),
        "Azure does not offer this VM size here: {message}",
        "Choose a size that is on offer: az aigpu sku list --location LOCATION",
    ),
    Explanation(
        ("AvailabilityZoneNotSupported",),
        "Azure does not offer this size in the zones asked for: {message}",
        "Leave --zones out, or name zones that have the size: az aigpu sku show --size SIZE --location LOCATION",
    ),
)

_QUOTA_ROWS = (
    Explanation(
        ("ErrCode_InsufficientVCPUQuota",),
        "The vCPU quota of family {family} in {region} does not fit: {more} are asked for (surge nodes of upgrades "
        "included), {left} are left.",
        _MORE_QUOTA,
        pattern=_text(
            r"requested (?P<more>\d+), remaining (?P<left>\d+) for family (?P<family>.+?) for region (?P<region>\w+)"
        ),
    ),
    Explanation(
        ("OperationNotAllowed", "QuotaExceeded"),
        "The vCPU quota '{family}' in {region} does not fit: {used} of {limit} are in use, {more} more are asked for.",
        _MORE_QUOTA,
        pattern=_text(
            r"exceeding approved (?P<family>.+?)(?: Cores)? quota.*Location: (?P<region>\w+), "
            r"Current Limit: (?P<limit>\d+), Current Usage: (?P<used>\d+), Additional Required: (?P<more>\d+)"
        ),
    ),
    Explanation(
        ("ErrCode_InsufficientVCPUQuota", "QuotaExceeded"),
        "The vCPU quota does not fit: {message}",
        "Ask for more quota in the portal (Quotas); az vm list-usage --location LOCATION --output table shows it.",
    ),
)

_CAPACITY_ROWS = (
    Explanation(
        ("SkuNotAvailable",),
        "This size cannot be had in this place for now: {message}",
        _ELSEWHERE,
        Kind.CAPACITY,
    ),
    Explanation(
        ("AllocationFailed", "OverconstrainedAllocationRequest"),
        "Azure has no free machines of this size in the region now: {message}",
        _ELSEWHERE,
        Kind.CAPACITY,
    ),
    Explanation(
        ("ZonalAllocationFailed", "OverconstrainedZonalAllocationRequest"),
        "Azure has no free machines of this size in the zone now: {message}",
        _ELSEWHERE,
        Kind.CAPACITY,
    ),
    Explanation(
        ("AksCapacityHeavyUsage", "AKSCapacityHeavyUsage", "AKSCapacityError"),
        "The region has no room for more AKS nodes now: {message}",
        _ELSEWHERE,
        Kind.CAPACITY,
    ),
)

_STATE_ROWS = (
    Explanation(
        ("OperationNotAllowed", "BadRequest"),
        "The cluster makes nodes by itself (node auto-provisioning is Auto): its pools may not use the autoscaler.",
        "Give a fixed --node-count without --enable-cluster-autoscaler, or turn auto-provisioning off: "
        "az aks update -g GROUP -n CLUSTER --node-provisioning-mode Manual",
        pattern=_text(r"nodeProvisioningProfile\.mode cannot be Auto"),
    ),
    Explanation(
        ("OperationNotAllowed", "Conflict"),
        "Another operation is running on the cluster or the pool.",
        "Wait for it: az aks show -g GROUP -n CLUSTER --query provisioningState; then run the command again.",
        Kind.BUSY,
        _text(r"in[- ]progress|aks-pending-operation"),
    ),
    Explanation(
        ("OperationNotAllowed",),
        "The cluster is stopped.",
        "Start it: az aks start -g GROUP -n CLUSTER",
        pattern=_text(r"cluster \S* ?is stopped|aks-start-cluster"),
    ),
    Explanation(
        ("AKSOperationPreempted",),
        "A later operation on the cluster took the place of this one, which was given up halfway.",
        _READ_AGAIN,
    ),
    Explanation(
        ("EtagMismatch", "OriginalEtagNotExpect", "PreconditionFailed"),
        "The pool was made or changed by somebody else in the meantime; nothing was written.",
        _READ_AGAIN,
        Kind.PRECONDITION,
    ),
    Explanation(
        ("PropertyChangeNotAllowed",),
        "This property of a pool cannot be changed once the pool exists: {message}",
        "Make a new pool with the value wanted (az aigpu nodepool add), then delete the old one.",
    ),
)

_BODY_ROWS = (
    Explanation(
        ("UnmarshalError",),
        "Azure could not read the request: {message}",
        "Check files given by option (--kubelet-config, --linux-os-config, --localdns-config) for misspelt keys.",
    ),
    Explanation(
        ("InvalidParameter", "BadRequest"),
        "A label uses a prefix that Kubernetes keeps for itself (kubernetes.io, k8s.io).",
        "Rename the label in --labels; only kubelet.kubernetes.io and node.kubernetes.io are allowed there.",
        pattern=_text(r"node label keys in the 'kubernetes\.io'"),
    ),
    Explanation(
        ("InvalidParameter", "BadRequest"),
        "Two taints have the same key.",
        "Name each key once in --node-taints; the contract's own taint counts.",
        pattern=_text(r"duplicate taint"),
    ),
    Explanation(
        ("CanNotTaintAllAgentPools",),
        "A cluster needs a pool without taints, and this would be the last one.",
        "Add a pool for other pods first: az aks nodepool add -g GROUP --cluster-name CLUSTER -n POOL",
    ),
)

_ACCESS_ROWS = (
    Explanation(
        ("RequestDisallowedByPolicy",),
        "Azure Policy '{policy}' forbids this.",
        "Ask its owner what is allowed: az policy assignment list --disable-scope-strict-match --output table",
        pattern=_text(r'policyAssignment"\s*:\s*\{[^}]*?"name"\s*:\s*"(?P<policy>[^"]+)"'),
    ),
    Explanation(
        ("RequestDisallowedByPolicy",),
        "An Azure Policy forbids this: {message}",
        "Ask its owner what is allowed: az policy assignment list --disable-scope-strict-match --output table",
    ),
    Explanation(
        ("AuthorizationFailed", "LinkedAuthorizationFailed", "Forbidden"),
        "Your login may not do {action} on {scope}.",
        "Ask an owner of that scope for a role with this action (docs/reference/permissions.md has one to copy), "
        "then sign in again.",
        Kind.FORBIDDEN,
        _text(r"perform actions? '(?P<action>[^']+)'.*? scopes? '(?P<scope>[^']+)'"),
    ),
    Explanation(
        ("AuthorizationFailed", "LinkedAuthorizationFailed", "Forbidden"),
        "Your login may not do this: {message}",
        "Ask an owner of the subscription for a role; docs/reference/permissions.md says what each command needs.",
        Kind.FORBIDDEN,
    ),
    Explanation(
        (
            "AuthenticationFailed",
            "AuthenticationFailedInvalidHeader",
            "ExpiredAuthenticationToken",
            "InvalidAuthenticationToken",
            "InvalidAuthenticationTokenTenant",
        ),
        "Azure does not take your login: {message}",
        "Sign in again: az login; az account show tells which tenant and subscription are in use.",
        Kind.SIGN_IN,
    ),
)

_SERVICE_ROWS = (
    Explanation(
        ("Throttled", "TooManyRequests", "SubscriptionRequestsThrottled"),
        "Azure throttles calls of this kind at the moment.",
        "Wait a minute and try again; other programs that use the same cluster or subscription count too.",
        Kind.THROTTLED,
    ),
    Explanation(
        ("ResourceNotFound", "NotFound"),
        "{message}",
        "See the pools: az aigpu nodepool list -g GROUP --cluster-name CLUSTER; az aks nodepool list shows the others.",
        Kind.NOT_FOUND,
        pattern=_text(r"agent ?pool"),
    ),
    Explanation(
        ("ResourceNotFound", "NotFound", "ManagementGroupNotFound"),
        "{message}",
        "Check --management-group; az account management-group list --output table shows those that you may see.",
        Kind.NOT_FOUND,
        pattern=_text(r"management ?group"),
    ),
    Explanation(("ResourceNotFound", "NotFound", "ParentResourceNotFound"), "{message}", _CLUSTERS, Kind.NOT_FOUND),
    Explanation(
        ("ResourceGroupNotFound",),
        "{message}",
        "Check --resource-group and --subscription; az group list --output table shows your groups.",
        Kind.NOT_FOUND,
    ),
    Explanation(
        ("SubscriptionNotFound",),
        "{message}",
        "Check --subscription; az account list --output table shows yours.",
        Kind.NOT_FOUND,
    ),
    Explanation(
        ("MissingSubscriptionRegistration", "NoRegisteredProviderFound"),
        "The subscription or the region does not know this kind of resource: {message}",
        "Check the region's name; az provider register --namespace Microsoft.Compute (or Microsoft.ContainerService).",
    ),
    Explanation(
        ("ReconcileVMSSAgentPoolFailed", "InternalOperationError", "ResourceOperationFailure", "InternalServerError"),
        "Azure failed inside and names no cause: {message}",
        f"See what is left with {_SHOW}; a new pool that is Failed can be made again with --replace-failed.",
        generic=True,
    ),
    Explanation(
        ("ServiceUnavailable", "BadGateway", "GatewayTimeout"),
        "The service does not answer at the moment: {message}",
        "Wait a minute and try again; https://azure.status.microsoft tells of outages.",
        generic=True,
    ),
)

EXPLANATIONS: tuple[Explanation, ...] = (
    *_SIZE_ROWS,
    *_QUOTA_ROWS,
    *_CAPACITY_ROWS,
    *_STATE_ROWS,
    *_BODY_ROWS,
    *_ACCESS_ROWS,
    *_SERVICE_ROWS,
)
