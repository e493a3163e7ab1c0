"""Which API groups a server has, and in which versions: the one reader of GET /apis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azext_aigpu.cluster.kubectl import Kubectl, KubectlError

BUILT_IN = ("apps", "batch")
"""API groups that every Kubernetes has: where one is missing, the answer is wrong and not the cluster empty."""

_APIS = "/apis"
_CORE = "v1"
"""The API version without a group, which GET /apis does not name and every server has."""


@dataclass(frozen=True)
class Served:
    """The API groups of a server, each with its versions as the server writes them (`v1`, `v1beta1`)."""

    groups: Mapping[str, tuple[str, ...]]

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the groups that every server has and this answer does not name."""
        return tuple(group for group in BUILT_IN if not self.groups.get(group))

    def versions(self, group: str) -> tuple[str, ...]:
        """Return the versions of a group, none where the server has no such group."""
        return self.groups.get(group, ())

    def has(self, api_version: str) -> bool:
        """Return whether the server has an `apiVersion` as manifests write it: `v1`, `apps/v1`."""
        group, _, version = api_version.rpartition("/")
        return version in self.versions(group) if group else version == _CORE


def read_served(kubectl: Kubectl) -> Served:
    """Return what the server has. Raises KubectlError, also where its answer is not the list of groups it must be."""
    served = parse_served(kubectl.get_raw(_APIS))
    if served is None:
        raise KubectlError("other", f"The answer to GET {_APIS} is no list of API groups.")
    return served


def parse_served(answer: Any) -> Served | None:
    """Return the groups of an APIGroupList, None for anything else: half an answer would hide what the rest names."""
    listed = answer.get("groups") if isinstance(answer, Mapping) else None
    if not isinstance(listed, list):
        return None
    groups: dict[str, tuple[str, ...]] = {}
    for entry in listed:
        name = entry.get("name") if isinstance(entry, Mapping) else None
        versions = _parse_versions(entry.get("versions")) if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or not name or versions is None:
            return None
        groups[name] = versions
    return Served(groups)


def _parse_versions(listed: Any) -> tuple[str, ...] | None:
    entries = listed if isinstance(listed, list) else []
    found = [one.get("version") if isinstance(one, Mapping) else None for one in entries]
    named = tuple(one for one in found if isinstance(one, str) and one)
    return named if named and len(named) == len(found) else None
