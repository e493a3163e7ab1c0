"""What the node is held to: the labels of its pool, else the ConfigMap that `az aigpu nodepool adopt` writes. Pure.

Never from the machine. A GPU node without either is UNKNOWN `IntentMissing`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from aigpu_contract.labels import CONTRACT_LABELS, INTENT_CONFIGMAP, NAMESPACE
from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.daemon.node import Node
from node_agent.expected import Expected
from node_agent.preflight.declaring import build_expected
from node_agent.preflight.labels_file import each_once

_READ_NODE = f"kubectl auth can-i get nodes --as system:serviceaccount:{NAMESPACE}:aigpu-agent; see the agent's log"
_READ_CONFIGMAP = (
    f"kubectl get configmap -n {NAMESPACE} {INTENT_CONFIGMAP}; its rights: kubectl auth can-i get configmaps "
    f"-n {NAMESPACE} --as system:serviceaccount:{NAMESPACE}:aigpu-agent"
)
NO_CONFIGMAP: Reading[Mapping[str, str] | None] = Known(None)


def needs_configmap(node: Node) -> bool:
    """Return whether the node's own labels say nothing, and it is of a pool that the ConfigMap may name."""
    return node.pool is not None and not _declares(node.labels)


def build_intent(
    node: Reading[Node],
    configmap: Reading[Mapping[str, str] | None],
    given: Mapping[str, Sequence[str]],
    environ: Mapping[str, str],
) -> Expected:
    """Return what the node is held to; what cannot be read is a `problem`, and never an expectation of nothing.

    `given` are options by their names, `environ` the variables that stand for options.
    """
    if isinstance(node, Unknown):
        return build_expected(given, environ, node, _READ_NODE)
    own = node.value
    if _declares(own.labels) or own.pool is None:
        return build_expected(given, environ, Known(own.labels))
    if isinstance(configmap, Unknown):
        return build_expected(given, environ, configmap, _READ_CONFIGMAP)
    text = (configmap.value or {}).get(own.pool)
    if text is None:
        return build_expected(given, environ, Known(own.labels))
    where = f"ConfigMap {NAMESPACE}/{INTENT_CONFIGMAP}, key {own.pool}"
    adopt = f"write key {own.pool} anew: az aigpu nodepool adopt -g GROUP --cluster-name CLUSTER -n {own.pool}"
    expected = build_expected(given, environ, parse_adopted(text, where), adopt)
    return replace(expected, declared_by=f"{where}: {expected.declared_by}")


def parse_adopted(text: str, where: str) -> Reading[Mapping[str, str]]:
    """Return the labels that a key of the ConfigMap holds as a JSON object of texts."""
    try:
        data = json.loads(text, object_pairs_hook=each_once)
    except (ValueError, RecursionError) as error:
        return Unknown(f"{where} is no JSON: {error}")
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        return Unknown(f"{where} is no object of texts")
    if not _declares(data):
        return Unknown(f"{where} has none of the labels {', '.join(CONTRACT_LABELS)}")
    return Known(data)


def _declares(labels: Mapping[str, str]) -> bool:
    return any(key in labels for key in CONTRACT_LABELS)
