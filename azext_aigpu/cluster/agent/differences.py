"""Compares an object as it was asked for with the one that the API server has. Pure.

What the API server fills in by itself is no difference; anything else that nobody asked for is one. Which fields are
its own it tells by `metadata.managedFields`: after a server-side apply they belong to nobody there, so that defaults of
a newer Kubernetes are none either. Without such a list the known ones count.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract.rendering import clip, printable
from azext_aigpu.cluster.object_parts import items, mapping

MOST_CHARACTERS = 80
NOT_THERE = "none"
Owners = tuple[Mapping[str, Any], ...] | None
"""The trees of fields (`fieldsV1`) of those that wrote an object; None where it is not told who wrote what."""

_ENTRIES = ("k:", "v:", "i:")
"""How the branches of a tree begin that are entries of a list: by their key, their value or their place."""

_HEAD = ("apiVersion", "kind", "metadata", "status")
_EMPTY: tuple[Any, ...] = (None, False, "", [], {})

_DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "apiVersion": ("v1",),
    "defaultMode": (420,),
    "dnsPolicy": ("ClusterFirst",),
    "matchPolicy": ("Equivalent",),
    "maxSurge": (0,),
    "restartPolicy": ("Always",),
    "rollingUpdate": ({"maxSurge": 0, "maxUnavailable": 1},),
    "schedulerName": ("default-scheduler",),
    "scheme": ("HTTP",),
    "scope": ("*",),
    "spec": ({"finalizers": ["kubernetes"]},),
    "successThreshold": (1,),
    "terminationGracePeriodSeconds": (30,),
    "terminationMessagePath": ("/dev/termination-log",),
    "terminationMessagePolicy": ("File",),
}
"""What the API server writes where a field was left out (seen on 1.36)."""

_FREE = ("finalizers", "imagePullPolicy", "imagePullSecrets", "revisionHistoryLimit", "secrets", "serviceAccount")
"""Fields that may be added: they change nothing of what runs, and clusters fill them in each in their own way."""


@dataclass(frozen=True)
class Difference:
    """A field, as in `spec.failurePolicy`, with what is there and what was asked for."""

    field: str
    seen: str
    wanted: str


def list_differences(wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return what of an object is not as it was asked for; of its metadata only what it is held by."""
    body, there = ({key: value for key, value in one.items() if key not in _HEAD} for one in (wanted, seen))
    metadata = mapping(seen, "metadata")
    differences = _compare("", body, there, _list_owners(metadata))
    return (*_compare_metadata(mapping(wanted, "metadata"), metadata), *differences)


def _list_owners(metadata: Mapping[str, Any]) -> Owners:
    entries = [one.get("fieldsV1") for one in items(metadata, "managedFields")]
    trees = tuple(one for one in entries if isinstance(one, Mapping) and one)
    return trees if trees and len(trees) == len(entries) else None


def _compare_metadata(wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[Difference]:
    if seen.get("deletionTimestamp"):
        yield Difference(
            "metadata.deletionTimestamp", f"being deleted since {_show(seen['deletionTimestamp'])}", NOT_THERE
        )
    own = mapping(wanted, "labels")
    there = {key: value for key, value in mapping(seen, "labels").items() if key in own}
    yield from _compare("metadata.labels", own, there, None)


def _compare(field: str, wanted: Any, seen: Any, owners: Owners) -> Iterator[Difference]:
    if isinstance(wanted, Mapping) and isinstance(seen, Mapping):
        yield from _compare_maps(field, wanted, seen, owners)
    elif isinstance(wanted, list) and isinstance(seen, list):
        for number, (one, other) in enumerate(itertools.zip_longest(wanted, seen, fillvalue=NOT_THERE)):
            yield from _compare(f"{field}[{number}]", one, other, _below(owners, None))
    elif wanted != seen:
        yield Difference(field, _show(seen), _show(wanted))


def _compare_maps(
    field: str, wanted: Mapping[str, Any], seen: Mapping[str, Any], owners: Owners
) -> Iterator[Difference]:
    for key in (*wanted, *(key for key in seen if key not in wanted)):
        path = f"{field}.{key}" if field else str(key)
        if key not in seen:
            if wanted[key] not in _EMPTY:
                yield Difference(path, NOT_THERE, _show(wanted[key]))
        elif key in wanted:
            yield from _compare(path, wanted[key], seen[key], _below(owners, key))
        elif _below(owners, key) != () and not _is_filled_in(path, str(key), seen[key]):
            yield Difference(path, _show(seen[key]), NOT_THERE)


def _below(owners: Owners, key: str | None) -> Owners:
    """Return who owns a part of what `owners` own: of a map the value of `key`, of a list any entry; () is nobody.

    A tree without branches owns all below it.
    """
    if owners is None:
        return None
    whole = tuple(tree for tree in owners if not tree)
    parts = (part for tree in owners for name, part in tree.items() if _is_part(name, key))
    return (*whole, *(part for part in parts if isinstance(part, Mapping)))


def _is_part(name: str, key: str | None) -> bool:
    return name.startswith(_ENTRIES) if key is None else name == f"f:{key}"


def _is_filled_in(path: str, key: str, value: Any) -> bool:
    # A template's own annotations are those of `kubectl rollout restart`, and its creationTimestamp is null.
    is_template = path == "spec.template.metadata.annotations"
    return is_template or value in _EMPTY or key in _FREE or value in _DEFAULTS.get(key, ())


def _show(value: Any) -> str:
    return clip(printable(str(value)), MOST_CHARACTERS)
