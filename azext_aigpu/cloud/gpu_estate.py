"""Every node pool, virtual machine and scale set under a scope: one question to Azure Resource Graph.

It says what exists before a policy is made to deny. Like every answer of Resource Graph it leaves out what the login
may not read; so it is held against the subscriptions that were asked for, and what is not in it makes it unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud import resource_graph
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.shape import as_list, as_object
from azext_aigpu.policy.impact import NODE_POOL, SCALE_SET, VIRTUAL_MACHINE, Existing

MACHINE_TYPE = "microsoft.compute/virtualmachines"
SCALE_SET_TYPE = "microsoft.compute/virtualmachinescalesets"
POOL_NAME_TAG = "aks-managed-poolname"
"""The tag that AKS puts on the scale set of a node pool, in lower case."""

_FIELDS = "project id, name, type, location, subscriptionId, resourceGroup"
QUERY = (
    f"resourcecontainers | where type =~ '{resource_graph.SUBSCRIPTION_TYPE}'"
    " | project id, name, type, location = '', subscriptionId, resourceGroup = '', size = '', tags = dynamic(null),"
    " pools = dynamic(null)"
    f" | union (resources | where type in~ ('{MACHINE_TYPE}', '{SCALE_SET_TYPE}', '{resource_graph.CLUSTER_TYPE}')"
    f" | {_FIELDS}, size = coalesce(tostring(properties.hardwareProfile.vmSize), tostring(sku.name)), tags,"
    " pools = properties.agentPoolProfiles)"
    " | order by id asc"
)
_KINDS = {MACHINE_TYPE: VIRTUAL_MACHINE, SCALE_SET_TYPE: SCALE_SET}


def read_existing(
    arm: Arm, scope: Mapping[str, Any], expected: Collection[str] | None
) -> Reading[tuple[Existing, ...]]:
    """Return what exists in `scope` (`subscriptions` or `managementGroups`).

    `expected` are the subscriptions that must be in the answer, None where nobody knows: then it stays unknown.
    """
    rows = resource_graph.read_rows(arm, scope, "what exists there", QUERY)
    if isinstance(rows, Unknown):
        return rows
    seen = {
        str(row.get("subscriptionId")).lower()
        for row in rows.value
        if str(row.get("type")).lower() == resource_graph.SUBSCRIPTION_TYPE
    }
    lost = sorted({one.lower() for one in expected or ()} - seen)
    if expected is None or lost:
        what = f"subscription {lost[0]}" if lost else "whether every subscription is in the answer"
        return Unknown(f"what exists there could not be read in full: Resource Graph does not show {what}")
    try:
        return Known(tuple(parse_existing(rows.value)))
    except ValueError as error:
        return Unknown(f"what exists there could not be read: Azure's answer makes no sense ({error})")


def parse_existing(rows: Iterable[Mapping[str, Any]]) -> Iterator[Existing]:
    """Yield what the rows hold. Raises ValueError where a row has another form."""
    for row in rows:
        kind = str(row.get("type")).lower()
        if kind in _KINDS:
            yield _parse_machine(_KINDS[kind], row)
        elif kind == resource_graph.CLUSTER_TYPE:
            yield from _parse_pools(row)


def _parse_machine(kind: str, row: Mapping[str, Any]) -> Existing:
    tags = {str(key): str(value) for key, value in as_object(row.get("tags") or {}, "tags").items()}
    of_aks = any(key.lower() == POOL_NAME_TAG for key in tags)
    return Existing(kind, str(row.get("id")), str(row.get("name")), str(row.get("size") or ""), tags, of_aks)


def _parse_pools(row: Mapping[str, Any]) -> Iterator[Existing]:
    if row.get("pools") is None:
        raise ValueError(f"the node pools of {row.get('id')} are not in the answer")
    for item in as_list(row["pools"], "pools"):
        pool = as_object(item, "a pool")
        name = str(pool.get("name"))
        if not pool.get("vmSize"):
            raise ValueError(f"node pool {name} of {row.get('id')} has no size in the answer")
        yield Existing(NODE_POOL, f"{row.get('id')}/agentPools/{name}", name, str(pool["vmSize"]))
