"""Which container of a pod computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azext_aigpu.cluster.admission.reverse_rule import asks
from azext_aigpu.cluster.jobs.inject_error import InjectError
from azext_aigpu.cluster.object_parts import items, mapping

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


def find_main(pod: Mapping[str, Any], name: str | None) -> Mapping[str, Any]:
    """Return the container that computes: the one of this name, the only one that asks for a GPU, or the only one.

    Raises InjectError where several may be meant.
    """
    containers = items(mapping(pod, "spec"), "containers")
    if name is not None:
        return _named(containers, name)
    asking = [one for one in containers if asks(one)]
    chosen = asking or containers
    if len(chosen) > 1:
        default = mapping(mapping(pod, "metadata"), "annotations").get(DEFAULT_CONTAINER)
        chosen = [one for one in chosen if one.get("name") == default] or chosen
    if len(chosen) != 1:
        names = ", ".join(str(one.get("name")) for one in chosen)
        raise InjectError(
            f"which container computes is not clear: {names}" + (" all ask for a GPU" if asking else ""),
            "name it with --container NAME",
        )
    return chosen[0]


def _named(containers: list[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    for one in containers:
        if one.get("name") == name:
            return one
    names = ", ".join(str(one.get("name")) for one in containers)
    raise InjectError(f"there is no container {name}, only {names}", "name one of them with --container NAME")
