"""Guards a TrainJob of Kubeflow Trainer. Pure, data to data.

A TrainJob cannot add an init container to its runtime's pods (a patch of a container must name one that the runtime
has), so the program comes by an image volume, and the wrapped command alone does the proof: `exec` checks first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azext_aigpu.cluster.jobs import wrapper
from azext_aigpu.cluster.jobs.guard import Wanted, count_of, place_pod, with_gpus, wrap_command
from azext_aigpu.cluster.jobs.inject_error import InjectError
from azext_aigpu.cluster.jobs.workloads import TRAIN_CONTAINER
from azext_aigpu.cluster.object_parts import items, mapping

MANAGER = "aigpu.io/job-inject"
"""The owner of our entry among a TrainJob's `runtimePatches`."""

SUB_PATH = "aigpu"
"""The folder of the agent's image that holds `aigpu-preflight.pyz`."""

EARLIER = ("podSpecOverrides", "podTemplateOverrides")

Data = Mapping[str, Any]


def guard_train_job(job: Data, wanted: Wanted) -> dict[str, Any]:
    """Return a TrainJob with GPU limit, wrapped command, and a patch that places its pods. Raises InjectError."""
    spec = mapping(job, "spec")
    for key in EARLIER:
        if spec.get(key):
            raise InjectError(
                f"spec.{key} is of an earlier Kubeflow Trainer, which has no spec.runtimePatches",
                "update the Trainer and write it as runtimePatches, or put the guard into the training runtime by hand",
            )
    trainer = mapping(spec, "trainer")
    resources = mapping(trainer, "resourcesPerNode")
    limited = with_gpus(resources, wanted.gpus, "spec.trainer")
    container = {"name": TRAIN_CONTAINER, "command": trainer.get("command"), "resources": limited}
    command = wrap_command(container, wanted, wrapper.STOP, count_of(container))
    changed = {**trainer, "command": command}
    if limited != resources:
        changed["resourcesPerNode"] = limited
    patches = [one for one in items(spec, "runtimePatches") if one.get("manager") != MANAGER]
    ours = [one for one in items(spec, "runtimePatches") if one.get("manager") == MANAGER]
    patched = [*patches, _build_patch(ours[0] if ours else {}, wanted)]
    return {**job, "spec": {**spec, "trainer": changed, "runtimePatches": patched}}


def _build_patch(existing: Data, wanted: Wanted) -> dict[str, Any]:
    image = wanted.image or _image_of(existing)
    if not image:
        raise InjectError(
            "no image with the preflight is known, and there is no default one",
            "--image IMAGE, or once for all: az config set aigpu.agent_image=IMAGE",
        )
    pod: dict[str, Any] = {
        **place_pod({}, wanted.taint),
        "volumes": [{"name": wrapper.VOLUME, "image": {"reference": image}}],
        "containers": [{"name": TRAIN_CONTAINER, "volumeMounts": [_build_mount()]}],
    }
    job = {"name": TRAIN_CONTAINER, "template": {"spec": {"template": {"spec": pod}}}}
    return {"manager": MANAGER, "trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": [job]}}}}


def _build_mount() -> dict[str, Any]:
    return {**wrapper.build_mount(read_only=True), "subPath": SUB_PATH}


def _image_of(patch: Data) -> str:
    template = mapping(mapping(patch, "trainingRuntimeSpec"), "template")
    for job in items(mapping(template, "spec"), "replicatedJobs"):
        pod = mapping(mapping(mapping(mapping(job, "template"), "spec"), "template"), "spec")
        for volume in items(pod, "volumes"):
            if volume.get("name") == wrapper.VOLUME:
                return str(mapping(volume, "image").get("reference") or "")
    return ""
