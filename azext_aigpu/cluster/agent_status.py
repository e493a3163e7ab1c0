"""What is on a cluster of an installation: how far the DaemonSet is, what the policies do, what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from azext_aigpu.cluster.admission import own_node_policy, reverse_policy
from azext_aigpu.cluster.admission.reverse_rule import items, mapping
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.manifests import device_plugin
from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE

_OWN_DAEMONSETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_MODE = "--mode="

ABSENT, WARN, DENY = "absent", "warn", "deny"
INSTALL = "az aigpu agent install"


@dataclass(frozen=True)
class Installation:
    """The objects of an installation as the API server has them; None where it has none."""

    agent: Mapping[str, Any]
    plugin: Mapping[str, Any] | None
    reverse_policy: Mapping[str, Any] | None
    reverse_binding: Mapping[str, Any] | None
    own_policy: Mapping[str, Any] | None
    own_binding: Mapping[str, Any] | None


def read_installation(kubectl: Kubectl) -> Installation | None:
    """Return what is installed, None where the agent is not. Raises KubectlError."""
    agent = _read(kubectl, f"{_OWN_DAEMONSETS}/{AGENT}")
    if agent is None:
        return None
    policies, bindings = f"{_ADMISSION}/validatingadmissionpolicies", f"{_ADMISSION}/validatingadmissionpolicybindings"
    return Installation(
        agent=agent,
        plugin=_read(kubectl, f"{_OWN_DAEMONSETS}/{device_plugin.NAME}"),
        reverse_policy=_read(kubectl, f"{policies}/{reverse_policy.NAME}"),
        reverse_binding=_read(kubectl, f"{bindings}/{reverse_policy.NAME}"),
        own_policy=_read(kubectl, f"{policies}/{own_node_policy.NAME}"),
        own_binding=_read(kubectl, f"{bindings}/{own_node_policy.NAME}"),
    )


def build_status(found: Installation) -> dict[str, Any]:
    """Return the status as data."""
    spec = mapping(mapping(mapping(found.agent, "spec"), "template"), "spec")
    container = next(iter(items(spec, "containers")), {})
    return {
        "namespace": NAMESPACE,
        "image": container.get("image"),
        "mode": _mode(container),
        "profile": "watch" if spec.get("hostPID") else "base",
        "nodes": _counts(found.agent),
        "reverseRule": _action(found.reverse_policy, found.reverse_binding),
        "ownNodePolicy": _action(found.own_policy, found.own_binding),
        "devicePlugin": None if found.plugin is None else _counts(found.plugin),
        "problems": list(list_problems(found)),
    }


def list_problems(found: Installation) -> Iterator[str]:
    """Yield what is wrong with an installation, each with the next step."""
    counts = _counts(found.agent)
    if counts["desired"] == 0:
        yield (
            "No node is meant to run the agent: none carries a label of a GPU pool. Name the pools that have none: "
            f"{INSTALL} --gpu-pools NAME,NAME"
        )
    elif counts["ready"] < counts["desired"]:
        missing = counts["desired"] - counts["ready"]
        yield (
            f"The agent is not ready on {missing} of {counts['desired']} nodes, and nothing is known of these. Look: "
            f"kubectl get pods -n {NAMESPACE} -o wide"
        )
    if _action(found.own_policy, found.own_binding) != DENY:
        yield (
            f"The policy {own_node_policy.NAME} is not in force, so each agent may write every node. Install again: "
            + INSTALL
        )
    if _action(found.reverse_policy, found.reverse_binding) == ABSENT:
        yield f"The policy {reverse_policy.NAME} is not in force, so CPU jobs pass unseen. Install again: {INSTALL}"
    for policy in (found.reverse_policy, found.own_policy):
        yield from _type_errors(policy)


def _read(kubectl: Kubectl, path: str) -> Mapping[str, Any] | None:
    try:
        answer = kubectl.get_raw(path)
    except KubectlError as error:
        if error.kind == "not-found":
            return None
        raise
    if not isinstance(answer, dict):
        raise KubectlError("other", f"The answer to GET {path} is no object.")
    return answer


def _counts(daemonset: Mapping[str, Any]) -> dict[str, int]:
    """Return nodes by how far they are; of a DaemonSet that no controller has seen yet, none is ready."""
    status = mapping(daemonset, "status")
    names = {"desired": "desiredNumberScheduled", "ready": "numberReady", "updated": "updatedNumberScheduled"}
    return {key: int(status.get(name) or 0) for key, name in names.items()}


def _mode(container: Mapping[str, Any]) -> str | None:
    arguments = container.get("args") or ()
    return next((one[len(_MODE) :] for one in arguments if isinstance(one, str) and one.startswith(_MODE)), None)


def _action(policy: Mapping[str, Any] | None, binding: Mapping[str, Any] | None) -> str:
    if policy is None or binding is None:
        return ABSENT
    actions = mapping(binding, "spec").get("validationActions") or ()
    return DENY if "Deny" in actions else WARN


def _type_errors(policy: Mapping[str, Any] | None) -> Iterator[str]:
    checked = mapping(mapping(policy or {}, "status"), "typeChecking")
    for warning in items(checked, "expressionWarnings"):
        name = mapping(policy or {}, "metadata").get("name")
        yield f"The API server doubts an expression of the policy {name}: {warning.get('warning')}"
