"""A small evaluator of Azure Policy's language: as much of it as the definitions of aigpu speak.

Comparisons of texts ignore case, a missing field fulfils the negated conditions only, and `like` takes one `*`, as the
documentation of the service says. Anything else raises PolicyError: a condition that is not understood is no condition
that holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_PARAMETER = re.compile(r"\[parameters\('(\w+)'\)\]")
_CURRENT = re.compile(r"\[current\('(\w+)'\)\]")
_TAG_OF_PARAMETER = re.compile(r"\[concat\('tags\[', parameters\('(\w+)'\), '\]'\)\]")
_TAG = re.compile(r"tags\[(.+)\]")

# Where an alias points to in a resource's body.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "microsoft.containerservice/managedclusters/agentpools/vmsize": ("properties", "vmSize"),
    "microsoft.compute/virtualmachines/sku.name": ("properties", "hardwareProfile", "vmSize"),
    "microsoft.compute/virtualmachinescalesets/sku.name": ("sku", "name"),
    "microsoft.containerservice/managedclusters/agentpoolprofiles[*]": ("properties", "agentPoolProfiles"),
}
_ELEMENTS = {"microsoft.containerservice/managedclusters/agentpoolprofiles[*].vmsize": ("vmSize",)}
_CHILDREN = frozenset({"microsoft.containerservice/managedclusters/agentpools"})
"""Types without tags and location, which mode Indexed leaves out."""


class PolicyError(ValueError):
    """The definition says something that this evaluator does not know."""


@dataclass(frozen=True)
class Resource:
    """What a request would write: `body` is as it is sent, without id and name."""

    type: str
    name: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Scene:
    """What a condition can look at: the resource, the parameters, the loop variables, the element of an array."""

    resource: Resource
    parameters: Mapping[str, Any]
    current: Mapping[str, Any] = field(default_factory=dict)
    element: Any = None


def evaluate(definition: Mapping[str, Any], given: Mapping[str, Any], resource: Resource) -> str | None:
    """The effect of a definition (its `properties`) on a resource, None where it does not fit it.

    `given` are the assignment's parameters, `{"name": {"value": ...}}`; the defaults fill the others.
    Raises PolicyError.
    """
    if definition["mode"] == "Indexed" and resource.type.lower() in _CHILDREN:
        return None
    parameters = _parameters(definition, given)
    rule = definition["policyRule"]
    if not _holds(rule["if"], _Scene(resource, parameters)):
        return None
    return str(_value(rule["then"]["effect"], _Scene(resource, parameters)))


def _parameters(definition: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    declared = definition.get("parameters") or {}
    unknown = sorted(given.keys() - declared.keys())
    if unknown:
        raise PolicyError(f"the definition has no parameter {unknown[0]}")
    values: dict[str, Any] = {}
    for name, about in declared.items():
        value = given[name]["value"] if name in given else about.get("defaultValue")
        if value is None:
            raise PolicyError(f"parameter {name} has no value")
        if value not in about.get("allowedValues", [value]):
            raise PolicyError(f"parameter {name} may not be {value!r}")
        values[name] = value
    return values


def _holds(condition: Mapping[str, Any], scene: _Scene) -> bool:
    for name, together in (("allOf", all), ("anyOf", any)):
        if name in condition:
            # Every part is looked at: one that is not understood must not hide behind another.
            parts = [_holds(part, scene) for part in condition[name]]
            return together(parts)
    if "not" in condition:
        return not _holds(condition["not"], scene)
    if "count" in condition:
        return _compare(_count(condition["count"], scene), condition, {"count"}, scene)
    if "field" in condition:
        return _compare(_field(condition["field"], scene), condition, {"field"}, scene)
    raise PolicyError(f"condition {sorted(condition)} is not known")


def _count(count: Mapping[str, Any], scene: _Scene) -> int:
    if "value" in count:
        name = count["name"]
        scenes = [
            _Scene(scene.resource, scene.parameters, {**scene.current, name: item}, scene.element)
            for item in _value(count["value"], scene)
        ]
    else:
        items = _field(count["field"], scene) or []
        scenes = [_Scene(scene.resource, scene.parameters, scene.current, item) for item in items]
    return sum(_holds(count["where"], one) for one in scenes)


def _field(text: str, scene: _Scene) -> Any:
    if "current(" in text:
        raise PolicyError("'field' and 'current' functions are not supported in the 'field' accessor")
    tag = _TAG_OF_PARAMETER.fullmatch(text)
    name = f"tags[{scene.parameters[tag.group(1)]}]" if tag else text
    if name == "type":
        return scene.resource.type
    if name == "name":
        return scene.resource.name
    named = _TAG.fullmatch(name)
    if named:
        tags = scene.resource.body.get("tags") or {}
        return next((value for key, value in tags.items() if key.lower() == named.group(1).lower()), None)
    return _alias(name.lower(), scene)


def _alias(name: str, scene: _Scene) -> Any:
    if name in _ELEMENTS:
        return _dig(scene.element, _ELEMENTS[name])
    if name not in ALIASES:
        raise PolicyError(f"there is no alias {name}")
    # An alias sees the resources of its own type alone.
    owner = name.rpartition("/")[0]
    return _dig(scene.resource.body, ALIASES[name]) if scene.resource.type.lower() == owner else None


def _dig(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _value(value: Any, scene: _Scene) -> Any:
    if not isinstance(value, str) or not value.startswith("["):
        return value
    for pattern, values in ((_PARAMETER, scene.parameters), (_CURRENT, scene.current)):
        found = pattern.fullmatch(value)
        if found:
            return values[found.group(1)]
    raise PolicyError(f"expression {value} is not known")


def _compare(seen: Any, condition: Mapping[str, Any], known: set[str], scene: _Scene) -> bool:
    operators = condition.keys() - known
    if len(operators) != 1:
        raise PolicyError(f"one operator is wanted in {sorted(condition)}")
    (operator,) = operators
    if operator not in _OPERATORS:
        raise PolicyError(f"operator {operator} is not known")
    return _OPERATORS[operator](seen, _value(condition[operator], scene))


def _equals(seen: Any, wanted: Any) -> bool:
    return seen is not None and str(seen).lower() == str(wanted).lower()


def _in(seen: Any, wanted: Any) -> bool:
    return any(_equals(seen, item) for item in wanted)


def _like(seen: Any, wanted: Any) -> bool:
    if str(wanted).count("*") > 1:
        raise PolicyError(f"like takes one * and not {wanted!r}")
    expression = re.escape(str(wanted)).replace(r"\*", ".*")
    return seen is not None and re.fullmatch(expression, str(seen), re.IGNORECASE) is not None


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": _equals,
    "notEquals": lambda seen, wanted: not _equals(seen, wanted),
    "in": _in,
    "notIn": lambda seen, wanted: not _in(seen, wanted),
    "like": _like,
    "notLike": lambda seen, wanted: not _like(seen, wanted),
    "exists": lambda seen, wanted: (seen is not None) is (str(wanted).lower() == "true"),
    "greater": lambda seen, wanted: seen > wanted,
}
