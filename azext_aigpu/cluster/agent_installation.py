"""Puts the agent on a cluster and takes it away again, by server-side apply."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any

from azext_aigpu.cluster.admission.reverse_rule import items, mapping
from azext_aigpu.cluster.agent_review import DaemonSetFacts, parse_daemonset
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.manifests.objects import Object, build_objects
from azext_aigpu.cluster.manifests.settings import MONITORINGS, NAMESPACE, TAINT, WATCH, AgentSettings
from azext_aigpu.cluster.paging import read_list

FIELD_MANAGER = "aigpu"
DAEMONSETS = "/apis/apps/v1/daemonsets"
BINDING = "ValidatingAdmissionPolicyBinding"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
_APPLY = ("apply", "--server-side", f"--field-manager={FIELD_MANAGER}")
_DELETE = ("delete", "--ignore-not-found", "-f", "-")
END_S = 120.0
"""How long pods of the agent may take to end; it writes nothing when it is told to."""


def read_version(kubectl: Kubectl) -> Any:
    """Return what the API server says of its version. Raises KubectlError."""
    return kubectl.get_raw("/version")


def read_daemonsets(kubectl: Kubectl) -> list[DaemonSetFacts]:
    """Return the DaemonSets of the cluster. Raises KubectlError."""
    return read_list(kubectl, DAEMONSETS, parse_daemonset)


def apply_agent(kubectl: Kubectl, settings: AgentSettings, force_conflicts: bool) -> None:
    """Apply every object, after the API server has said of all of them that it would take them.

    What an earlier installation had and this one has not is deleted. Raises KubectlError; until the whole was judged,
    nothing is made but the namespace, without which the API server judges nothing in it.
    """
    namespace, *others = build_objects(settings)
    foreign = [one for one in others if one["kind"] == BINDING and _is_foreign(kubectl, one["metadata"]["name"])]
    if foreign and not force_conflicts:
        names = ", ".join(one["metadata"]["name"] for one in foreign)
        step = "Leave it to that tool, or take it over: --force-conflicts"
        raise KubectlError(
            "conflict", f"What happens at a violation was set by another tool, in the binding {names}.", step
        )
    _apply(kubectl, [namespace], force_conflicts)
    _apply(kubectl, [one for one in others if one not in foreign], force_conflicts, "--dry-run=server")
    _delete(kubectl, foreign)
    _apply(kubectl, others, force_conflicts)
    _delete(kubectl, list_leftovers(settings))


def list_leftovers(settings: AgentSettings) -> list[Object]:
    """Return the objects that other settings would have and these have not. Pure."""
    wanted = {_identity(one) for one in build_objects(settings)}
    return [one for one in list_everything(settings) if _identity(one) not in wanted]


def list_everything(settings: AgentSettings) -> list[Object]:
    """Return the objects that any settings would have, each once. Pure."""
    most = dataclasses.replace(settings, mode=TAINT, profile=WATCH, device_plugin=True)
    every = [one for way in MONITORINGS for one in build_objects(dataclasses.replace(most, monitoring=way))]
    return list({_identity(one): one for one in every}.values())


def delete_daemonsets(kubectl: Kubectl, settings: AgentSettings) -> None:
    """Delete the DaemonSets and wait until their pods are gone. Raises KubectlError."""
    chosen = [one for one in list_everything(settings) if one["kind"] == "DaemonSet"]
    _delete(kubectl, chosen, "--cascade=foreground", f"--timeout={END_S:.0f}s")


def delete_others(kubectl: Kubectl, settings: AgentSettings) -> None:
    """Delete everything else but the namespace, the rights last. Raises KubectlError."""
    kept = ("DaemonSet", "Namespace")
    _delete(kubectl, [one for one in reversed(list_everything(settings)) if one["kind"] not in kept])


def delete_namespace(kubectl: Kubectl) -> None:
    """Delete the namespace with what is left in it, the Leases among it. Raises KubectlError."""
    kubectl.run("delete", "namespace", NAMESPACE, "--ignore-not-found", f"--timeout={END_S:.0f}s", timeout_s=END_S + 30)


def delete_leases(kubectl: Kubectl) -> None:
    """Delete heartbeats and places of the taint budget. Raises KubectlError."""
    kubectl.run("delete", "leases.coordination.k8s.io", "--all", "-n", NAMESPACE)


def _is_foreign(kubectl: Kubectl, name: str) -> bool:
    """Return whether another tool has set what a binding does at a violation.

    The API server unites the lists of two tools, and then refuses Warn beside Deny: that is no conflict to it.
    """
    try:
        binding = kubectl.get_raw(f"{BINDINGS}/{name}")
    except KubectlError as error:
        if error.kind == "not-found":
            return False
        raise
    managers = items(mapping(binding, "metadata"), "managedFields")
    return any(
        one.get("manager") != FIELD_MANAGER and "f:validationActions" in mapping(mapping(one, "fieldsV1"), "f:spec")
        for one in managers
    )


def _apply(kubectl: Kubectl, objects: Iterable[Object], force_conflicts: bool, *options: str) -> None:
    forced = ("--force-conflicts",) if force_conflicts else ()
    kubectl.run(*_APPLY, *options, *forced, "-f", "-", stdin=_as_list(objects))


def _delete(kubectl: Kubectl, objects: Iterable[Object], *options: str) -> None:
    served = _read_served(kubectl)
    known = [_name_only(one) for one in objects if one["apiVersion"] in served]
    if known:
        kubectl.run(*_DELETE, *options, stdin=_as_list(known), timeout_s=END_S + 30)


def _read_served(kubectl: Kubectl) -> set[str]:
    """Return the versions of API groups that the server has: kubectl refuses a whole file for one that it has not."""
    answer = kubectl.get_raw("/apis")
    if not isinstance(answer, dict) or not isinstance(answer.get("groups"), list):
        raise KubectlError("other", "The answer to GET /apis is no list of API groups.")
    return {"v1", *(str(version["groupVersion"]) for group in answer["groups"] for version in group["versions"])}


def _identity(one: Object) -> tuple[str, str, str, str]:
    metadata = one["metadata"]
    return one["apiVersion"], one["kind"], metadata.get("namespace", ""), metadata["name"]


def _name_only(one: Object) -> Object:
    named = {key: one["metadata"][key] for key in ("name", "namespace") if key in one["metadata"]}
    return {"apiVersion": one["apiVersion"], "kind": one["kind"], "metadata": named}


def _as_list(objects: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
