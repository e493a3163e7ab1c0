"""What the definitions do to resources, by the evaluator of the policy language that the local Azure enforces with."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from azext_aigpu.policy import definitions
from azext_aigpu.policy.definitions import Definition, build_definitions
from testbeds.local_azure.policy_language import Resource, evaluate

TODAY = datetime.date(2026, 11, 24)
DEFINITIONS = {one.name: one for one in build_definitions(TODAY)}


def effect(definition: Definition | str, resource: Resource, **parameters: Any) -> str | None:
    """Return the effect of a definition on a resource, None where it does not fit; an effect is Audit by default."""
    one = DEFINITIONS[definition] if isinstance(definition, str) else definition
    return evaluate(one.properties(), {name: {"value": value} for name, value in parameters.items()}, resource)


def pool(size: str | None, name: str = "gpu") -> Resource:
    """Return the request for an agent pool by itself."""
    properties: dict[str, Any] = {"count": 1, "mode": "User"}
    return Resource(definitions.POOL, name, {"properties": {**properties, **({"vmSize": size} if size else {})}})


def cluster(*sizes: str) -> Resource:
    """Return the request for a cluster with a pool of each size in its profiles."""
    profiles = [{"name": f"pool{number}", "vmSize": size} for number, size in enumerate(sizes)]
    return Resource(definitions.CLUSTER, "aks", {"location": "eastus", "properties": {"agentPoolProfiles": profiles}})


def machine(size: str, tags: Mapping[str, str] | None = None) -> Resource:
    """Return the request for a virtual machine."""
    body = {"location": "eastus", "tags": dict(tags or {}), "properties": {"hardwareProfile": {"vmSize": size}}}
    return Resource(definitions.MACHINE, "vm", body)


def scale_set(size: str, tags: Mapping[str, str] | None = None) -> Resource:
    """Return the request for a scale set."""
    return Resource(
        definitions.SCALE_SET, "vmss", {"location": "eastus", "tags": dict(tags or {}), "sku": {"name": size}}
    )
