"""What the stand-in serves, and what the real server refuses or rewrites in it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from testbeds.cluster.node_body import NOT_READY
from testbeds.cluster.standin.status import StatusError, invalid

Object = dict[str, Any]

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
CONDITION_TIMES = ("lastHeartbeatTime", "lastTransitionTime")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
_MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)")
_LABEL = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_KEY = re.compile(r"(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?")


@dataclass(frozen=True)
class Kind:
    """A resource. `fields` are those that a field selector may name, besides name and namespace."""

    plural: str
    name: str
    group: str = ""
    namespaced: bool = True
    has_status: bool = False
    fields: tuple[str, ...] = ()
    put_makes: bool = False
    """Whether a PUT makes what is not there, and wants a resourceVersion of what is."""
    problems: Callable[[Object], Iterator[tuple[str, str]]] = lambda _: iter(())
    """The fields that are wrong, and what is wrong with them."""

    @property
    def api_version(self) -> str:
        """As objects carry it."""
        return f"{self.group}/v1" if self.group else "v1"

    @property
    def resource(self) -> str:
        """As refusals call it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified(self) -> str:
        """As complaints about fields call it."""
        return f"{self.name}.{self.group}" if self.group else self.name


def _node_problems(node: Object) -> Iterator[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(node.get("spec", {}).get("taints") or []):
        where = f"metadata.taints[{index}]"
        key, effect = taint.get("key", ""), taint.get("effect", "")
        if not _KEY.fullmatch(key):
            yield f"{where}.key", f'Invalid value: "{key}": name part must consist of alphanumeric characters'
        if not effect:
            yield f"{where}.effect", "Required value"
        elif effect not in EFFECTS:
            yield f"{where}.effect", f'Unsupported value: "{effect}"'
        if (key, effect) in seen:
            yield where, f"Duplicate value: {taint}: taints must be unique by key and effect pair"
        seen.add((key, effect))


def _event_problems(event: Object) -> Iterator[tuple[str, str]]:
    about = event.get("involvedObject", {}).get("namespace", "")
    if event["metadata"]["namespace"] != (about or "default"):
        yield "involvedObject.namespace", f'Invalid value: "{about}": does not match event.namespace'


def _lease_problems(lease: Object) -> Iterator[tuple[str, str]]:
    duration = lease.get("spec", {}).get("leaseDurationSeconds")
    if duration is not None and duration <= 0:
        yield "spec.leaseDurationSeconds", f"Invalid value: {duration}: must be greater than 0"


KINDS = (
    Kind("nodes", "Node", namespaced=False, has_status=True, problems=_node_problems),
    Kind("pods", "Pod", has_status=True, fields=("spec.nodeName", "status.phase")),
    Kind("configmaps", "ConfigMap"),
    Kind("events", "Event", fields=("involvedObject.name", "reason"), problems=_event_problems),
    Kind("leases", "Lease", "coordination.k8s.io", put_makes=True, problems=_lease_problems),
)


def check(kind: Kind, item: Object) -> None:
    """Raise StatusError where the real server's validation refuses the object."""
    metadata = item["metadata"]
    name = metadata.get("name", "")
    problems = [*_metadata_problems(metadata), *kind.problems(item)]
    for field, problem in problems:
        raise invalid(kind, name, field, problem)


def _metadata_problems(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    name = metadata.get("name", "")
    if not name:
        yield "metadata.name", "Required value: name or generateName is required"
    elif not _NAME.fullmatch(name):
        yield "metadata.name", f'Invalid value: "{name}": a lowercase RFC 1123 subdomain must consist of lower case'
    for key, value in (metadata.get("labels") or {}).items():
        for text, pattern in ((key, _KEY), (value, _LABEL)):
            if not pattern.fullmatch(text):
                yield (
                    "metadata.labels",
                    f'Invalid value: "{text}": a valid label must consist of alphanumeric characters',
                )


def decode(item: Object) -> Object:
    """Return the object as the real server's types hold it. Raises ValueError where they cannot."""
    for field in ("labels", "annotations"):
        for value in (item["metadata"].get(field) or {}).values():
            if not isinstance(value, str):
                raise ValueError(f"cannot convert {value!r} to string")  # noqa: TRY004 - as for every other field
    conditions = item.get("status", {}).get("conditions")
    if conditions is not None:
        item = {**item, "status": {**item["status"], "conditions": [_decode_condition(one) for one in conditions]}}
    renewed = item.get("spec", {}).get("renewTime") if item.get("kind") == "Lease" else None
    if renewed is not None and not _MICRO_TIME.fullmatch(renewed):
        raise ValueError(f'parsing time "{renewed}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse it')
    return item


def _decode_condition(condition: Object) -> Object:
    return {**condition, **{field: _whole_second(condition.get(field)) for field in CONDITION_TIMES}}


def _whole_second(text: str | None) -> str | None:
    if text is None:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{text}"')
    moment = datetime.datetime.fromisoformat(match[1] + match[2].replace("Z", "+00:00"))
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def complete(kind: Kind, item: Object) -> Object:
    """Return a new object with what the real server adds to it."""
    if kind.name == "Node":
        spec = item.get("spec") or {}
        taint = {"key": NOT_READY, "effect": "NoSchedule"}
        return {**item, "spec": {**spec, "taints": [*(spec.get("taints") or []), taint]}}
    return item


def find_kind(group: str, plural: str) -> Kind:
    """Return the kind of a path. Raises StatusError where the stand-in has none."""
    for kind in KINDS:
        if (kind.group, kind.plural) == (group, plural):
            return kind
    raise StatusError(404, f"the stand-in does not serve {plural} of {group or 'the core group'}")
