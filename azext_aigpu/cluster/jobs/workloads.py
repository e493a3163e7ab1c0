"""Finds the workloads of a document, and where each kind keeps its pod templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from azext_aigpu.cluster.admission.workload_kinds import POD as POD_KIND
from azext_aigpu.cluster.admission.workload_kinds import WORKLOADS
from azext_aigpu.cluster.jobs import shape
from azext_aigpu.cluster.jobs.documents import AliasNode, Document, line_of
from azext_aigpu.cluster.jobs.shape import list_misshapen
from azext_aigpu.cluster.object_parts import items, mapping

Path = tuple[str | int, ...]

POD, JOB, CRON_JOB = ("", "Pod"), ("batch", "Job"), ("batch", "CronJob")
PYTORCH_JOB = ("kubeflow.org", "PyTorchJob")
TRAIN_JOB = ("trainer.kubeflow.org", "TrainJob")
DAEMON_SET = ("apps", "DaemonSet")
GUARDED = (POD, JOB, CRON_JOB, PYTORCH_JOB, TRAIN_JOB)
"""What `job inject` changes; every other kind is only checked."""

TRAIN_CONTAINER = "node"
"""The name of the training container and of its replicated job in the runtimes that Kubeflow Trainer ships."""


@dataclass(frozen=True)
class Template:
    """A pod template: `path` leads from the workload to it, `role` tells it from its neighbours (`Worker`).

    `whole` is False where a part of it stands in another object, as for a TrainJob's runtime.
    """

    path: Path
    pod: Mapping[str, Any]
    role: str = ""
    whole: bool = True


@dataclass(frozen=True)
class Workload:
    """One object of a manifest. `problems` says what of it has not the form that the API wants."""

    kind: str
    group: str
    name: str
    namespace: str
    line: int
    path: Path
    data: Mapping[str, Any]
    templates: tuple[Template, ...] = ()
    problems: tuple[str, ...] = field(default=())

    @property
    def title(self) -> str:
        """Return the object in words: `Job train`."""
        return f"{self.kind} {self.name}"

    @property
    def step_to_add(self) -> str:
        """Return how something comes into the manifest that is missing there."""
        by_hand = f"add it by hand, as job inject changes no {self.kind}: docs/how-to/job-manifests.md, Other kinds"
        return "az aigpu job inject -f FILE adds it" if self.type in GUARDED else by_hand

    @property
    def type(self) -> tuple[str, str]:
        """Return group and kind: there are several kinds named Job."""
        return self.group, self.kind

    @property
    def is_known(self) -> bool:
        """Return whether it is known where this kind keeps its pods."""
        return self.type in _PLACES or self.type == TRAIN_JOB

    @property
    def has_no_pods(self) -> bool:
        """Return whether objects of this kind start no pod."""
        return self.kind in _WITHOUT_PODS.get(self.group, frozenset())


_TEMPLATE: Path = ("spec", "template")
_MADE_BY_CONTROLLERS = {("", "ReplicationController"), ("apps", "ReplicaSet"), DAEMON_SET}
"""Kinds that the policy leaves to their pods, and that people write all the same."""

_OPTIONAL = frozenset({"workerGroupSpecs", "submitterPodTemplate", "leaderTemplate"})
"""What an object of a kind with several places may leave out."""


def _parse_place(place: str) -> Path:
    """Return the steps of a place as `workload_kinds` writes it; `*` is every entry of a list or a map."""
    steps = place.replace("[]", ".*").replace("{}", ".*").split(".")
    return tuple(step for step in steps if step)


_PLACES: Mapping[tuple[str, str], tuple[Path, ...]] = {
    **{(one.group, one.kind): tuple(map(_parse_place, one.places)) for one in (POD_KIND, *WORKLOADS)},
    **dict.fromkeys(_MADE_BY_CONTROLLERS, (_TEMPLATE,)),
}

_WITHOUT_PODS: Mapping[str, frozenset[str]] = {
    "": frozenset(
        {
            "ConfigMap",
            "LimitRange",
            "Namespace",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        }
    ),
    "apiextensions.k8s.io": frozenset({"CustomResourceDefinition"}),
    "autoscaling": frozenset({"HorizontalPodAutoscaler"}),
    "networking.k8s.io": frozenset({"Ingress", "IngressClass", "NetworkPolicy"}),
    "policy": frozenset({"PodDisruptionBudget"}),
    "rbac.authorization.k8s.io": frozenset({"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}),
    "resource.k8s.io": frozenset({"DeviceClass", "ResourceClaim", "ResourceClaimTemplate"}),
    "scheduling.k8s.io": frozenset({"PriorityClass"}),
    "storage.k8s.io": frozenset({"StorageClass"}),
}


def list_workloads(document: Document) -> tuple[Workload, ...]:
    """Return the objects of a document: itself, or the items of a `List`."""
    return tuple(_objects(document.data, document.node, ()))


def _objects(data: Any, node: yaml.nodes.Node, path: Path) -> Iterator[Workload]:
    if isinstance(node, AliasNode):
        node = node.value
    if isinstance(data, Mapping) and data.get("kind") == "List" and data.get("apiVersion") == "v1":
        children, listed = _children(node, "items"), data.get("items")
        if listed is not None and not isinstance(listed, list):
            yield replace(_workload(data, line_of(node), path), problems=("items is not a list",))
            return
        for index, item in enumerate(listed or ()):
            yield from _objects(item, children[index] if index < len(children) else node, (*path, "items", index))
    else:
        yield _workload(data, line_of(node), path)


def _children(node: yaml.nodes.Node, key: str) -> list[yaml.nodes.Node]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    found = [value for name, value in pairs if name.value == key and isinstance(value, yaml.SequenceNode)]
    return list(found[0].value) if found else []


def _workload(data: Any, line: int, path: Path) -> Workload:
    if not isinstance(data, Mapping):
        return Workload("?", "", "?", "", line, path, {}, problems=("this document is not a mapping",))
    kind, version = _text(data, "kind"), _text(data, "apiVersion")
    group = version.rpartition("/")[0]
    metadata = mapping(data, "metadata")
    name = _text(metadata, "name") or _text(metadata, "generateName")
    bare = Workload(kind or "?", group, name or "(no name)", _text(metadata, "namespace"), line, path, data)
    missing = tuple(f"{key} is missing" for key, value in (("apiVersion", version), ("kind", kind)) if not value)
    if missing:
        return replace(bare, problems=missing)
    if bare.type == TRAIN_JOB:
        return _train_job(bare)
    templates, problems = _templates(bare)
    return replace(bare, templates=tuple(templates), problems=tuple(dict.fromkeys(problems)))


def _templates(workload: Workload) -> tuple[list[Template], list[str]]:
    templates: list[Template] = []
    problems: list[str] = []
    for place in _PLACES.get(workload.type, ()):
        for path, role, found in _walk(workload.data, place, (), ""):
            where = _written(path)
            if not isinstance(found, Mapping):
                problems.append(f"{where} is " + ("missing" if found is None else "not a mapping"))
                continue
            problems.extend(_judge_form(found, where))
            templates.append(Template(path, found, role))
    if not templates and not problems and workload.is_known:
        problems.append("it holds no pod template")
    return templates, problems


def _walk(data: Any, place: Path, done: Path, role: str) -> Iterator[tuple[Path, str, Any]]:
    """Yield (path, role, what is there) for a place; None for what must be there and is not."""
    if not place:
        yield done, role, data
        return
    step, rest = place[0], place[1:]
    if step == "*":
        every = _entries(data)
        if not every and done[-1] not in _OPTIONAL:
            yield done, role, None if data in (None, {}, []) else data
        for key, title, entry in every:
            yield from _walk(entry, rest, (*done, key), title)
    elif isinstance(data, Mapping) and data.get(step) is not None:
        yield from _walk(data[step], rest, (*done, step), role)
    elif step not in _OPTIONAL:
        yield (*done, step), role, None


def _entries(data: Any) -> list[tuple[str | int, str, Any]]:
    """Return (key, name, entry) of a mapping's or a list's entries."""
    if isinstance(data, Mapping):
        return [(key, key, value) for key, value in data.items()]
    entries = data if isinstance(data, list) else []
    return [(index, _role_of(entry, index), entry) for index, entry in enumerate(entries)]


def _role_of(entry: Any, index: int) -> str:
    named = entry if isinstance(entry, Mapping) else {}
    return _text(named, "name") or _text(named, "groupName") or str(index)


def _judge_form(pod: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from list_misshapen(pod, shape.POD, where)
    if not isinstance(pod.get("spec"), Mapping):
        yield f"{_join(where, 'spec')} is missing"
    elif not pod["spec"].get("containers"):
        yield f"{_join(where, 'spec.containers')} is missing or empty"


def _train_job(bare: Workload) -> Workload:
    """Read a TrainJob: its trainer is one container of pods whose other half stands in the runtime that it names."""
    spec = mapping(bare.data, "spec")
    trainer = spec.get("trainer")
    if trainer is not None and not isinstance(trainer, Mapping):
        return replace(bare, problems=("spec.trainer is not a mapping",))
    container = _trainer_container(trainer or {})
    misshapen = list_misshapen(container, shape.CONTAINER, "spec.trainer")
    problems = [text.replace("resources", "resourcesPerNode") for text in misshapen]
    pod_spec: dict[str, Any] = {"containers": [container]}
    annotations: dict[str, Any] = {}
    for patch in _runtime_patches(spec):
        problems.extend(list_misshapen(patch, shape.POD, "spec.runtimePatches: the pod template"))
        pod_spec.update({key: value for key, value in mapping(patch, "spec").items() if key != "containers"})
        annotations.update(mapping(mapping(patch, "metadata"), "annotations"))
    pod = {"metadata": {"annotations": annotations}, "spec": pod_spec}
    return replace(bare, templates=(Template(("spec", "trainer"), pod, whole=False),), problems=tuple(problems))


def _trainer_container(trainer: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: trainer[key] for key in ("image", "command", "args", "env") if key in trainer}
    return {"name": TRAIN_CONTAINER, **kept, "resources": trainer.get("resourcesPerNode")}


def _runtime_patches(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the pod templates that a TrainJob lays over its runtime's, in the API's present and earlier forms."""
    for override in (*items(spec, "podSpecOverrides"), *items(spec, "podTemplateOverrides")):
        yield {"metadata": override.get("metadata"), "spec": override.get("spec", override)}
    for patch in items(spec, "runtimePatches"):
        job_set = mapping(mapping(mapping(patch, "trainingRuntimeSpec"), "template"), "spec")
        for job in items(job_set, "replicatedJobs"):
            yield mapping(mapping(mapping(job, "template"), "spec"), "template")


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _written(path: Path) -> str:
    """Return a path as people write it: `spec.replicatedJobs[0].template`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _join(where: str, key: str) -> str:
    return f"{where}.{key}".lstrip(".")
