"""Checks a request body against the SDK's own models, so that a misspelt wire name fails loudly.

The names come from private attributes of two generations of models (41.x and 40.x of azure-mgmt-containerservice); the
service itself reads bodies as strictly.
"""

from __future__ import annotations

import functools
import importlib
import re
import sys
import typing
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

# Fields of API versions newer than the SDK that the CLI brings: a pool that has them must survive GET, change, PUT.
_NEWER: dict[str, tuple[str, ...]] = {
    "properties.gpuProfile": ("driverType", "nvidia"),
    "properties": ("nodeInitializationTaints", "upgradeStrategy"),
}
_PARTS_OF_KEY = re.compile(r"(?<!\\)\.")
_WIRE_NAME = "_rest_name"
_WORD = re.compile(r"\w+")
# A name leads to the model of what is below it, to a further table (40.x flattens `properties`), or to None: any.
Fields = Mapping[str, Any]


class SdkMissingError(RuntimeError):
    """The SDK is not installed, so that no body can be checked."""


AGENT_POOL = "azure.mgmt.containerservice.models.AgentPool"


def unknown_keys(body: Mapping[str, Any], model: str = AGENT_POOL) -> Iterator[str]:
    """The path of each key of a body that the SDK's `model` does not have. Raises SdkMissingError."""
    module, _, name = model.rpartition(".")
    try:
        models = importlib.import_module(module)
    except ImportError as error:
        package = module.removesuffix(".models").replace(".", "-")
        raise SdkMissingError(f"{package} is not installed: install the extra `dev`") from error
    yield from _unknown(body, model_fields(getattr(models, name)), "")


def _unknown(value: Any, fields: Fields, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, fields, f"{path}[{index}]")
    if not isinstance(value, Mapping):
        return
    for key, inner in value.items():
        where = f"{path}.{key}" if path else key
        if key not in fields:
            yield from () if key in _NEWER.get(path, ()) else (where,)
        elif fields[key] is not None:
            below = fields[key]
            yield from _unknown(inner, model_fields(below) if isinstance(below, type) else below, where)


@functools.cache
def model_fields(model: type[Any]) -> Fields:
    """The wire names of a model of either generation."""
    # Models are defined in a private module of the package `models`, which holds them and the enumerations alike.
    models = sys.modules[model.__module__]
    attribute_map = getattr(model, "_attribute_map", None)
    if attribute_map is not None:
        return _fields_of_map(attribute_map, models)
    model()  # The field table appears with the first instance.
    annotations = _annotations(model)
    rest_fields: Mapping[str, Any] = vars(model)["_attr_to_rest_field"]
    return {
        getattr(field, _WIRE_NAME): _model_in(_text(annotations.get(name)), models)
        for name, field in rest_fields.items()
    }


def _annotations(model: type[Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for base in reversed(model.__mro__):
        merged.update(getattr(base, "__annotations__", {}))
    return merged


def _text(annotation: Any) -> str:
    """The names in an annotation; a map's are left out, since its keys are the user's."""
    if typing.get_origin(annotation) is dict:
        return ""
    if isinstance(annotation, typing.ForwardRef):
        return annotation.__forward_arg__
    if isinstance(annotation, str):
        return annotation
    return " ".join(_text(argument) for argument in typing.get_args(annotation))


def _fields_of_map(attributes: Mapping[str, Mapping[str, str]], models: ModuleType) -> Fields:
    tree: dict[str, Any] = {}
    for entry in attributes.values():
        *parents, last = _PARTS_OF_KEY.split(entry["key"])
        level = tree
        for parent in parents:
            level = level.setdefault(parent, {})
        level[last] = None if entry["type"].startswith("{") else _model_in(entry["type"], models)
    return tree


def _model_in(text: str, models: ModuleType) -> type[Any] | None:
    for word in _WORD.findall(text):
        candidate = getattr(models, word, None)
        if isinstance(candidate, type) and (hasattr(candidate, "_attribute_map") or hasattr(candidate, "as_dict")):
            return candidate
    return None
