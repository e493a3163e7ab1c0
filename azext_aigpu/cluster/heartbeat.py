"""The agent's heartbeat: a Lease that has the node's name. Pure.

Nothing in Kubernetes turns a custom condition to Unknown when nobody renews it any more; its readers must.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract import labels
from azext_aigpu.cluster.moments import Moment, parse_moment
from azext_aigpu.cluster.object_parts import mapping

PATH = f"/apis/coordination.k8s.io/v1/namespaces/{labels.NAMESPACE}/leases"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When an agent last renewed its Lease and how many seconds that holds; None where the Lease does not say."""

    node: str
    renewed: Moment | None
    holds_s: int | None

    def age_s(self, now: Moment) -> float | None:
        """Return the seconds since the last renewal, below 0 where it lies in the future."""
        return None if self.renewed is None else (now - self.renewed).total_seconds()


def parse_heartbeat(data: Mapping[str, Any]) -> Heartbeat:
    """Return what is kept of a Lease of the API."""
    spec = mapping(data, "spec")
    holds = spec.get("leaseDurationSeconds")
    return Heartbeat(
        node=str(mapping(data, "metadata").get("name", "")),
        renewed=parse_moment(spec.get("renewTime")),
        holds_s=holds if isinstance(holds, int) and not isinstance(holds, bool) and holds > 0 else None,
    )
