"""The two objects of Kubernetes that a policy consists of, as far as ours are alike: both fail closed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_API_VERSION = "admissionregistration.k8s.io/v1"


def build_policy_object(
    name: str, resource_rules: Iterable[Mapping[str, Any]], judging: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a ValidatingAdmissionPolicy; `judging` is the rest of its spec: conditions, variables, validations."""
    return {
        "apiVersion": _API_VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"matchPolicy": "Equivalent", "resourceRules": list(resource_rules)},
            **judging,
        },
    }


def build_binding_object(name: str, actions: Sequence[str], where: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ValidatingAdmissionPolicyBinding of the policy of the same name; `where` says which objects."""
    return {
        "apiVersion": _API_VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": list(actions), **where},
    }


def build_resource_rule(
    group: str, resources: Sequence[str], operations: Sequence[str], versions: Sequence[str] = ("v1",)
) -> dict[str, Any]:
    """Return what a policy looks at: these operations on these resources of an API group."""
    return {
        "apiGroups": [group],
        "apiVersions": list(versions),
        "operations": list(operations),
        "resources": list(resources),
    }
