"""What the configuration in a Terraform plan says about an attribute that is unknown: given by somebody, or by nobody.

An attribute that the provider may fill in plans as unknown in three cases: nobody gave it; it was given as null, as
modules do with what their caller left out; or its value comes from a resource that does not exist yet. Only the last
is a value that somebody chose and that cannot be seen, and then its expression refers to something outside of the
inputs: a resource, a data source, another module's output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from azext_aigpu.foreign.document import objects

_INPUTS = ("var", "local", "each", "count", "path", "terraform", "self")
_STEPS = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[\d+\]')
MOST_DEPTH = 30


class Expressions:
    """The expressions of one resource or block, None where the plan has none of it.

    `outer` are the expressions of the calls of the modules around it, innermost last.
    """

    def __init__(
        self, found: Mapping[str, Any] | None, loop: Any = None, outer: tuple[Mapping[str, Any], ...] = ()
    ) -> None:
        self._found = found
        self._loop = loop
        self._outer = outer

    def block(self, name: str) -> Expressions:
        """Return the expressions of the nested block `name`; blocks made by `dynamic` are not in the configuration."""
        if self._found is None:
            return self
        return Expressions(next(objects(self._found.get(name)), {}), self._loop, self._outer)

    def leaves_out(self, name: str) -> bool:
        """Return whether nobody gave the attribute `name` a value of their own that the plan could not show."""
        if self._found is None:
            return False
        if name not in self._found:
            return True
        # A size is always somebody's choice where it is written at all.
        return name != "vm_size" and not any(True for _ in self._outside(self._found[name], self._outer, 0))

    def _outside(self, expression: Any, outer: tuple[Mapping[str, Any], ...], depth: int) -> Iterator[str]:
        """Yield what an expression refers to beyond the inputs, through the calls of the modules around it."""
        for reference in _references(expression):
            root, _, rest = reference.partition(".")
            if root not in _INPUTS:
                yield reference
            elif root == "each" and self._loop is not None and depth < MOST_DEPTH:
                loop, self._loop = self._loop, None
                yield from self._outside(loop, outer, depth + 1)
                self._loop = loop
            elif root == "var" and outer and depth < MOST_DEPTH:
                given = outer[-1].get(rest.partition(".")[0])
                yield from self._outside(given, outer[:-1], depth + 1)


class Configuration:
    """The part `configuration` of a plan."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        configuration = document.get("configuration")
        root = configuration.get("root_module") if isinstance(configuration, dict) else None
        self._root: Mapping[str, Any] = root if isinstance(root, dict) else {}
        self._known: dict[int, dict[tuple[str, str], Mapping[str, Any]]] = {}

    def of(self, entry: Mapping[str, Any]) -> Expressions:
        """Return the expressions of the resource that an entry of `resource_changes` is about."""
        module = self._root
        outer: tuple[Mapping[str, Any], ...] = ()
        for name in _module_names(str(entry.get("module_address") or "")):
            calls = module.get("module_calls")
            call = calls.get(name) if isinstance(calls, dict) else None
            if not isinstance(call, dict) or not isinstance(call.get("module"), dict):
                return Expressions(None)
            given = call.get("expressions")
            outer = (*outer, given if isinstance(given, dict) else {})
            module = call["module"]
        resource = self._resources_of(module).get((str(entry.get("type")), str(entry.get("name"))), {})
        found = resource.get("expressions")
        return Expressions(found if isinstance(found, dict) else None, resource.get("for_each_expression"), outer)

    def _resources_of(self, module: Mapping[str, Any]) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        """Return the resources of a module by type and name; put into order once, as a plan may hold thousands."""
        if id(module) not in self._known:
            listed = objects(module.get("resources"))
            self._known[id(module)] = {(str(one.get("type")), str(one.get("name"))): one for one in listed}
        return self._known[id(module)]


def _module_names(address: str) -> list[str]:
    """Return the names in a module's address: `module.a["x"].module.b` is a, b."""
    parts = _STEPS.sub("", address).split(".")
    return [name for word, name in zip(parts[::2], parts[1::2], strict=False) if word == "module"]


def _references(expression: Any) -> Iterator[str]:
    """Yield the references of an expression, which may be a block of expressions."""
    if isinstance(expression, dict):
        listed = expression.get("references")
        if isinstance(listed, list):
            yield from (item for item in listed if isinstance(item, str))
            return
        for inner in expression.values():
            yield from _references(inner)
    elif isinstance(expression, list):
        for inner in expression:
            yield from _references(inner)
