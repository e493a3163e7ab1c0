"""Reads resources in Azure Resource Manager's own form: out of templates, what-if results, azapi bodies, live answers.

Azure takes property names in any case, so they are brought into the API's own spelling; labels and tags keep theirs.
Values that the caller could not tell stand in the body as `Unknown`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.foreign.pool_fields import MOST, SIZES_PROFILE, canonical, typed
from azext_aigpu.foreign.resources import ForeignMachine, ForeignPool, Item, Place, Unread, settle

CLUSTER = "microsoft.containerservice/managedclusters"
POOL = "microsoft.containerservice/managedclusters/agentpools"
MACHINE = "microsoft.compute/virtualmachines"
SCALE_SET = "microsoft.compute/virtualmachinescalesets"
TYPES = (CLUSTER, POOL, MACHINE, SCALE_SET)
"""The resource types that may hold GPUs, in lower case."""


def read_resource(kind: str, body: Any, place: Place) -> Iterator[Item]:
    """Yield what the resource `body` of the type `kind` holds; nothing for a type that is not ours."""
    kind = kind.lower()
    if kind not in TYPES:
        return
    if not isinstance(body, Mapping):
        yield Unread(place, body.reason if isinstance(body, Unknown) else "its body is not an object")
        return
    place = dataclasses.replace(place, location=_location(body) or place.location)
    properties = pick(body, "properties")
    if kind == CLUSTER:
        yield from _read_cluster(properties, place)
    elif kind == POOL:
        yield from read_pool(properties, place)
    else:
        yield _read_machine(kind, body, properties, place)


def read_pool(properties: Any, place: Place) -> Iterator[Item]:
    """Yield the pool with these `properties`: one item, or one a size where the pool lists several."""
    if not isinstance(properties, Mapping):
        yield Unread(place, properties.reason if isinstance(properties, Unknown) else "it has no properties")
        return
    known, gaps = settle(canonical(properties))
    known, wrong = typed(known)
    pool = ForeignPool(place, known, gaps + wrong)
    scales = _listed_scales(properties)
    if not scales:
        yield pool
    for size, scale in scales.items():
        address = place.address if len(scales) == 1 else f"{place.address} size {size}"
        one, wrong = typed({**known, **scale, "vmSize": size})
        yield dataclasses.replace(
            pool, place=dataclasses.replace(place, address=address), properties=one, gaps=pool.gaps + wrong
        )


def pick(body: Any, *path: str) -> Any:
    """Return the value at `path` with the names in any case; None where it is absent, Unknown where it is unknown."""
    value = body
    for name in path:
        if not isinstance(value, Mapping):
            return value if isinstance(value, Unknown) else None
        value = next((item for key, item in value.items() if str(key).lower() == name.lower()), None)
    return value


def parse_resource_id(resource_id: str) -> tuple[str, tuple[str, ...]]:
    """Return type and names of a resource id: (`Microsoft.X/a/b`, (`one`, `two`)); empty where it is none."""
    _, _, tail = resource_id.rpartition("/providers/")
    provider, *parts = tail.strip("/").split("/")
    if not provider or len(parts) < 2:
        return "", ()
    return "/".join([provider, *parts[::2]]), tuple(parts[1::2])


def address_of(kind: str, names: tuple[str, ...]) -> str:
    """Return a resource in words, types and names in turn: `managedClusters/aks/agentPools/gpu`."""
    kinds = kind.split("/")[1:]
    return "/".join(part for pair in zip(kinds, names, strict=False) for part in pair)


def as_text(value: Any) -> str | None:
    """Return `value` where it is a text with something in it."""
    return value if isinstance(value, str) and value.strip() else None


def _read_cluster(properties: Any, place: Place) -> Iterator[Item]:
    profiles = pick(properties, "agentPoolProfiles")
    if profiles is None and not isinstance(properties, Unknown):
        return
    if not isinstance(profiles, list):
        unknown = profiles if isinstance(profiles, Unknown) else properties
        reason = unknown.reason if isinstance(unknown, Unknown) else "agentPoolProfiles is not a list"
        yield Unread(dataclasses.replace(place, address=f"{place.address}/agentPoolProfiles"), reason)
        return
    for number, profile in enumerate(profiles):
        name = as_text(pick(profile, "name"))
        inner = dataclasses.replace(place, address=f"{place.address}/agentPoolProfiles/{name or number}", name=name)
        yield from read_pool(profile, inner)


def _read_machine(kind: str, body: Mapping[str, Any], properties: Any, place: Place) -> ForeignMachine:
    is_set = kind == SCALE_SET
    tags = settle(pick(body, "tags") or {})[0]
    priority = pick(properties, *(("virtualMachineProfile",) if is_set else ()), "priority")
    listed = pick(properties, "skuProfile", "vmSizes") if is_set else None
    size = pick(body, "sku", "name") if is_set else pick(properties, "hardwareProfile", "vmSize")
    choice = [pick(item, "name") for item in listed] if isinstance(listed, list) and listed else [size]
    return ForeignMachine(
        place,
        "scale set" if is_set else "VM",
        sizes=tuple(as_size(one) for one in choice),
        count=as_count(pick(body, "sku", "capacity")) if is_set else Known(1),
        spot=str(priority).lower() in ("spot", "low"),
        tags={str(key): str(value) for key, value in tags.items()} if isinstance(tags, Mapping) else {},
    )


def as_size(value: Any) -> Reading[str]:
    """Return a VM size as a reading."""
    if isinstance(value, Unknown):
        return value
    size = as_text(value)
    return Known(size.strip()) if size else Unknown("no VM size is named")


def as_count(value: Any) -> Reading[int]:
    """Return a number of machines as a reading; a text of digits is a number."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 7:
        return Known(int(value))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST:
        return Known(value)
    return Unknown("no number of machines is named" if value is None else f"{value!r} is no number of machines")


def _location(body: Mapping[str, Any]) -> str | None:
    text = as_text(pick(body, "location"))
    return text.replace(" ", "").lower() if text else None


def _listed_scales(properties: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the sizes of a pool of type VirtualMachines, which lists them in its own profile, each with its nodes.

    A size that is listed twice has an unknown number of them.
    """
    manual = pick(properties, *SIZES_PROFILE, "manual")
    automatic = pick(properties, *SIZES_PROFILE, "autoscale")
    fixed = [(pick(one, "size"), {"count": pick(one, "count")}) for one in _listed(manual)]
    scaled = [
        (pick(one, "size"), {"enableAutoScaling": True, **{key: pick(one, key) for key in ("minCount", "maxCount")}})
        for one in _listed(automatic)
    ]
    scales: dict[str, dict[str, Any]] = {}
    for size, scale in (*fixed, *scaled):
        if as_text(size):
            scales[size] = {"count": Unknown(f"{size} is listed twice")} if size in scales else scale
    return scales


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
