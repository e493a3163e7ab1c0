"""What is kept of the pods and workloads of a cluster: only what the reverse rule and the bill need. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract.expectation import is_number
from azext_aigpu.cluster.admission.reverse_policy import EXEMPT_NAMESPACES
from azext_aigpu.cluster.admission.reverse_rule import (
    POOL_KEYS,
    GpuPools,
    breaks_rule,
    cpu_only_reason,
    gpu_limits,
    is_exempt,
    list_asking,
    list_claims,
    list_not_void,
    list_placements,
    list_targets,
    list_undecided,
)
from azext_aigpu.cluster.admission.workload_kinds import WorkloadKind
from azext_aigpu.cluster.moments import Moment, parse_moment
from azext_aigpu.cluster.object_parts import items, mapping

MIRROR = "kubernetes.io/config.mirror"
_ENDED = ("Succeeded", "Failed")
_TEMPLATE_HASH = "pod-template-hash"
Reduce = Callable[[Mapping[str, Any]], "LiveObject | None"]


@dataclass(frozen=True)
class LiveObject:
    """A pod or a workload. `targets` is what sends it to a GPU pool; `undecided` what may, and cannot be told.

    `gpus` is how many GPUs its containers ask for; a claim counts as one. `is_refused` says that the reverse rule
    would refuse it; `is_excused` that it may stand on a GPU node without asking for one. `owner` made it.
    """

    kind: str
    namespace: str
    name: str
    owner: str = ""
    node: str = ""
    started: Moment | None = None
    gpus: int = 0
    targets: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    seen: str = ""
    is_refused: bool = False
    is_excused: bool = False

    @property
    def title(self) -> str:
        """Return the object in words: `Job team-a/train`."""
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Pools:
    """The GPU pools as the rule takes them, every pool that has a node, and what else holds for objects."""

    gpu: GpuPools
    every: frozenset[str]
    exempt_namespaces: frozenset[str] = frozenset(EXEMPT_NAMESPACES)


def reduce_pod(pools: Pools, gpu_nodes: frozenset[str]) -> Reduce:
    """Return what makes a pod small, and drops one that has ended, or has nothing to do with GPUs."""

    def reduce(data: Mapping[str, Any]) -> LiveObject | None:
        if mapping(data, "status").get("phase") in _ENDED:
            return None
        pod = parse_pod(data, pools)
        wanted = pod.node in gpu_nodes or pod.is_refused or (pod.undecided and not pod.node)
        return pod if wanted else None

    return reduce


def parse_pod(data: Mapping[str, Any], pools: Pools) -> LiveObject:
    """Return what is kept of a pod of the API."""
    metadata, spec, status = (mapping(data, key) for key in ("metadata", "spec", "status"))
    namespace = str(metadata.get("namespace", ""))
    excused = namespace in pools.exempt_namespaces or is_exempt(data)
    return LiveObject(
        kind="Pod",
        namespace=namespace,
        name=str(metadata.get("name", "")),
        owner=_owner(metadata),
        node=str(spec.get("nodeName") or ""),
        started=parse_moment(status.get("startTime")),
        gpus=_count_gpus(spec),
        targets=list_targets(spec, pools.gpu),
        undecided=() if excused else _list_open(data, pools),
        seen=_describe(data),
        is_refused=not excused and breaks_rule(data, pools.gpu),
        is_excused=excused or MIRROR in mapping(metadata, "annotations"),
    )


def reduce_workload(kind: WorkloadKind, pools: Pools) -> Reduce:
    """Return what makes a workload small, and drops one that has ended, or that the rule would let pass."""

    def reduce(data: Mapping[str, Any]) -> LiveObject | None:
        metadata = mapping(data, "metadata")
        if str(metadata.get("namespace", "")) in pools.exempt_namespaces or _has_ended(data):
            return None
        templates = [found for place in kind.places for found in list_templates(data, place)]
        wrong = [pod for pod in templates if breaks_rule(pod, pools.gpu)]
        undecided = [text for pod in templates for text in _list_open(pod, pools)]
        if not wrong and not undecided:
            return None
        return LiveObject(
            kind=kind.kind,
            namespace=str(metadata.get("namespace", "")),
            name=str(metadata.get("name", "")),
            owner=_owner(metadata),
            targets=list_targets(mapping(wrong[0], "spec"), pools.gpu) if wrong else (),
            undecided=tuple(dict.fromkeys(undecided)),
            seen=_describe(wrong[0]) if wrong else "",
            is_refused=bool(wrong),
        )

    return reduce


def list_templates(data: Any, place: str) -> Iterator[Mapping[str, Any]]:
    """Yield the pod templates at a place of `workload_kinds`; nothing where the object has none there."""
    step, _, rest = place.partition(".")
    name, many = step.rstrip("[]{}"), step.endswith(("[]", "{}"))
    found = data.get(name) if isinstance(data, Mapping) else None
    entries = list(found.values() if isinstance(found, Mapping) else found or ()) if many else [found]
    for entry in entries:
        if rest:
            yield from list_templates(entry, rest)
        elif isinstance(entry, Mapping):
            yield entry


def _list_open(pod: Mapping[str, Any], pools: Pools) -> tuple[str, ...]:
    """Return what may send a pod to a GPU pool: sizes in no list, and pools that have no node to look at."""
    spec = mapping(pod, "spec")
    if list_targets(spec, pools.gpu) or list_asking(spec) or is_exempt(pod):
        return ()
    absent = [
        str(place)
        for place in list_placements(spec)
        if place.key in POOL_KEYS and place.values and not set(place.values) <= pools.every
    ]
    return (*list_undecided(spec, pools.gpu), *absent)


def _describe(pod: Mapping[str, Any]) -> str:
    """Return how a pod comes to ask for no GPU, in words."""
    spec = mapping(pod, "spec")
    if any(gpu_limits(one) or list_claims(one) for one in items(spec, "containers")):
        return "asks for a GPU, and CUDA_VISIBLE_DEVICES hides it"
    if any(gpu_limits(one) or list_claims(one) for one in items(spec, "initContainers")):
        return "only an init container asks for a GPU"
    if cpu_only_reason(pod):
        return f"cpu-only, but NVIDIA_VISIBLE_DEVICES is not void in {', '.join(list_not_void(spec))}"
    return "asks for no GPU"


def _count_gpus(spec: Mapping[str, Any]) -> int:
    asking = set(list_asking(spec))
    counted = 0
    for one in items(spec, "containers"):
        if str(one.get("name")) in asking:
            limits = [str(amount) for amount in gpu_limits(one).values()]
            counted += sum(int(text) if is_number(text) else 1 for text in limits) + len(list_claims(one))
    return counted


def _owner(metadata: Mapping[str, Any]) -> str:
    """Return what made an object, as `title` has it; a ReplicaSet counts as the Deployment that it belongs to."""
    owner = next((one for one in items(metadata, "ownerReferences") if one.get("controller") is True), None)
    if owner is None:
        return ""
    kind, name, namespace = str(owner.get("kind")), str(owner.get("name")), metadata.get("namespace", "")
    ending = "-" + str(mapping(metadata, "labels").get(_TEMPLATE_HASH, ""))
    if kind == "ReplicaSet" and len(ending) > 1 and name.endswith(ending):
        kind, name = "Deployment", name[: -len(ending)]
    return f"{kind} {namespace}/{name}"


def _has_ended(data: Mapping[str, Any]) -> bool:
    """Return whether a Job, or what counts its end as a Job does, starts no pod any more."""
    conditions = items(mapping(data, "status"), "conditions")
    ends = ("Complete", "Failed", "Completed", "Succeeded")
    return any(one.get("type") in ends and one.get("status") == "True" for one in conditions)
