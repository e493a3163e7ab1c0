"""Whether a toleration lets a pod onto a tainted node and lets it stay there, as Kubernetes decides it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aigpu_contract.labels import Taint
from azext_aigpu.cluster.object_parts import items

NO_EXECUTE = "NoExecute"
PREFERENCES = ("PreferNoSchedule",)
"""Effects that keep no pod away, so that none needs a toleration."""

_EQUAL, _EXISTS = "Equal", "Exists"


def may_stand_on(spec: Mapping[str, Any], taint: Taint) -> bool:
    """Return whether a pod with this spec may be put, and may stay, on a node with this taint."""
    return taint.effect in PREFERENCES or any(tolerates(one, taint) for one in items(spec, "tolerations"))


def tolerates(toleration: Mapping[str, Any], taint: Taint) -> bool:
    """Return whether a toleration matches a taint for good.

    Without an operator it is Equal, without a value the empty one, without an effect every one; without a key it
    matches only with Exists, and then everything. `tolerationSeconds` means NoExecute alone: the pod is put out later.
    """
    if taint.effect == NO_EXECUTE and toleration.get("tolerationSeconds") is not None:
        return False
    if (toleration.get("effect") or taint.effect) != taint.effect:
        return False
    key, operator = toleration.get("key"), toleration.get("operator") or _EQUAL
    if operator == _EXISTS:
        return not key or key == taint.key
    return operator == _EQUAL and key == taint.key and (toleration.get("value") or "") == taint.value
