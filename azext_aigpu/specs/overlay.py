"""Lays what differs by environment over specs: JSON Merge Patch (RFC 7396) by pool, places kept. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from aigpu_contract.near_names import near_names
from azext_aigpu.specs.conformity import Problem
from azext_aigpu.specs.located import Located


def apply_overlay(specs: Sequence[Located], overlay: Sequence[Located]) -> tuple[tuple[Located, ...], list[Problem]]:
    """Return `specs` with each document of `overlay` merged into the pools of its name, and what is wrong with it."""
    merged = list(specs)
    problems: list[Problem] = []
    for patch in overlay:
        name = pool_name(patch)
        if not isinstance(name, str):
            problems.append(Problem(patch.place, "this overlay names no pool", "wanted is metadata.name: POOL"))
            continue
        found = [index for index, spec in enumerate(merged) if pool_name(spec) == name]
        if not found:
            problems.append(_not_there(patch, name, [pool_name(spec) for spec in specs]))
        for index in found:
            merged[index] = merge(merged[index], patch)
    return tuple(merged), problems


def pool_name(document: Located) -> object:
    """Return the name that a document gives its pool, None where it gives none."""
    metadata = document.get("metadata")
    name = metadata.get("name") if metadata else None
    return name.data if name else None


def merge(target: Located, patch: Located) -> Located:
    """Return `target` with `patch` merged in: a mapping key by key, null takes away, anything else replaces."""
    if not isinstance(patch.data, dict):
        return patch
    entries = dict(target.data) if isinstance(target.data, dict) else {}
    empty = Located({}, patch.place)
    for key, entry in patch.data.items():
        if entry.value.data is None:
            entries.pop(key, None)
            continue
        before = entries[key].value if key in entries else empty
        entries[key] = dataclasses.replace(entry, value=merge(before, entry.value))
    return Located(entries, target.place if isinstance(target.data, dict) else patch.place)


def _not_there(patch: Located, name: str, names: Sequence[object]) -> Problem:
    known = [other for other in names if isinstance(other, str)]
    near = near_names(name, known)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known) or 'none'}"
    return Problem(patch.place, f"no spec has a pool {name!r} to lay this over", hint)
