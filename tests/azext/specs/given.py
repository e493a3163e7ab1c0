"""Specs for the tests: one pool that is well, and how to say it otherwise."""

from __future__ import annotations

import json
from typing import Any

from azext_aigpu.spec import Limits
from azext_aigpu.specs.parse import Text, Wanted, parse_specs
from azext_aigpu.usage import UsageError
from tests.azext.rules.given import TODAY

SUBSCRIPTION = "a16b0000-0000-4000-8000-000000000001"
T4 = "Standard_NC4as_T4_v3"
LIMITS = Limits(today=TODAY)


def cluster(name: str = "aks-train", subscription: str = SUBSCRIPTION) -> str:
    """Return the id of a cluster of the local Azure."""
    group = f"/subscriptions/{subscription}/resourceGroups/rg-train"
    return f"{group}/providers/Microsoft.ContainerService/managedClusters/{name}"


def a_document(name: str = "gpu", /, **fields: Any) -> dict[str, Any]:
    """Return a document of one T4 node with these fields; None leaves one out."""
    spec = {"cluster": cluster(), "nodeVmSize": T4, "nodeCount": 1, **fields}
    return {
        "apiVersion": "aigpu.io/v1alpha1",
        "kind": "GpuNodePool",
        "metadata": {"name": name},
        "spec": {key: value for key, value in spec.items() if value is not None},
    }


def as_text(*documents: Any) -> str:
    """Return documents as YAML; JSON is YAML too."""
    return "".join(f"--- {json.dumps(document)}\n" for document in documents)


def parsed(*documents: Any, overlays: tuple[Any, ...] = ()) -> tuple[Wanted, ...]:
    """Return the pools of documents, each overlay laid over them."""
    laid = [Text("over.yaml", as_text(one)) for one in overlays]
    return parse_specs([Text("pools.yaml", as_text(*documents))], laid, LIMITS)


def refusal(text: str, overlay: str | None = None) -> str:
    """Return why YAML text is refused."""
    overlays = [] if overlay is None else [Text("over.yaml", overlay)]
    try:
        parse_specs([Text("pools.yaml", text)], overlays, LIMITS)
    except UsageError as error:
        return str(error)
    raise AssertionError("it was not refused")
