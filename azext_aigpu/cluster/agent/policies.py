"""What the two admission policies do, and what Kubernetes' own check of their expressions has found. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Reading, Unknown
from aigpu_contract.rendering import clip, printable
from azext_aigpu.cluster.agent.rollout import STATUS
from azext_aigpu.cluster.object_parts import items, mapping

POLICY_ID = "admission-policy"
UNCHECKED = "PolicyUnchecked"
ABSENT, WARN, DENY, UNREAD = "absent", "warn", "deny", "unknown"
_MOST_CHARACTERS = 200

Object = Mapping[str, Any]


def action_of(name: str, policy: Reading[Object | None], binding: Reading[Object | None]) -> str:
    """Return what a violation leads to; a binding that names another policy, or does nothing, binds none."""
    if isinstance(policy, Unknown) or isinstance(binding, Unknown):
        return UNREAD
    if policy.value is None or binding.value is None:
        return ABSENT
    spec = mapping(binding.value, "spec")
    actions = spec.get("validationActions")
    if spec.get("policyName") != name or not isinstance(actions, list) or not actions:
        return ABSENT
    return DENY if "Deny" in actions else WARN


def review_type_checks(reading: Reading[Object | None]) -> Iterator[Finding]:
    """Yield what kube-controller-manager doubts in a policy, or that it has not looked at the policy as it is."""
    if isinstance(reading, Unknown) or reading.value is None:
        return
    metadata, status = mapping(reading.value, "metadata"), mapping(reading.value, "status")
    name = str(metadata.get("name"))
    if status.get("observedGeneration") is None or status.get("observedGeneration") != metadata.get("generation"):
        yield _unchecked(name, metadata.get("generation"), status.get("observedGeneration"))
    for warning in items(mapping(status, "typeChecking"), "expressionWarnings"):
        yield _doubted(name, warning)


def _unchecked(name: str, generation: object, observed: object) -> Finding:
    return Finding(
        POLICY_ID,
        UNCHECKED,
        Status.UNKNOWN,
        f"the expressions of the policy {name} are not checked as they are now: it was just made or changed",
        seen=f"generation {generation}, observed generation {'none' if observed is None else observed}",
        wanted="both the same",
        next_step=f"look again in a minute: {STATUS}; where it stays so, kube-controller-manager is ill",
    )


def _doubted(name: str, warning: Object) -> Finding:
    where, text = (printable(str(warning.get(key) or "?")) for key in ("fieldRef", "warning"))
    return Finding(
        POLICY_ID,
        "PolicyDoubted",
        Status.FAIL,
        f"the API server doubts an expression of the policy {name}: when it fails, the policy refuses what it judges",
        seen=f"{where}: {clip(text, _MOST_CHARACTERS)}",
        wanted="no warning of the type check",
        next_step=f"see it whole: kubectl get validatingadmissionpolicy {name} -o yaml; then take a newer version of "
        "the extension, az aigpu agent install again, and tell the project",
    )
