"""The agent's rights: it fails without any one of them; docs/reference/admission.md says what each is for. Pure."""

from __future__ import annotations

from typing import Any

from aigpu_contract import labels
from azext_aigpu.cluster.manifests.settings import (
    AGENT,
    NAMESPACE,
    OBSERVE,
    WATCH,
    AgentSettings,
    build_metadata,
)

RBAC = "rbac.authorization.k8s.io"
EVENTS_NAMESPACE = "default"
"""Where an event about a Node has to be: the API server refuses it elsewhere (seen on 1.36)."""


def build_service_account() -> dict[str, Any]:
    """Return the account; no pod gets its token but by asking for it in a volume."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": build_metadata(AGENT, NAMESPACE),
        "automountServiceAccountToken": False,
    }


def build_roles(settings: AgentSettings) -> list[dict[str, Any]]:
    """Return what the agent may do: to nodes, in its own namespace, and to events about nodes.

    RBAC cannot say "its own node": the policy `aigpu-agent-own-node` does, for everything that is written.
    """
    roles = [
        _role("ClusterRole", None, _cluster_rules(settings)),
        _role("Role", NAMESPACE, _own_rules(settings)),
    ]
    if settings.mode != OBSERVE:
        roles.append(_role("Role", EVENTS_NAMESPACE, [_rule("", "events", "create", "patch")]))
    return roles


def build_bindings(settings: AgentSettings) -> list[dict[str, Any]]:
    """Return a binding of each role to the account."""
    return [_binding(role["kind"], role["metadata"].get("namespace")) for role in build_roles(settings)]


def _cluster_rules(settings: AgentSettings) -> list[dict[str, Any]]:
    rules = [_rule("", "nodes", "get")]
    if settings.mode != OBSERVE:
        rules = [
            # Taints are patched; the nodes of its pool are listed to count them for the taint budget. Mode condition
            # needs both as well, to take away what mode taint left.
            _rule("", "nodes", "get", "list", "patch"),
            # Merges the condition, and with it the label and the annotation of the metadata.
            _rule("", "nodes/status", "patch"),
        ]
    if settings.profile == WATCH:
        rules.append(_rule("", "pods", "list"))
    return rules


def _own_rules(settings: AgentSettings) -> list[dict[str, Any]]:
    intent = {**_rule("", "configmaps", "get"), "resourceNames": [labels.INTENT_CONFIGMAP]}
    if settings.mode == OBSERVE:
        return [intent]
    # The heartbeat is patched, and created where it is not there; the places of the taint budget are read too.
    return [intent, _rule("coordination.k8s.io", "leases", "get", "create", "patch")]


def _rule(group: str, resource: str, *verbs: str) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}


def _role(kind: str, namespace: str | None, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": kind,
        "metadata": build_metadata(AGENT, namespace),
        "rules": rules,
    }


def _binding(role: str, namespace: str | None) -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": role + "Binding",
        "metadata": build_metadata(AGENT, namespace),
        "roleRef": {"apiGroup": RBAC, "kind": role, "name": AGENT},
        "subjects": [{"kind": "ServiceAccount", "name": AGENT, "namespace": NAMESPACE}],
    }
