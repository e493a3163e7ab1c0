"""The parts of an object of the Kubernetes API: one that has another form than it should counts as not there. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Data = Mapping[str, Any]


def mapping(data: Data, key: str) -> Data:
    """Return the mapping under `key`, an empty one where there is something else or nothing."""
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def items(data: Data, key: str) -> list[Data]:
    """Return the mappings in the list under `key`."""
    value = data.get(key)
    every = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return [item for item in every if isinstance(item, Mapping)]
