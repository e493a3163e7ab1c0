"""The properties of a node pool that are judged, with the types that they must have. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aigpu_contract.labels import parse_taint
from aigpu_contract.reading import Unknown
from aigpu_contract.rendering import clip
from azext_aigpu.body import get, put
from azext_aigpu.foreign.resources import Gap

SIZES_PROFILE = ("virtualMachinesProfile", "scale")
MOST = 1_000_000
"""Numbers above this are no numbers of nodes, gigabytes or minutes."""


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("not a whole number")  # noqa: TRY004 (bad data, not a bad call)
    if isinstance(value, str) and not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise ValueError("not a whole number")
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("not a whole number")
    if abs(int(value)) > MOST:
        raise ValueError("far too large a number")
    return int(value)


def _truth(value: Any) -> bool:
    found = {"true": True, "false": False}.get(str(value).lower())
    if found is None:
        raise ValueError("not true or false")
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 (bad data, not a bad call)
    return value


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, (str, int, float)):
        raise ValueError("not a text")  # noqa: TRY004 (bad data, not a bad call)
    return str(value)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("not a list")  # noqa: TRY004 (bad data, not a bad call)
    return [_scalar(item) for item in value]


def _taints(value: Any) -> list[str]:
    return [str(parse_taint(text)) for text in _texts(value)]


def _pairs(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError("not an object of texts")  # noqa: TRY004 (bad data, not a bad call)
    return {str(key): _scalar(item) for key, item in value.items()}


FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "vmSize": _text,
    "type": _text,
    "mode": _text,
    "osType": _text,
    "osSKU": _text,
    "count": _number,
    "enableAutoScaling": _truth,
    "minCount": _number,
    "maxCount": _number,
    "scaleSetPriority": _text,
    "nodeLabels": _pairs,
    "nodeTaints": _taints,
    "tags": _pairs,
    "osDiskSizeGB": _number,
    "osDiskType": _text,
    "availabilityZones": _texts,
    "gpuProfile.driver": _text,
    "gpuInstanceProfile": _text,
    "capacityReservationGroupID": _text,
    "upgradeSettings.maxSurge": _scalar,
    "upgradeSettings.drainTimeoutInMinutes": _number,
    "networkProfile.dranet.mode": _text,
    "powerState.code": _text,
}
"""Paths of an agent pool's `properties` that a rule or the cost reads; what else is said of a pool is not judged."""


def canonical(properties: Mapping[str, Any]) -> Any:
    """Return the judged properties under the API's own spelling. A name that stands twice counts as unknown."""
    return _spell(properties, [path.split(".") for path in FIELDS])


def _spell(properties: Any, paths: list[list[str]]) -> Any:
    if not isinstance(properties, Mapping):
        return properties
    spelled: dict[str, Any] = {}
    for name in dict.fromkeys(path[0] for path in paths):
        found = [value for key, value in properties.items() if str(key).lower() == name.lower()]
        deeper = [path[1:] for path in paths if path[0] == name and len(path) > 1]
        if len(found) > 1:
            spelled[name] = Unknown(f"{name} stands there {len(found)} times, in different spellings")
        elif found and found[0] is not None:
            spelled[name] = _spell(found[0], deeper) if deeper else found[0]
    return spelled


def typed(properties: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Gap, ...]]:
    """Return the properties in the types of the API; a value of another type becomes a gap that shows it."""
    good: dict[str, Any] = {}
    gaps: list[Gap] = []
    for path, parse in FIELDS.items():
        value = get(properties, path)
        if value is None:
            continue
        try:
            put(good, path, parse(value))
        except ValueError as error:
            gaps.append(Gap(path, f"it is {_short(value)}: {error}"))
    return good, tuple(gaps)


def _short(value: Any) -> str:
    return clip(repr(value), 80)
