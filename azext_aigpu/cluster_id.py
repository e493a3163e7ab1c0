"""The resource id of an AKS cluster, which names the subscription and the resource group too. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORM = re.compile(
    r"/subscriptions/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"/resource[gG]roups/([\w().-]{0,89}[\w()-])"
    r"/providers/Microsoft\.ContainerService/managedClusters/([A-Za-z0-9](?:[\w-]{0,61}[A-Za-z0-9])?)",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, order=True)
class ClusterId:
    """A cluster by its names, as they were written."""

    subscription: str
    resource_group: str
    name: str

    def __str__(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.ContainerService/managedClusters/{self.name}"
        )

    @property
    def key(self) -> str:
        """Return what is equal for two spellings of one cluster: Azure does not tell upper from lower case."""
        return str(self).lower()


def parse_cluster_id(text: str) -> ClusterId:
    """Return the cluster that `text` names. Raises ValueError, whose message says what is wanted."""
    match = _FORM.fullmatch(text.strip().rstrip("/"))
    if match is None:
        raise ValueError(
            "wanted is the whole id of an AKS cluster: /subscriptions/ID/resourceGroups/GROUP/providers/"
            "Microsoft.ContainerService/managedClusters/NAME (az aks show -g GROUP -n NAME --query id)"
        )
    return ClusterId(*match.groups())
