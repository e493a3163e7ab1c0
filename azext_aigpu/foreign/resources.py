"""What a foreign document says about pools and machines, under Azure's own names. Plain data and its settling. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aigpu_contract.reading import Known, Reading, Unknown

CREATE = "create"
DEPLOY = "deploy"
"""What a template asks for: to be made, or, where it is there already, to be as the template says."""

UPDATE = "update"
REPLACE = "replace"
UNCHANGED = "no change"
EXISTS = "exists"
"""Of a pool that was read from Azure, not from a document."""


@dataclass(frozen=True)
class Gap:
    """Something that the document does not tell: its path under Azure's names, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Place:
    """Where a thing stands: the file, its address in the tool's own words, and what is done to it.

    `aliases` are further names by which people know it; `location` is Azure's region where the document tells it.
    """

    file: str
    address: str
    action: str
    name: str | None = None
    aliases: tuple[str, ...] = ()
    location: str | None = None

    def is_called(self, name: str) -> bool:
        """Return whether somebody who says `name` may mean this thing."""
        return name.lower() in {one.lower() for one in (self.name or "", self.address, *self.aliases) if one}


@dataclass(frozen=True)
class ForeignPool:
    """An AKS node pool: its `properties` under the API's names as far as they are known, and the gaps in them."""

    place: Place
    properties: Mapping[str, Any]
    gaps: tuple[Gap, ...] = ()

    def read(self, path: str) -> Reading[Any]:
        """Return the value at a dotted `path`: None where nothing was asked for, Unknown where a gap touches it."""
        for gap in self.gaps:
            if _touches(gap.path, path):
                return Unknown(gap.reason)
        value: Any = self.properties
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return Known(value)


@dataclass(frozen=True)
class ForeignMachine:
    """A virtual machine, or a scale set with `kind` "scale set" and one size or several to choose from."""

    place: Place
    kind: str
    sizes: tuple[Reading[str], ...]
    count: Reading[int]
    spot: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unread:
    """A part of the document that may hold pools and could not be looked into."""

    place: Place
    reason: str


Item = ForeignPool | ForeignMachine | Unread


@dataclass(frozen=True)
class ForeignPlan:
    """Everything of one document that concerns us. `deleted` are the names of pools that it takes away."""

    file: str
    items: tuple[Item, ...] = ()
    deleted: tuple[str, ...] = ()


def settle(value: Any, path: str = "") -> tuple[Any, tuple[Gap, ...]]:
    """Return `value` without its Unknown leaves, and these as gaps; a list that has one is kept as far as known."""
    if isinstance(value, Unknown):
        return None, (Gap(path, value.reason),)
    if isinstance(value, Mapping):
        inner = {key: settle(item, f"{path}.{key}" if path else str(key)) for key, item in value.items()}
        known = {key: item for key, (item, gaps) in inner.items() if item is not None or not gaps}
        return known, tuple(gap for _, gaps in inner.values() for gap in gaps)
    if isinstance(value, list):
        each = [settle(item, path) for item in value]
        gaps = tuple(gap for _, gaps in each for gap in gaps)
        return [item for item, found in each if item is not None or not found], gaps
    return value, ()


def _touches(gap: str, path: str) -> bool:
    return gap == path or gap.startswith(path + ".") or path.startswith(gap + ".")
