"""Checks of a whole pod: its request, its scheduling, its exemption, its Job's policy. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aigpu_contract import labels
from aigpu_contract.finding import Finding, Status
from aigpu_contract.labels import Taint
from aigpu_contract.visible_devices import VOID
from azext_aigpu.cluster.admission.reverse_rule import NVIDIA_VISIBLE, asks, cpu_only_reason, list_asking, list_not_void
from azext_aigpu.cluster.jobs.amounts import AMOUNT_ID, review_amounts
from azext_aigpu.cluster.jobs.workloads import CRON_JOB, GUARDED, JOB, Template, Workload
from azext_aigpu.cluster.object_parts import items, mapping
from azext_aigpu.cluster.tolerations import may_stand_on

REQUEST_ID = AMOUNT_ID
SCHEDULING_ID = "gpu-scheduling"
CPU_ONLY_ID = "cpu-only"
POLICY_ID = "failure-policy"
LIMIT = "nvidia.com/gpu"
_EVERY_VOID = f"{NVIDIA_VISIBLE}={VOID} in every container, init containers too"


def review_request(
    workload: Workload, template: Template, targets: tuple[str, ...], undecided: tuple[str, ...]
) -> Iterator[Finding]:
    """Hold what a pod targets against what it asks for."""
    spec = mapping(template.pod, "spec")
    yield from review_amounts(spec)
    if any(asks(one) for one in items(spec, "containers")):
        return
    early = [str(one.get("name")) for one in items(spec, "initContainers") if asks(one)]
    if early:
        yield _early_only(early, _step_to_limit(workload))
    elif not template.whole:
        # Before the annotation: what stands in the runtime may ask for a GPU, or see one, all the same.
        yield _decided_elsewhere(targets)
    elif _is_cpu_only(template.pod):
        return  # review_cpu_only holds the annotation against targets and what is undecided
    elif targets:
        yield _not_requested(targets, _step_to_limit(workload))
    elif undecided:
        yield _undecided(undecided)


def review_scheduling(spec: Mapping[str, Any], taint: Taint, step_to_add: str) -> Iterator[Finding]:
    """See whether a pod that asks for a GPU tolerates the taint of our pools."""
    if may_stand_on(spec, taint):
        return
    alike = [_describe_toleration(one) for one in items(spec, "tolerations") if one.get("key") == taint.key]
    yield Finding(
        SCHEDULING_ID,
        "TolerationMissing",
        Status.WARN,
        "the pod asks for a GPU and does not tolerate the taint of GPU pools, so it stays Pending on them",
        seen=", ".join(alike) or f"no toleration of {taint.key}",
        wanted=f"a toleration of {taint}",
        next_step=step_to_add,
    )


def review_cpu_only(pod: Mapping[str, Any], targets: tuple[str, ...], undecided: tuple[str, ...]) -> Iterator[Finding]:
    """Hold the annotation `aigpu.io/cpu-only` against what the pod is."""
    if not _is_cpu_only(pod):
        return
    spec = mapping(pod, "spec")
    asking, open_to = list_asking(spec), list_not_void(spec)
    if not cpu_only_reason(pod):
        yield _cpu_only("the exemption has no reason", "an empty annotation", "a reason as its value")
    elif asking:
        yield _cpu_only("the pod is declared CPU-only and asks for a GPU", ", ".join(asking), "one or the other")
    elif open_to and targets:
        seen = f"without it: {', '.join(open_to)}"
        problem = "a CPU-only pod on a GPU pool can still see its GPUs"
        yield _cpu_only(problem, seen, _EVERY_VOID)
    elif open_to and undecided:
        yield _cpu_only_undecided(open_to, undecided)
    else:
        reason = (("reason", cpu_only_reason(pod)),)
        yield Finding(CPU_ONLY_ID, "Passed", Status.PASS, "", evidence=reason)


def review_failure_policy(workload: Workload, spec: Mapping[str, Any]) -> Iterator[Finding]:
    """See whether a Job's podFailurePolicy can be: the API server takes it only with restartPolicy Never."""
    if job_spec(workload).get("podFailurePolicy") is None or spec.get("restartPolicy") == "Never":
        return
    yield Finding(
        POLICY_ID,
        "RestartPolicyUnfit",
        Status.FAIL,
        "the API server refuses podFailurePolicy unless the pod is never restarted in place",
        seen=f"restartPolicy: {spec.get('restartPolicy', '(absent)')}",
        wanted="restartPolicy: Never",
        next_step="set it; the Job then makes a new pod for each retry, up to backoffLimit",
    )


def job_spec(workload: Workload) -> Mapping[str, Any]:
    """Return the spec of the Job that a Job or CronJob makes, nothing for other kinds."""
    spec = mapping(workload.data, "spec")
    if workload.type == CRON_JOB:
        return mapping(mapping(spec, "jobTemplate"), "spec")
    return spec if workload.type == JOB else {}


def _is_cpu_only(pod: Mapping[str, Any]) -> bool:
    return labels.CPU_ONLY_ANNOTATION in mapping(mapping(pod, "metadata"), "annotations")


def _describe_toleration(toleration: Mapping[str, Any]) -> str:
    value = "" if toleration.get("operator") == "Exists" else f"={toleration.get('value') or ''}"
    parts = (str(toleration.get("effect") or ""), *_seconds(toleration))
    return f"toleration {toleration.get('key')}{value}" + "".join(f", {part}" for part in parts if part)


def _seconds(toleration: Mapping[str, Any]) -> tuple[str, ...]:
    seconds = toleration.get("tolerationSeconds")
    return () if seconds is None else (f"for {seconds} s",)


def _step_to_limit(workload: Workload) -> str:
    step = f"add resources.limits {LIMIT}: 1 to the container that computes"
    return f"{step}, or az aigpu job inject --gpus 1" if workload.type in GUARDED else step


def _not_requested(targets: tuple[str, ...], step: str) -> Finding:
    return Finding(
        REQUEST_ID,
        "GPUNotRequested",
        Status.FAIL,
        "the pod targets a GPU pool and asks for no GPU: it runs there on the CPU, or on GPUs that others were given",
        seen="; ".join(targets),
        wanted=f"a limit of {LIMIT} in an app container",
        next_step=f"{step}; where it is to use the CPU: annotation {labels.CPU_ONLY_ANNOTATION}",
    )


def _early_only(names: list[str], step: str) -> Finding:
    return Finding(
        REQUEST_ID,
        "GPUInInitContainerOnly",
        Status.FAIL,
        "only an init container asks for a GPU: the scheduler counts it, and the main container gets none",
        seen=f"init container {', '.join(names)}",
        wanted="the limit in the container that computes; the init container's costs nothing beside it",
        next_step=step,
    )


def _decided_elsewhere(targets: tuple[str, ...]) -> Finding:
    return Finding(
        REQUEST_ID,
        "RequestInRuntime",
        Status.UNKNOWN,
        "the TrainJob names no GPU; its training runtime may, and that is not in this manifest",
        seen="; ".join(targets) or "no spec.trainer.resourcesPerNode with a GPU",
        wanted=f"spec.trainer.resourcesPerNode.limits {LIMIT}",
        next_step="write it there, or az aigpu job inject --gpus N; it wins over the runtime's",
    )


def _undecided(undecided: tuple[str, ...]) -> Finding:
    return Finding(
        REQUEST_ID,
        "TargetUnknown",
        Status.UNKNOWN,
        "the pod asks for no GPU, and whether it targets a GPU pool cannot be told",
        seen="; ".join(undecided),
        wanted="the names of the cluster's GPU pools, sizes of the catalogue, no node by its name",
        next_step="--gpu-pools NAME,NAME; az aigpu nodepool list names them",
    )


def _cpu_only_undecided(open_to: tuple[str, ...], undecided: tuple[str, ...]) -> Finding:
    return Finding(
        CPU_ONLY_ID,
        "TargetUnknown",
        Status.UNKNOWN,
        "a CPU-only pod could see GPUs, and whether it comes to a GPU pool cannot be told",
        seen=f"{'; '.join(undecided)}; not {VOID} in {', '.join(open_to)}",
        wanted=f"{_EVERY_VOID}; or the names of the cluster's GPU pools",
        next_step=f"set {NVIDIA_VISIBLE}={VOID}, or --gpu-pools NAME,NAME; az aigpu nodepool list names them",
    )


def _cpu_only(problem: str, seen: str, wanted: str) -> Finding:
    return Finding(
        CPU_ONLY_ID,
        "CPUOnlyUnfit",
        Status.FAIL,
        problem,
        seen=seen,
        wanted=wanted,
        next_step=f"correct it, or take the annotation {labels.CPU_ONLY_ANNOTATION} away",
    )
