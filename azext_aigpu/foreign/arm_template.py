"""Reads an ARM template, which is what `az bicep build` makes of Bicep, with its parameter files. Pure.

Resources as a list (language version 1) or by symbolic names (2.0), children, copy loops, conditions and nested
deployments are played through; what cannot be told is Unknown, and what is linked from elsewhere is said so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aigpu_contract.reading import Unknown
from azext_aigpu.foreign.arm_expressions import Scope, copy_numbers, resolve
from azext_aigpu.foreign.azure_body import TYPES, address_of, read_resource
from azext_aigpu.foreign.document import UnreadableDocument, parse_document
from azext_aigpu.foreign.resources import DEPLOY, ForeignPlan, Item, Place, Unread

DEPLOYMENT = "microsoft.resources/deployments"
MOST_RESOURCES = 5000
MOST_DEPTH = 12


def read_arm_template(
    document: Mapping[str, Any], file: str, parameters: Sequence[Mapping[str, Any]] = ()
) -> ForeignPlan:
    """Return the pools and machines of a template; later `parameters` win. Raises UnreadableDocument."""
    if "resources" not in document or not isinstance(document["resources"], (list, dict)):
        raise UnreadableDocument(
            f"{file}: it is no ARM template: it has no resources; "
            "wanted is: az bicep build --file FILE --outfile main.json"
        )
    given: dict[str, Any] = {}
    for one in parameters:
        given.update(_parameter_values(one))
    reader = _Reader(file)
    return ForeignPlan(file, tuple(reader.read(document, given, "resources", 0)))


def read_embedded(content: str, parameters: str | None, place: Place) -> Iterator[Item]:
    """Yield what the template in `content` holds, which another tool's resource at `place` deploys."""
    try:
        document = parse_document(content.encode(), "its template")
        values = parse_document(parameters.encode(), "its parameters") if parameters else {}
        plan = read_arm_template(document, place.file, [values])
    except UnreadableDocument as error:
        yield Unread(place, str(error))
        return
    for item in plan.items:
        inner = dataclasses.replace(item.place, address=f"{place.address}/{item.place.address}", action=place.action)
        yield dataclasses.replace(item, place=inner)


def _parameter_values(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a parameter file, with its envelope or without; a secret of a key vault is Unknown."""
    listed = document.get("parameters") if "$schema" in document or "parameters" in document else document
    values: dict[str, Any] = {}
    for name, entry in (listed if isinstance(listed, dict) else {}).items():
        if isinstance(entry, dict) and "value" in entry:
            values[name.lower()] = entry["value"]
        elif isinstance(entry, dict) and "reference" in entry:
            values[name.lower()] = Unknown(f"parameter '{name}' is a secret of a key vault")
    return values


class _Reader:
    """Walks through one template and the deployments in it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._left = MOST_RESOURCES
        self._budget: list[int] | None = None

    def read(self, template: Mapping[str, Any], given: Mapping[str, Any], path: str, depth: int) -> Iterator[Item]:
        """Yield what a template holds when it is deployed with the parameters `given`."""
        scope = Scope(_all_parameters(template, given), _object(template.get("variables")))
        if self._budget is None:
            self._budget = scope.budget
        scope = scope.inside(budget=self._budget)
        yield from self._read_all(template.get("resources"), scope, path, depth, "", ())

    def _read_all(
        self, resources: Any, scope: Scope, path: str, depth: int, kind: str, names: tuple[Any, ...]
    ) -> Iterator[Item]:
        listed: list[tuple[str, str | None, Any]]
        if isinstance(resources, Mapping):
            listed = [(f"{path}.{key}", str(key), value) for key, value in resources.items()]
        else:
            items = resources if isinstance(resources, list) else [] if resources is None else [resources]
            listed = [(f"{path}[{number}]", None, value) for number, value in enumerate(items)]
        for where, symbol, resource in listed:
            if not isinstance(resource, Mapping):
                yield Unread(Place(self._file, where, DEPLOY), "it does not say what it is")
            elif resource.get("existing") is not True:
                yield from self._read_copies(resource, scope, where, depth, (symbol, kind, names))

    def _read_copies(
        self, resource: Mapping[str, Any], scope: Scope, path: str, depth: int, outer: tuple[Any, str, tuple[Any, ...]]
    ) -> Iterator[Item]:
        loop = resource.get("copy")
        if not isinstance(loop, Mapping):
            yield from self._read_one(resource, scope, path, depth, outer)
            return
        name = str(loop.get("name") or "").lower()
        for number in copy_numbers(loop, scope):
            inner = scope.inside(loops={**scope.loops, name: number, "": number})
            shown = "*" if isinstance(number, Unknown) else number
            yield from self._read_one(resource, inner, f"{path}({shown})", depth, outer)

    def _read_one(
        self, resource: Mapping[str, Any], scope: Scope, path: str, depth: int, outer: tuple[Any, str, tuple[Any, ...]]
    ) -> Iterator[Item]:
        self._left -= 1
        if self._left < 0:
            raise UnreadableDocument(f"{self._file}: it makes more than {MOST_RESOURCES} resources")
        if resolve(resource.get("condition", True), scope) is False:
            return
        symbol, kind, names = outer
        own = resolve(resource.get("type"), scope)
        if not isinstance(own, str):
            why = own.reason if isinstance(own, Unknown) else "it has none"
            yield Unread(Place(self._file, path, DEPLOY), f"its type is not known: {why}")
            return
        # A child says only its own part of the type and of the name.
        kind = f"{kind}/{own}" if kind and not own.lower().startswith(kind.lower() + "/") else own
        kind = kind.partition("@")[0]
        names = _names(names, resolve(resource.get("name"), scope), kind)
        if kind.lower() == DEPLOYMENT:
            yield from self._read_deployment(resource, scope, path, depth, names)
        elif kind.lower() in TYPES:
            body = resolve({key: value for key, value in resource.items() if key not in ("resources", "copy")}, scope)
            yield from read_resource(kind, body, self._place(kind, names, symbol, path))
        yield from self._read_all(resource.get("resources"), scope, f"{path}.resources", depth, kind, names)

    def _place(self, kind: str, names: tuple[Any, ...], symbol: str | None, path: str) -> Place:
        known = [name for name in names if isinstance(name, str)]
        complete = len(known) == len(names) == kind.count("/")
        address = address_of(kind, tuple(known)) if complete else f"{kind.partition('/')[2]} at {path}"
        name = known[-1] if known and names[-1] == known[-1] else None
        return Place(self._file, address, DEPLOY, name, (symbol,) if symbol else ())

    def _read_deployment(
        self, resource: Mapping[str, Any], scope: Scope, path: str, depth: int, names: tuple[Any, ...]
    ) -> Iterator[Item]:
        properties = _object(resource.get("properties"))
        template = properties.get("template")
        name = names[-1] if names and isinstance(names[-1], str) else None
        place = Place(self._file, f"deployments/{name or '?'} at {path}", DEPLOY, name)
        if not isinstance(template, Mapping):
            yield Unread(place, "its template is linked from elsewhere, and is not in this file")
            return
        if depth >= MOST_DEPTH:
            raise UnreadableDocument(f"{self._file}: its deployments are nested more than {MOST_DEPTH} deep")
        inside = f"{path}.properties.template.resources"
        options = _object(properties.get("expressionEvaluationOptions"))
        if str(options.get("scope") or "").lower() == "inner":
            given = {
                str(key).lower(): resolve(_object(entry).get("value"), scope)
                if "value" in _object(entry)
                else Unknown(f"parameter '{key}' is a secret of a key vault")
                for key, entry in _object(properties.get("parameters")).items()
            }
            yield from self.read(template, given, inside, depth + 1)
        else:
            # Without the option, expressions of the inner template look into the outer one.
            yield from self._read_all(template.get("resources"), scope, inside, depth + 1, "", ())


def _all_parameters(template: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every parameter that has one: the given one, or else the default."""
    values: dict[str, Any] = {}
    for name, declared in _object(template.get("parameters")).items():
        key = str(name).lower()
        if key in given:
            values[key] = _Literal.of(given[key])
        elif isinstance(declared, Mapping) and "defaultValue" in declared:
            values[key] = declared["defaultValue"]
        elif isinstance(declared, Mapping) and declared.get("nullable") is True:
            values[key] = None
    return values


class _Literal:
    """Marks given values: they are data, and brackets in them are no expressions."""

    @staticmethod
    def of(value: Any) -> Any:
        """Return `value` so that evaluating it gives itself back."""
        if isinstance(value, str):
            return "[" + value if value.startswith("[") and value.endswith("]") else value
        if isinstance(value, Mapping):
            return {key: _Literal.of(item) for key, item in value.items()}
        return [_Literal.of(item) for item in value] if isinstance(value, list) else value


def _names(outer: tuple[Any, ...], name: Any, kind: str) -> tuple[Any, ...]:
    """Return the names of a resource and its parents; a name that cannot be told stays Unknown."""
    if not isinstance(name, str):
        unknown = name if isinstance(name, Unknown) else Unknown("it has no name")
        return (*outer, unknown)
    parts = tuple(name.split("/"))
    return parts if len(parts) == kind.count("/") else (*outer, *parts)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
