"""From the text of spec files to `PoolSpec`; all mistakes are told, each with its place. Pure."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aigpu_contract.labels import parse_taint
from azext_aigpu import forms, options
from azext_aigpu.cluster_id import ClusterId, parse_cluster_id
from azext_aigpu.spec import Limits, PoolSpec
from azext_aigpu.specs.conformity import Problem, check_conformity
from azext_aigpu.specs.fields import API_VERSION, CLUSTER, KIND, build_schema, name_keys, spec_fields
from azext_aigpu.specs.located import Located, Place, parse_located
from azext_aigpu.specs.overlay import apply_overlay
from azext_aigpu.usage import UsageError

MOST_TOLD = 20
MOST_POOLS = 1000


@dataclass(frozen=True)
class Text:
    """A file that was read: its name for messages, and what stands in it."""

    file: str
    content: str


@dataclass(frozen=True)
class Wanted:
    """A pool as a spec asks for it: only what was said, defaults are not filled yet."""

    spec: PoolSpec
    cluster: ClusterId
    place: Place


def parse_specs(files: Sequence[Text], overlays: Sequence[Text], limits: Limits) -> tuple[Wanted, ...]:
    """Return the pools that `files` ask for, each overlay laid over them. Raises UsageError with all that is wrong."""
    specs = [document for text in files for document in parse_located(text.content, text.file)]
    problems: list[Problem] = []
    merged: tuple[Located, ...] = tuple(specs)
    for text in overlays:
        merged, wrong = apply_overlay(merged, parse_located(text.content, text.file))
        problems += wrong
    _check_number(files, merged)
    wanted: list[Wanted] = []
    for document in merged:
        wrong = list(_check_document(document))
        problems += wrong
        if not wrong:
            wanted.append(_build_wanted(document, limits, problems))
    problems += _check_once(wanted)
    if problems:
        raise UsageError(*_tell(problems))
    return tuple(wanted)


def _check_number(files: Sequence[Text], documents: Sequence[Located]) -> None:
    names = ", ".join(text.file for text in files)
    if not documents:
        raise UsageError(
            f"{names} holds no spec.", f"Wanted is a document with apiVersion: {API_VERSION} and kind: {KIND}."
        )
    if len(documents) > MOST_POOLS:
        raise UsageError(
            f"{names} holds {len(documents):,} pools; one plan has at most {MOST_POOLS:,}.", "Plan them in parts."
        )


def _check_document(document: Located) -> Iterator[Problem]:
    if not isinstance(document.data, dict):
        yield Problem(document.place, "this document is no mapping", f"wanted is apiVersion: {API_VERSION}, kind: ...")
        return
    found = list(check_conformity(document, build_schema(), ""))
    yield from found
    if not found:
        yield from _check_together(document)


def _check_together(document: Located) -> Iterator[Problem]:
    """Yield what each key may be by itself and no two of them together."""
    spec = document.data["spec"].value
    keys = spec.data
    for key in ("evictionPolicy", "spotMaxPrice"):
        if key in keys and _value(spec, "priority") != "Spot":
            yield Problem(keys[key].key, f"spec.{key} is only for spot pools", "wanted is priority: Spot beside it")
    if _value(spec, "enableClusterAutoscaler") is False:
        for key in ("minCount", "maxCount"):
            if key in keys:
                yield Problem(
                    keys[key].key, f"spec.{key} is a bound of the autoscaler, which is false", "take one away"
                )
        if "nodeCount" not in keys:
            wanted = "wanted is spec.nodeCount beside it"
            yield Problem(keys["enableClusterAutoscaler"].key, "without the autoscaler the size is not said", wanted)
    if "asgIds" in keys and not _value(spec, "allowedHostPorts"):
        yield Problem(keys["asgIds"].key, "spec.asgIds opens nothing", "wanted is spec.allowedHostPorts beside it")


def _value(spec: Located, key: str) -> Any:
    found = spec.get(key)
    return found.plain if found else None


def _build_wanted(document: Located, limits: Limits, problems: list[Problem]) -> Wanted:
    """Return the pool of a document that conforms; what cannot be converted is added to `problems`."""
    spec = document.data["spec"].value
    given: dict[str, Any] = {}
    for item in spec_fields():
        located = spec.get(item.key)
        if located is not None:
            given[item.name] = _convert(item.name, item.key, located, problems)
    cluster = _read_cluster(spec.data[CLUSTER].value, problems)
    if not problems:
        given["node_vm_size"] = _resolve_size(given, spec, limits, problems)
    name = document.data["metadata"].value.data["name"].value.data
    made = PoolSpec(cluster.subscription, cluster.resource_group, cluster.name, name, limits, **given)
    return Wanted(made, cluster, document.place)


_NOWHERE = ClusterId("", "", "")


def _read_cluster(located: Located, problems: list[Problem]) -> ClusterId:
    try:
        return parse_cluster_id(located.data)
    except ValueError as error:
        problems.append(Problem(located.place, f"spec.{CLUSTER} is {located.data[:120]!r}", str(error)))
        return _NOWHERE


def _resolve_size(given: Mapping[str, Any], spec: Located, limits: Limits, problems: list[Problem]) -> str | None:
    try:
        return options.resolve_size(given, limits.today)
    except UsageError as error:
        problems.append(Problem(spec.place, name_keys(error.message).rstrip("."), name_keys(error.recommendation)))
        return None


def _convert(name: str, key: str, located: Located, problems: list[Problem]) -> Any:
    value = located.plain
    try:
        if name in _CONVERSIONS:
            return _CONVERSIONS[name](value, f"spec.{key}")
    except UsageError as error:
        problems.append(Problem(located.place, name_keys(error.message).rstrip("."), name_keys(error.recommendation)))
    except ValueError as error:
        problems.append(Problem(located.place, f"spec.{key}: {error}", ""))
    return tuple(value) if isinstance(value, list) else value


def _id_of(kind: str) -> Callable[[Any, str], Any]:
    def convert(value: Any, key: str) -> Any:
        if isinstance(value, list):
            return tuple(forms.parse_resource_id(item, key, kind) for item in value)
        return forms.parse_resource_id(value, key, kind)

    return convert


_SUBNET = "Microsoft.Network/virtualNetworks/subnets"
_CONVERSIONS: Mapping[str, Callable[[Any, str], Any]] = {
    "gpu_model": lambda value, _: forms.parse_model(value),
    "spot_max_price": lambda value, _: forms.parse_spot_price(float(value)),
    "labels": lambda value, _: forms.parse_labels(f"{name}={text}" for name, text in value.items()),
    "node_taints": lambda value, _: tuple(parse_taint(text) for text in value),
    "zones": forms.parse_zones,
    "message_of_the_day": lambda value, _: base64.b64encode(value.encode("utf-8")).decode("ascii"),
    "crg_id": _id_of("Microsoft.Compute/capacityReservationGroups"),
    "ppg": _id_of("Microsoft.Compute/proximityPlacementGroups"),
    "host_group_id": _id_of("Microsoft.Compute/hostGroups"),
    "snapshot_id": _id_of("Microsoft.ContainerService/snapshots"),
    "vnet_subnet_id": _id_of(_SUBNET),
    "pod_subnet_id": _id_of(_SUBNET),
    "node_public_ip_prefix_id": _id_of("Microsoft.Network/publicIPPrefixes"),
    "asg_ids": _id_of("Microsoft.Network/applicationSecurityGroups"),
}


def _check_once(wanted: Sequence[Wanted]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Place] = {}
    for pool in wanted:
        key = (pool.cluster.key, pool.spec.name)
        if key in seen:
            first = f"the first stands at {seen[key]}"
            yield Problem(
                pool.place, f"pool {pool.spec.name!r} of cluster {pool.cluster.name} is asked for twice", first
            )
        seen.setdefault(key, pool.place)


def _tell(problems: Sequence[Problem]) -> tuple[str, str]:
    shown = [f"{problem}." if not str(problem).endswith((".", "?", ")")) else str(problem) for problem in problems]
    more = len(shown) - MOST_TOLD
    rest = [f"and {more} more"] if more > 0 else []
    return shown[0], "\n".join([*shown[1:MOST_TOLD], *rest])
