"""Facts as JSON data, for bug reports: what was read, and for what was not, why. Nothing secret is among the facts."""

from __future__ import annotations

from typing import Any, Mapping

from aigpu_contract.frozen import field_names
from aigpu_contract.reading import Known, Unknown


def to_data(value: Any) -> Any:
    """Return facts, or a part of them, as JSON data with camelCase keys; what is None is left out."""
    if isinstance(value, Known):
        return to_data(value.value)
    if isinstance(value, Unknown):
        return _unknown(value)
    if field_names(value):
        fields = ((name, getattr(value, name)) for name in field_names(value))
        return {camel(name): to_data(part) for name, part in fields if part is not None}
    if isinstance(value, Mapping):
        return {str(key): to_data(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_data(part) for part in value]
    return round(value, 3) if isinstance(value, float) else value


def _unknown(reading: Unknown) -> Any:
    """Return the reason, and how the reading failed where that is known: no answer, a crash, a wrong binding."""
    data = {"unknown": reading.reason}
    if type(reading) is not Unknown:
        data["how"] = type(reading).__name__
    return data


def camel(name: str) -> str:
    """Return `memory_used_mib` as `memoryUsedMib`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
