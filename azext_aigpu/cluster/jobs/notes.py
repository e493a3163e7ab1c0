"""What somebody should know who applies a guarded workload. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from azext_aigpu.cluster.jobs.workloads import JOB, POD, PYTORCH_JOB, TRAIN_JOB, Workload
from azext_aigpu.cluster.object_parts import mapping

_AGAIN = "after a stop (exit code 78) the container starts again; "
_JOB = "a Job's pod template cannot be changed: delete the Job that runs under this name before you apply"
_TRAIN_JOB = (
    "needs Kubernetes 1.35 or newer (image volumes) and a Kubeflow Trainer with spec.runtimePatches",
    "needs a training runtime whose replicated job and container are named node",
    "its toleration stands in the place of all that the runtime has",
)


def list_notes(workload: Workload) -> Iterator[str]:
    """Yield what the guard cannot do for this workload, and what it needs of the cluster."""
    if workload.type == JOB:
        yield _JOB
    elif workload.type == POD and mapping(workload.data, "spec").get("restartPolicy") != "Never":
        yield _AGAIN + "restartPolicy: Never ends it"
    elif workload.type == PYTORCH_JOB and not _restarts_by_code(workload.data):
        yield _AGAIN + "restartPolicy: ExitCode takes every code below 128 as final"
    elif workload.type == TRAIN_JOB:
        yield from _TRAIN_JOB


def _restarts_by_code(job: Mapping[str, object]) -> bool:
    replicas = mapping(mapping(job, "spec"), "pytorchReplicaSpecs")
    return all(mapping(replicas, role).get("restartPolicy") in ("ExitCode", "Never") for role in replicas)
