"""Compares an object as it was asked for with the one that the API server has. Pure.

What the API server fills in by itself is no difference; anything else that nobody asked for is one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract.rendering import clip, printable
from azext_aigpu.cluster.admission.reverse_rule import mapping

MOST_CHARACTERS = 80
NOT_THERE = "none"
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
    return (*_compare_metadata(mapping(wanted, "metadata"), mapping(seen, "metadata")), *_compare("", body, there))


def _compare_metadata(wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[Difference]:
    if seen.get("deletionTimestamp"):
        yield Difference(
            "metadata.deletionTimestamp", f"being deleted since {_show(seen['deletionTimestamp'])}", NOT_THERE
        )
    own = mapping(wanted, "labels")
    there = {key: value for key, value in mapping(seen, "labels").items() if key in own}
    yield from _compare("metadata.labels", own, there)


def _compare(field: str, wanted: Any, seen: Any) -> Iterator[Difference]:
    if isinstance(wanted, Mapping) and isinstance(seen, Mapping):
        yield from _compare_maps(field, wanted, seen)
    elif isinstance(wanted, list) and isinstance(seen, list):
        for number, (one, other) in enumerate(itertools.zip_longest(wanted, seen, fillvalue=NOT_THERE)):
            yield from _compare(f"{field}[{number}]", one, other)
    elif wanted != seen:
        yield Difference(field, _show(seen), _show(wanted))


def _compare_maps(field: str, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[Difference]:
    for key in (*wanted, *(key for key in seen if key not in wanted)):
        path = f"{field}.{key}" if field else str(key)
        if key not in seen:
            if wanted[key] not in _EMPTY:
                yield Difference(path, NOT_THERE, _show(wanted[key]))
        elif key in wanted:
            yield from _compare(path, wanted[key], seen[key])
        elif not _is_filled_in(path, str(key), seen[key]):
            yield Difference(path, _show(seen[key]), NOT_THERE)


def _is_filled_in(path: str, key: str, value: Any) -> bool:
    # A template's own annotations are those of `kubectl rollout restart`, and its creationTimestamp is null.
    is_template = path == "spec.template.metadata.annotations"
    return is_template or value in _EMPTY or key in _FREE or value in _DEFAULTS.get(key, ())


def _show(value: Any) -> str:
    return clip(printable(str(value)), MOST_CHARACTERS)
