"""Writes intent into the ConfigMap that the agent reads, and reads it back."""

from __future__ import annotations

from collections.abc import Mapping

from aigpu_contract.labels import INTENT_CONFIGMAP, NAMESPACE
from aigpu_contract.reading import Unknown
from azext_aigpu.adoption import FIELD_MANAGER, build_configmap
from azext_aigpu.cluster.fleet import read_intents
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.manifests.objects import render_json

NO_NAMESPACE = (
    "The ConfigMap lives in the agent's namespace. Install the agent: az aigpu agent install   "
    f"or make the namespace: kubectl create namespace {NAMESPACE}"
)


def apply_intent(kubectl: Kubectl, pool: str, contract: Mapping[str, str]) -> None:
    """Apply the key of `pool` alone, and read it back. Raises KubectlError."""
    manager = f"--field-manager={FIELD_MANAGER}{pool}"
    try:
        kubectl.run("apply", "--server-side", manager, "-f", "-", stdin=render_json(build_configmap(pool, contract)))
    except KubectlError as error:
        if error.kind == "not-found":
            raise KubectlError(error.kind, error.text, NO_NAMESPACE, error.reason) from error
        raise
    found = read_intents(kubectl)
    seen = found.reason if isinstance(found, Unknown) else found.value.get(pool)
    if seen != contract:
        where = f"ConfigMap {NAMESPACE}/{INTENT_CONFIGMAP}"
        look = f"Look at it: kubectl get configmap {INTENT_CONFIGMAP} -n {NAMESPACE} -o yaml"
        raise KubectlError("other", f"{where} was applied, and does not say what it should: {seen}.", look)
