"""The form of a pod template, as far as it is read here: what has another form, the API server refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Shape = Mapping[str, Any] | list[Any] | str

STRING = "a text"
TRUTH = "true or false"
QUANTITY = "a quantity"
TEXTS: Shape = {"*": STRING}

_ENV: Shape = {"name": STRING, "value": STRING, "valueFrom": {}}
_ENV_FROM: Shape = {"prefix": STRING, "configMapRef": {"name": STRING}, "secretRef": {"name": STRING}}
_RESOURCES: Shape = {"limits": {"*": QUANTITY}, "requests": {"*": QUANTITY}, "claims": [{"name": STRING}]}
CONTAINER: Shape = {
    "name": STRING,
    "image": STRING,
    "command": [STRING],
    "args": [STRING],
    "env": [_ENV],
    "envFrom": [_ENV_FROM],
    "resources": _RESOURCES,
    "volumeMounts": [{"name": STRING, "mountPath": STRING}],
    "restartPolicy": STRING,
}
_EXPRESSION: Shape = {"key": STRING, "operator": STRING, "values": [STRING]}
_TERMS: Shape = {"nodeSelectorTerms": [{"matchExpressions": [_EXPRESSION], "matchFields": [_EXPRESSION]}]}
POD: Shape = {
    "metadata": {"name": STRING, "namespace": STRING, "annotations": TEXTS, "labels": TEXTS},
    "spec": {
        "containers": [CONTAINER],
        "initContainers": [CONTAINER],
        "tolerations": [{"key": STRING, "operator": STRING, "value": STRING, "effect": STRING}],
        "nodeSelector": TEXTS,
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _TERMS}},
        "nodeName": STRING,
        "runtimeClassName": STRING,
        "volumes": [{"name": STRING}],
        "restartPolicy": STRING,
        "hostPID": TRUTH,
    },
}


def list_misshapen(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """Yield what of `value` has another form than `shape`: `spec.containers[0].args[1] is 3, not a text`.

    Null counts as absent, as for the API server; a key that the shape does not name may hold anything.
    """
    if value is None:
        return
    if isinstance(shape, str):
        if not _is(value, shape):
            yield f"{path} is {_seen(value)}, not {shape}"
    elif isinstance(shape, list):
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _list_misshapen_item(item, shape[0], f"{path}[{index}]")
        else:
            yield f"{path} is {_seen(value)}, not a list"
    elif not isinstance(value, Mapping):
        yield f"{path or 'this'} is {_seen(value)}, not a mapping"
    else:
        for key, one in value.items():
            if key in shape or "*" in shape:
                yield from list_misshapen(one, shape.get(key, shape.get("*", {})), f"{path}.{key}".lstrip("."))


def _list_misshapen_item(item: Any, shape: Shape, path: str) -> Iterator[str]:
    """Yield what is wrong with an entry of a list. A null entry is no absent one: it is an empty object, or text."""
    if item is None:
        yield f"{path} is null, not {shape if isinstance(shape, str) else 'a mapping'}"
    else:
        yield from list_misshapen(item, shape, path)


def _is(value: Any, kind: str) -> bool:
    if kind == STRING:
        return isinstance(value, str)
    if kind == TRUTH:
        return isinstance(value, bool)
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _seen(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    # YAML's own spelling of what it takes for something else than a text.
    return {True: "true", False: "false"}.get(value, str(value)[:40]) if isinstance(value, bool) else str(value)[:40]
