"""Puts the agent on a cluster and takes it away again, by server-side apply."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from aigpu_contract import labels
from aigpu_contract.reading import Known
from azext_aigpu.cluster.agent.objects import identity_of, name_only, render_objects, title_of
from azext_aigpu.cluster.agent.reading import read_objects
from azext_aigpu.cluster.agent.record import render_record
from azext_aigpu.cluster.agent.review import DaemonSetFacts, parse_daemonset
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.manifests.objects import Object, build_objects
from azext_aigpu.cluster.manifests.settings import AGENT, MONITORINGS, NAMESPACE, AgentSettings
from azext_aigpu.cluster.object_parts import items, mapping
from azext_aigpu.cluster.paging import read_list
from azext_aigpu.cluster.served import read_served

FIELD_MANAGER = "aigpu"
DAEMONSETS = "/apis/apps/v1/daemonsets"
BINDING = "ValidatingAdmissionPolicyBinding"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
_APPLY = ("apply", "--server-side", f"--field-manager={FIELD_MANAGER}")
_CUSTOM = "monitoring.coreos.com/v1", "azmonitoring.coreos.com/v1"
"""API versions that a cluster may lack. All the others every Kubernetes of the oldest version that we take has."""

END_S = 120.0
"""How long pods of the agent may take to end; it writes nothing when it is told to."""

_DELETE = ("delete", "--ignore-not-found", f"--timeout={END_S:.0f}s", "-f", "-")

HALF_INSTALLED = (
    "Parts of it may be applied by now. The same command again goes on; az aigpu agent uninstall takes it away."
)


@contextlib.contextmanager
def told_how_to_go_on(step: str) -> Iterator[None]:
    """Add `step` to what is said when something fails, or somebody stops it, after the cluster was changed.

    Raises KubectlError, and never of kind `not-found`: that would say that nothing is installed.
    """
    try:
        yield
    except KubectlError as error:
        kind = "other" if error.kind == "not-found" else error.kind
        steps = "\n".join(part for part in (error.next_step, step) if part)
        raise KubectlError(kind, error.text, steps, error.reason) from error
    except KeyboardInterrupt:
        raise KubectlError("other", "Stopped halfway.", step) from None


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
    namespace, *others = build_recorded(settings)
    foreign = [one for one in others if one["kind"] == BINDING and _is_foreign(kubectl, one["metadata"]["name"])]
    if foreign and not force_conflicts:
        names = ", ".join(one["metadata"]["name"] for one in foreign)
        step = "Leave it to that tool, or take it over: --force-conflicts"
        raise KubectlError(
            "conflict", f"What happens at a violation was set by another tool, in the binding {names}.", step
        )
    _apply(kubectl, [namespace], force_conflicts)
    _apply(kubectl, [one for one in others if one not in foreign], force_conflicts, "--dry-run=server")
    with told_how_to_go_on(HALF_INSTALLED):
        _delete(kubectl, foreign)
        _apply(kubectl, others, force_conflicts)
        _delete(kubectl, list_leftovers(settings))


def build_recorded(settings: AgentSettings) -> list[Object]:
    """Return the objects, and on the agent's DaemonSet what was asked for: `status` holds the others to it. Pure."""
    objects = build_objects(settings)
    for one in objects:
        if (one["kind"], one["metadata"]["name"]) == ("DaemonSet", AGENT):
            one["metadata"] = {**one["metadata"], "annotations": {labels.INSTALL_ANNOTATION: render_record(settings)}}
    return objects


def list_leftovers(settings: AgentSettings) -> list[Object]:
    """Return the objects that other settings would have and these have not. Pure."""
    wanted = {identity_of(one) for one in build_objects(settings)}
    return [one for one in list_everything(settings) if identity_of(one) not in wanted]


def list_everything(settings: AgentSettings) -> list[Object]:
    """Return the objects that any settings would have, each once. Pure."""
    ways = [dataclasses.replace(settings.widest, monitoring=way) for way in MONITORINGS]
    every = [one for way in ways for one in build_objects(way)]
    return list({identity_of(one): one for one in every}.values())


def delete_daemonsets(kubectl: Kubectl, settings: AgentSettings) -> bool:
    """Delete the DaemonSets and wait until their pods are gone; return whether any was there. Raises KubectlError."""
    chosen = [one for one in list_everything(settings) if one["kind"] == "DaemonSet"]
    return _delete(kubectl, chosen, "--cascade=foreground")


def delete_others(kubectl: Kubectl, settings: AgentSettings) -> bool:
    """Delete everything else but the namespace, the rights last; return whether any was there. Raises KubectlError."""
    kept = ("DaemonSet", "Namespace")
    return _delete(kubectl, [one for one in reversed(list_everything(settings)) if one["kind"] not in kept])


def list_remains(kubectl: Kubectl, settings: AgentSettings, keeps_namespace: bool) -> list[str]:
    """Return the objects that are still there, or of which that is not known, in words. Raises KubectlError."""
    looked_at = [
        one
        for one in list_everything(settings)
        if one["apiVersion"] not in _CUSTOM and not (keeps_namespace and one["kind"] == "Namespace")
    ]
    return [
        title_of(identity) + ("" if isinstance(seen, Known) else f" (not known: {seen.reason})")
        for identity, seen in read_objects(kubectl, looked_at).items()
        if seen != Known(None)
    ]


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
    kubectl.run(*_APPLY, *options, *forced, "-f", "-", stdin=render_objects(objects))


def _delete(kubectl: Kubectl, objects: Iterable[Object], *options: str) -> bool:
    """Delete what is there of `objects`, and return whether anything was. Raises KubectlError.

    kubectl refuses a whole file for one kind that the server has not, so those that it may lack are left out.
    """
    served = read_served(kubectl)
    known = [name_only(one) for one in objects if one["apiVersion"] not in _CUSTOM or served.has(one["apiVersion"])]
    if not known:
        return False
    said = kubectl.run(*_DELETE, *options, stdin=render_objects(known), timeout_s=END_S + 30)
    return " deleted" in said
