"""Every managed cluster of subscriptions or of a management group: one question to Azure Resource Graph, page by page.

Resource Graph leaves out what the login may not read, and says nothing about it. So the answer is held against the
subscriptions that were asked for; those that are not in it are named, with why. It lags behind Azure by seconds to
minutes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract.reading import Reading, Unknown
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.readings import take_reading
from azext_aigpu.cloud.shape import as_list, as_object, as_text

PATH = "/providers/Microsoft.ResourceGraph/resources"
API_VERSION = "2022-10-01"
PERMISSION = "Microsoft.ResourceGraph/resources/read"
GROUPS_API_VERSION = "2020-05-01"
GROUPS_PERMISSION = "Microsoft.Management/managementGroups/descendants/read"
PAGE_SIZE = 200
MOST_PAGES = 500

CLUSTER_TYPE = "microsoft.containerservice/managedclusters"
SUBSCRIPTION_TYPE = "microsoft.resources/subscriptions"
QUERY = (
    f"resourcecontainers | where type =~ '{SUBSCRIPTION_TYPE}'"
    " | project id, name, type, location = '', subscriptionId, resourceGroup = '', pools = dynamic(null)"
    f" | union (resources | where type =~ '{CLUSTER_TYPE}'"
    " | project id, name, type, location, subscriptionId, resourceGroup, pools = properties.agentPoolProfiles)"
    " | order by id asc"
)
"""The subscriptions come along to show which of them could be read; the order makes the pages fit together."""


@dataclass(frozen=True)
class GraphCluster:
    """A managed cluster as Resource Graph keeps it; `profiles` are its agent pool profiles as they came."""

    id: str
    location: str
    profiles: Any


@dataclass(frozen=True)
class Unreadable:
    """A scope that could not be looked into, and why."""

    scope: str
    reason: str


@dataclass(frozen=True)
class Estate:
    """What was found under a scope, and what of it could not be read."""

    clusters: tuple[GraphCluster, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    def __add__(self, other: Estate) -> Estate:
        return Estate(self.clusters + other.clusters, self.unreadable + other.unreadable)


def read_subscriptions(arm: Arm, subscriptions: Collection[str]) -> Estate:
    """Return the clusters of `subscriptions` (ids), all of the tenant that `arm` is signed in to."""
    rows = read_rows(arm, {"subscriptions": list(subscriptions)}, "the clusters of the subscriptions")
    if isinstance(rows, Unknown):
        return Estate(unreadable=tuple(Unreadable(f"subscription {one}", rows.reason) for one in subscriptions))
    return _build_estate(rows.value, subscriptions)


def read_management_group(arm: Arm, group: str) -> Estate:
    """Return the clusters of every subscription of a management group. Raises NotFound where there is no such group."""
    expected = read_descendants(arm, group)
    rows = read_rows(arm, {"managementGroups": [group]}, f"the clusters of management group '{group}'")
    if isinstance(rows, Unknown):
        return Estate(unreadable=(Unreadable(f"management group {group}", rows.reason),))
    if isinstance(expected, Unknown):
        lost = Unreadable(f"management group {group}", f"it is not known whether this is all: {expected.reason}")
        return _build_estate(rows.value, None) + Estate(unreadable=(lost,))
    return _build_estate(rows.value, expected.value)


def read_descendants(arm: Arm, group: str) -> Reading[tuple[str, ...]]:
    """Return the ids of the subscriptions of a management group. Raises NotFound where there is no such group."""
    what = f"the subscriptions of management group '{group}'"
    path = f"/providers/Microsoft.Management/managementGroups/{group}/descendants"
    return take_reading(
        lambda: _parse_descendants(arm.list_json(path, GROUPS_API_VERSION)), what, GROUPS_PERMISSION, must_exist=True
    )


def parse_page(answer: Any) -> tuple[list[Mapping[str, Any]], str | None]:
    """Return the rows of a page and the token of the next. Raises ValueError where the answer is another."""
    page = as_object(answer, "the answer")
    rows = [as_object(row, "a row") for row in as_list(page.get("data"), "data")]
    if page.get("data") is None:
        raise ValueError("the answer holds no data")
    token = page.get("$skipToken")
    if token is None and str(page.get("resultTruncated")).lower() == "true":
        raise ValueError("the answer was cut off and leads nowhere")
    return rows, None if token is None else as_text(token, "$skipToken")


def read_rows(arm: Arm, scope: Mapping[str, Any], what: str, query: str = QUERY) -> Reading[list[Mapping[str, Any]]]:
    """Return every row that `query` finds in `scope` (`subscriptions` or `managementGroups`)."""
    return take_reading(lambda: _read_pages(arm, scope, query), what, PERMISSION)


def _read_pages(arm: Arm, scope: Mapping[str, Any], query: str) -> list[Mapping[str, Any]]:
    options: dict[str, Any] = {"resultFormat": "objectArray", "$top": PAGE_SIZE}
    if "managementGroups" in scope:
        options["allowPartialScopes"] = True
    found: list[Mapping[str, Any]] = []
    for _ in range(MOST_PAGES):
        rows, token = parse_page(arm.post_json(PATH, API_VERSION, {**scope, "query": query, "options": options}))
        found.extend(rows)
        if token is None:
            return found
        options["$skipToken"] = token
    raise ValueError(f"more than {MOST_PAGES} pages")


def _build_estate(rows: Iterable[Mapping[str, Any]], expected: Collection[str] | None) -> Estate:
    """Return what the rows hold; `expected` are the subscriptions that must be among them, None where nobody knows."""
    clusters: list[GraphCluster] = []
    seen: set[str] = set()
    for row in rows:
        if str(row.get("type")).lower() == SUBSCRIPTION_TYPE:
            seen.add(str(row.get("subscriptionId")).lower())
        else:
            clusters.append(GraphCluster(str(row.get("id") or ""), str(row.get("location") or ""), row.get("pools")))
    reason = "your login cannot read it: Resource Graph leaves it out"
    lost = [Unreadable(f"subscription {one}", reason) for one in expected or () if one.lower() not in seen]
    if not seen and not lost:
        lost.append(Unreadable("the whole scope", "no subscription is in Resource Graph's answer"))
    if expected is not None and seen - {one.lower() for one in expected}:
        lost.append(Unreadable("the whole scope", "Resource Graph and the management group name other subscriptions"))
    return Estate(tuple(clusters), tuple(lost))


def _parse_descendants(rows: Iterable[Any]) -> tuple[str, ...]:
    items = [as_object(row, "an entry") for row in rows]
    return tuple(
        as_text(item.get("name"), "name") for item in items if str(item.get("type")).lower().endswith("/subscriptions")
    )
