"""Reads the objects of an installation: one call for all, one each where that fails."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cluster.agent.objects import Identity, Object, identity_of, name_only, path_of, render_objects
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError

_GET = ("get", "--ignore-not-found", "--show-managed-fields", "-o", "json", "-f", "-")


def read_objects(kubectl: Kubectl, wanted: Sequence[Object]) -> dict[Identity, Reading[Object | None]]:
    """Return each object as the cluster has it: None where it has none, Unknown where that could not be read."""
    try:
        answer = json.loads(kubectl.run(*_GET, stdin=render_objects(map(name_only, wanted))) or "null")
        found = {identity_of(one): one for one in _items_of(answer)}
    except (KubectlError, ValueError, KeyError, TypeError, RecursionError):
        # One object that may not be read, or whose kind is not served, makes kubectl fail for all of them.
        return {identity_of(one): _read_one(kubectl, identity_of(one)) for one in wanted}
    return {identity: Known(found.get(identity)) for identity in map(identity_of, wanted)}


def _read_one(kubectl: Kubectl, identity: Identity) -> Reading[Object | None]:
    path = path_of(identity)
    try:
        answer = kubectl.get_raw(path)
    except KubectlError as error:
        return Known(None) if error.kind == "not-found" else Unknown(error.text.rstrip("."))
    return Known(answer) if isinstance(answer, dict) else Unknown(f"the answer to GET {path} is no object")


def _items_of(answer: Any) -> list[Object]:
    """Return the objects of kubectl's answer: a List, one object alone, or nothing. Raises ValueError, TypeError."""
    if answer is None:
        return []
    if answer["kind"] != "List":
        return [answer]
    if not isinstance(answer["items"], list):
        raise TypeError("no list of objects")
    return list(answer["items"])
