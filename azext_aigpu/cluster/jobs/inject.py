"""Guards the jobs of a manifest, text to text: everything that is not the guard stays, byte for byte. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract import labels
from azext_aigpu.cluster.admission.reverse_rule import GpuPools, asks, cpu_only_reason, is_gpu_resource, list_targets
from azext_aigpu.cluster.jobs import wrapper
from azext_aigpu.cluster.jobs.container_checks import hides_gpus
from azext_aigpu.cluster.jobs.documents import Document, parse_documents
from azext_aigpu.cluster.jobs.edit import EditError, edit_text, find_layout
from azext_aigpu.cluster.jobs.failure_policy import with_failure_policy
from azext_aigpu.cluster.jobs.guard import Wanted, guard_pod
from azext_aigpu.cluster.jobs.inject_error import InjectError
from azext_aigpu.cluster.jobs.main_container import find_main
from azext_aigpu.cluster.jobs.train_job import guard_train_job
from azext_aigpu.cluster.jobs.workloads import (
    CRON_JOB,
    DAEMON_SET,
    GUARDED,
    JOB,
    POD,
    PYTORCH_JOB,
    TRAIN_JOB,
    Path,
    Template,
    Workload,
    list_workloads,
)
from azext_aigpu.cluster.object_parts import items, mapping

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Refused:
    """A workload that could not be guarded, and why."""

    workload: Workload
    refusal: InjectError


@dataclass(frozen=True)
class Injected:
    """What became of a manifest. With anything in `refused`, `text` is the manifest as it was."""

    text: str
    guarded: tuple[Workload, ...] = ()
    left: tuple[Workload, ...] = ()
    refused: tuple[Refused, ...] = ()


def inject(text: str, name: str, wanted: Wanted) -> Injected:
    """Return the manifest with its GPU jobs guarded; all of them, or nothing is changed.

    Raises UsageError for what is no manifest, and InjectError where its text has a form that cannot be changed.
    """
    documents = parse_documents(text, name)
    every = [(document, list_workloads(document)) for document in documents]
    chosen = _choose([workload for _, workloads in every for workload in workloads], wanted)
    places = {(workload.line, workload.path) for workload in chosen}
    refused: list[Refused] = []
    changes = []
    for document, workloads in every:
        data = document.data
        for workload in workloads:
            if (workload.line, workload.path) in places:
                data = _guard_in(data, workload, wanted, refused)
        changes.append((document, data, find_layout(document)))
    left = tuple(one for _, workloads in every for one in workloads if (one.line, one.path) not in places)
    if refused or not chosen:
        return Injected(text, (), left, tuple(refused))
    return Injected(_edit(text, changes), tuple(chosen), left)


def _guard_in(data: Any, workload: Workload, wanted: Wanted, refused: list[Refused]) -> Any:
    """Return a document's data with one workload guarded; a refusal goes onto the list and changes nothing."""
    try:
        return _put(data, workload.path, _guard(workload, wanted))
    except InjectError as refusal:
        refused.append(Refused(workload, refusal))
        return data


def _edit(text: str, changes: list[tuple[Document, Any, Any]]) -> str:
    try:
        changed = edit_text(text, changes)
    except EditError as error:
        raise InjectError(str(error), "change that place of the manifest, then try again") from error
    # What was written must read back as what was meant; a layout that nobody thought of must not slip through.
    if [document.data for document in parse_documents(changed, "the result")] != [data for _, data, _ in changes]:
        raise InjectError(
            "the layout of this manifest is not understood well enough to change it",
            "have it written anew: kubectl create --dry-run=client -o yaml -f FILE",
        )
    return changed


def _choose(workloads: list[Workload], wanted: Wanted) -> list[Workload]:
    """Return the workloads that are to be guarded: those with something to do with GPUs; one that stands alone too.

    Raises InjectError for a GPU workload of a kind that is only checked, and where it is not clear which one is meant.
    """
    pools = GpuPools(wanted.taint.key)
    concerned = [one for one in workloads if _has_concerned(one, pools)]
    if concerned:
        return concerned
    able = [one for one in workloads if one.type in _GUARDS and not _is_declared_cpu_only(one)]
    if len(able) > 1 and wanted.gpus is not None:
        names = ", ".join(one.title for one in able)
        raise InjectError(
            f"none of {names} asks for a GPU, and which one --gpus is for is not clear",
            "write the limit into the one that computes, or give it in a file of its own",
        )
    return able if wanted.gpus is not None or len(able) == 1 else []


def _has_concerned(workload: Workload, pools: GpuPools) -> bool:
    """Return whether a workload is to be guarded or refused: GPUs play a role in it, or it cannot be read."""
    if workload.type == DAEMON_SET:
        return False
    unread = bool(workload.problems) and workload.is_known
    return unread or any(_is_concerned(template, pools) for template in workload.templates)


def _is_concerned(template: Template, pools: GpuPools) -> bool:
    """Return whether GPUs play a role in a template: it targets a pool, or any container names a GPU resource."""
    spec = mapping(template.pod, "spec")
    if any(_names_gpu(one) for one in (*items(spec, "initContainers"), *items(spec, "containers"))):
        return True
    return bool(list_targets(spec, pools)) and not cpu_only_reason(template.pod)


def _names_gpu(container: Data) -> bool:
    resources = mapping(container, "resources")
    named = (key for part in ("limits", "requests") for key in mapping(resources, part))
    return asks(container) or any(map(is_gpu_resource, named))


def _is_declared_cpu_only(workload: Workload) -> bool:
    return any(cpu_only_reason(template.pod) for template in workload.templates)


def _guard(workload: Workload, wanted: Wanted) -> Data:
    if workload.problems:
        raise InjectError(f"{workload.problems[0]}, which the API server does not take", "correct it first")
    guard = _GUARDS.get(workload.type)
    if guard is None:
        raise InjectError(_by_hand(workload), _BY_HAND)
    return guard(workload, wanted)


def _guard_plain(workload: Workload, wanted: Wanted) -> Data:
    (template,) = workload.templates
    _refuse_contradiction(template)
    return guard_pod(template.pod, wanted, wrapper.WARN)


def _guard_job(workload: Workload, wanted: Wanted) -> Data:
    """Guard a Job or a CronJob: the pod, and the policy for its exit codes."""
    (template,) = workload.templates
    _refuse_contradiction(template)
    pod = guard_pod(template.pod, wanted, wrapper.STOP)
    main = str(find_main(template.pod, wanted.container).get("name"))
    # The Job's own spec is what holds `template`.
    place = template.path[:-1]
    job = with_failure_policy(_get(workload.data, place), pod, main, wanted.program_ends_with_78)
    return _mapping(_put(workload.data, place, {**job, template.path[-1]: pod}))


def _guard_pytorch(workload: Workload, wanted: Wanted) -> Data:
    """Guard the replicas of a PyTorchJob that have to do with GPUs; its operator wants the container named pytorch."""
    pools = GpuPools(wanted.taint.key)
    concerned = [one for one in workload.templates if _is_concerned(one, pools)]
    data: Data = workload.data
    for template in concerned or workload.templates:
        _refuse_contradiction(template)
        pod = guard_pod(template.pod, wanted, wrapper.STOP, main_name="pytorch")
        data = _mapping(_put(data, template.path, pod))
    return data


def _guard_train(workload: Workload, wanted: Wanted) -> Data:
    for template in workload.templates:
        _refuse_contradiction(template)
    return guard_train_job(workload.data, wanted)


_GUARDS: Mapping[tuple[str, str], Callable[[Workload, Wanted], Data]] = {
    POD: _guard_plain,
    JOB: _guard_job,
    CRON_JOB: _guard_job,
    PYTORCH_JOB: _guard_pytorch,
    TRAIN_JOB: _guard_train,
}
KINDS = tuple(kind for _, kind in GUARDED)


def _refuse_contradiction(template: Template) -> None:
    """Raise InjectError where the manifest itself keeps the GPU from what is to be guarded."""
    spec = mapping(template.pod, "spec")
    if cpu_only_reason(template.pod):
        raise InjectError(
            f"it is declared CPU-only (annotation {labels.CPU_ONLY_ANNOTATION}) and names a GPU resource",
            "take out one or the other",
        )
    containers = items(spec, "containers")
    # Beside a container that asks for a GPU, a helper may well hide them all from itself.
    for one in [one for one in containers if asks(one)] or containers:
        variable = hides_gpus(one)
        if variable is not None:
            raise InjectError(
                f"container {one.get('name')} hides every GPU by {variable}", "take the variable out first"
            )


_BY_HAND = (
    "by hand: the pod that az aigpu job inject makes of a plain Pod shows what to add; "
    "docs/how-to/job-manifests.md says where"
)


def _by_hand(workload: Workload) -> str:
    kind = f"{workload.kind} of {workload.group}" if workload.kind in KINDS else workload.kind
    return f"a {kind} is checked and not changed; changed are {', '.join(KINDS)}"


def _get(data: Any, path: Path) -> Data:
    for step in path:
        data = data[step]
    return _mapping(data)


def _put(data: Any, path: Path, value: Any) -> Any:
    """Return `data` with `value` at `path`; what is not on the way is the same as before."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(data, list) and isinstance(step, int):
        return [_put(item, rest, value) if index == step else item for index, item in enumerate(data)]
    return {**data, step: _put(data[step], rest, value)}


def _mapping(data: Any) -> Data:
    return data if isinstance(data, Mapping) else {}
