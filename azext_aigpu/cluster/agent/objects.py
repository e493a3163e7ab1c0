"""What tells an object of an installation from every other, and its names for people, kubectl and the API. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

Object = Mapping[str, Any]
Identity = tuple[str, str, str, str]
"""apiVersion, kind, namespace (empty where there is none) and name."""

_IRREGULAR = {"PriorityClass": "priorityclasses", "ValidatingAdmissionPolicy": "validatingadmissionpolicies"}


def identity_of(one: Object) -> Identity:
    """Return what tells an object from every other."""
    metadata = one["metadata"]
    return one["apiVersion"], one["kind"], metadata.get("namespace", ""), metadata["name"]


def name_only(one: Object) -> dict[str, Any]:
    """Return an object without anything but its identity."""
    named = {key: one["metadata"][key] for key in ("name", "namespace") if key in one["metadata"]}
    return {"apiVersion": one["apiVersion"], "kind": one["kind"], "metadata": named}


def render_objects(objects: Iterable[Object]) -> str:
    """Return objects as the one List that kubectl takes."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def title_of(identity: Identity) -> str:
    """Return an object in words: `DaemonSet aigpu-system/aigpu-agent`."""
    _, kind, namespace, name = identity
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def command_for(identity: Identity) -> str:
    """Return the command that shows an object whole."""
    _, kind, namespace, name = identity
    return f"kubectl get {kind.lower()} {name}" + (f" -n {namespace}" if namespace else "") + " -o yaml"


def path_of(identity: Identity) -> str:
    """Return the path of an object in the API."""
    version, kind, namespace, name = identity
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    where = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{where}/{_IRREGULAR.get(kind, kind.lower() + 's')}/{name}"
