"""What an installation was asked to be: written down by `agent install`, read again by `agent status`. Pure.

It stands as an annotation on the agent's DaemonSet. Objects that another tool applied carry none; what they were meant
to be is then told by the DaemonSet, which holds for everything but the DaemonSet itself.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract import __version__, labels
from azext_aigpu.cluster.admission.reverse_policy import EXEMPT_NAMESPACES
from azext_aigpu.cluster.manifests.placing import PLUGIN_TAINT_KEY, POOL_LABEL, SPOT_TAINT_KEY
from azext_aigpu.cluster.manifests.settings import (
    BASE,
    CONDITION,
    MODES,
    MONITORINGS,
    PROFILES,
    WATCH,
    AgentSettings,
)
from azext_aigpu.cluster.object_parts import items, mapping

Object = Mapping[str, Any]

_VERSION = "version"
_TUPLES = ("gpu_pools", "tolerated", "exempt_namespaces")
_SWITCHES = ("enforce", "device_plugin")
_MAYBE_TEXTS = ("min_driver", "monitoring")


def render_record(settings: AgentSettings) -> str:
    """Return the settings, and the version that installs them, as one line of JSON."""
    data = {_camel(key): value for key, value in dataclasses.asdict(settings).items()}
    return json.dumps({**data, _VERSION: __version__}, sort_keys=True)


def parse_record(text: str) -> AgentSettings:
    """Return the settings that `render_record` wrote. Raises ValueError for anything else."""
    data = json.loads(text)
    names = {_camel(one.name): one.name for one in dataclasses.fields(AgentSettings)}
    if not isinstance(data, dict) or set(data) != {*names, _VERSION}:
        raise ValueError("it has not the options of an installation")
    given: dict[str, Any] = {
        name: tuple(data[key]) if isinstance(data[key], list) else data[key] for key, name in names.items()
    }
    wrong = [name for name, value in given.items() if not _has_form(name, value)]
    if wrong or given["mode"] not in MODES or given["profile"] not in PROFILES:
        raise ValueError(f"{_camel(wrong[0]) if wrong else 'mode or profile'} has a value that no option has")
    return AgentSettings(**given)


def find_record(daemonset: Object) -> str | None:
    """Return the text of the record on a DaemonSet, None where there is none."""
    text = mapping(mapping(daemonset, "metadata"), "annotations").get(labels.INSTALL_ANNOTATION)
    return None if text is None else str(text)


def find_version(daemonset: Object) -> str | None:
    """Return the version of the extension that a record names, None where nothing can be read that names one."""
    try:
        data = json.loads(find_record(daemonset) or "null")
    except (ValueError, RecursionError):
        return None
    version = data.get(_VERSION) if isinstance(data, dict) else None
    return version if isinstance(version, str) else None


def derive_settings(daemonset: Object, binding: Object | None, has_plugin: bool) -> AgentSettings:
    """Return what the settings must have been for this DaemonSet, and for what the reverse rule's binding does."""
    spec = mapping(mapping(mapping(daemonset, "spec"), "template"), "spec")
    container = next(iter(items(spec, "containers")), {})
    keys = [str(one.get("key")) for one in items(spec, "tolerations") if one.get("effect") is None]
    fixed = (PLUGIN_TAINT_KEY, SPOT_TAINT_KEY)
    mode = read_argument(container, "mode")
    return AgentSettings(
        image=str(container.get("image") or ""),
        profile=WATCH if spec.get("hostPID") else BASE,
        mode=mode if mode in MODES else CONDITION,
        taint_key=keys[0] if keys else labels.DEFAULT_TAINT.key,
        gpu_pools=tuple(sorted(_named_pools(spec))),
        tolerated=tuple(key for key in keys[1:] if key not in fixed),
        exempt_namespaces=tuple(_exempt(binding or {})),
        min_driver=read_argument(container, "min-driver"),
        enforce="Deny" in (mapping(binding or {}, "spec").get("validationActions") or ()),
        device_plugin=has_plugin,
    )


def read_argument(container: Object, name: str) -> str | None:
    """Return the value of `--name=value` among a container's arguments."""
    start, arguments = f"--{name}=", container.get("args") or ()
    return next((one[len(start) :] for one in arguments if isinstance(one, str) and one.startswith(start)), None)


def render_options(settings: AgentSettings) -> str:
    """Return the options of `agent install` that ask for these settings, with a blank before each."""
    valued = {
        "--image": (settings.image,),
        "--profile": (settings.profile,) if settings.profile != BASE else (),
        "--mode": (settings.mode,) if settings.mode != CONDITION else (),
        # Of the taint only its key counts for the agent.
        "--taint": (str(_taint_of(settings.taint_key)),) if settings.taint_key != labels.DEFAULT_TAINT.key else (),
        "--gpu-pools": (",".join(settings.gpu_pools),) if settings.gpu_pools else (),
        "--tolerate": settings.tolerated,
        "--exempt-namespaces": settings.exempt_namespaces,
        "--with-monitoring": (settings.monitoring,) if settings.monitoring else (),
    }
    given = [word for option, values in valued.items() if values for word in (option, *values)]
    switches = {"--with-device-plugin": settings.device_plugin, "--enforce": settings.enforce}
    given += [option for option, is_on in switches.items() if is_on]
    return "".join(f" {shlex.quote(word)}" for word in given)


def _taint_of(key: str) -> labels.Taint:
    return dataclasses.replace(labels.DEFAULT_TAINT, key=key)


def _named_pools(spec: Object) -> Iterable[str]:
    required = mapping(
        mapping(mapping(spec, "affinity"), "nodeAffinity"), "requiredDuringSchedulingIgnoredDuringExecution"
    )
    for term in items(required, "nodeSelectorTerms"):
        for one in items(term, "matchExpressions"):
            if one.get("key") == POOL_LABEL and isinstance(one.get("values"), list):
                yield from map(str, one["values"])


def _exempt(binding: Object) -> Iterable[str]:
    selector = mapping(mapping(mapping(binding, "spec"), "matchResources"), "namespaceSelector")
    for one in items(selector, "matchExpressions"):
        values = one.get("values")
        if one.get("operator") == "NotIn" and isinstance(values, list):
            yield from (str(value) for value in values if value not in EXEMPT_NAMESPACES)


def _has_form(name: str, value: Any) -> bool:
    if name in _TUPLES:
        return isinstance(value, tuple) and all(isinstance(one, str) for one in value)
    if name in _SWITCHES:
        return isinstance(value, bool)
    if name == "monitoring":
        return value is None or value in MONITORINGS
    return isinstance(value, str) or (name in _MAYBE_TEXTS and value is None)


def _camel(name: str) -> str:
    return re.sub("_([a-z])", lambda match: match[1].upper(), name)
