"""Guards a pod template: GPU limit, place, proof before the start, and a watch over the command. Pure, data to data.

A guard that is there already is brought up to date; what somebody added to it (options, variables, more mounts) stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract import labels
from aigpu_contract.labels import DEFAULT_TAINT, Taint
from azext_aigpu.cluster.admission.reverse_rule import (
    GPU_LABELS,
    INSTANCE_TYPE_KEYS,
    POOL_KEYS,
    GpuPools,
    gpu_limits,
    is_gpu_placement,
    is_gpu_resource,
    list_claims,
    list_placements,
)
from azext_aigpu.cluster.jobs import wrapper
from azext_aigpu.cluster.jobs.inject_error import InjectError
from azext_aigpu.cluster.jobs.main_container import find_main
from azext_aigpu.cluster.object_parts import items, mapping
from azext_aigpu.cluster.tolerations import may_stand_on

Data = Mapping[str, Any]

GPU = "nvidia.com/gpu"
NOTEBOOKS = frozenset({"jupyter", "jupyter-lab", "jupyter-notebook", "jupyterhub-singleuser", "code-server"})
LAUNCHERS = frozenset({"mpirun", "mpiexec", "horovodrun", "ray"})
CPU_ONLY = f"give it no GPU, NVIDIA_VISIBLE_DEVICES=void and the annotation {labels.CPU_ONLY_ANNOTATION}: REASON"


@dataclass(frozen=True)
class Wanted:
    """What the guard is to be. None keeps what a guard that is there already says, and else means the default."""

    gpus: int | None = None
    image: str | None = None
    on_fallback: str | None = None
    gpu_deadline: str | None = None
    container: str | None = None
    taint: Taint = DEFAULT_TAINT
    program_ends_with_78: bool = False


def guard_pod(pod: Data, wanted: Wanted, on_fallback: str, main_name: str | None = None) -> dict[str, Any]:
    """Return the pod template with its guard. `on_fallback` is the kind's default, `main_name` its main container.

    Raises InjectError where it cannot be done safely.
    """
    spec = mapping(pod, "spec")
    _refuse_unsafe(spec)
    main = find_main(pod, wanted.container or main_name)
    limited = _with_gpus(main, wanted.gpus)
    containers = [
        _guard_main(one, limited, wanted, on_fallback) if one is main else one for one in items(spec, "containers")
    ]
    guarded = place_pod({**spec, "containers": containers}, wanted.taint)
    guarded["initContainers"] = _with_init(spec, limited, containers, wanted)
    guarded["volumes"] = _with_volume(spec)
    return {**pod, "spec": guarded}


def place_pod(spec: Data, taint: Taint) -> dict[str, Any]:
    """Return the pod spec with a toleration of the GPU pools' taint, and a selector where nothing else selects one."""
    placed = dict(spec)
    if not may_stand_on(spec, taint):
        toleration = {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}
        placed["tolerations"] = [*items(spec, "tolerations"), toleration]
    if not any(_selects(place.key) or is_gpu_placement(place, GpuPools()) for place in list_placements(spec)):
        selector = {labels.HARDWARE: GPU_LABELS[labels.HARDWARE]}
        placed["nodeSelector"] = {**mapping(spec, "nodeSelector"), **selector}
    return placed


def wrap_command(container: Data, wanted: Wanted, on_fallback: str, expect_gpus: int | None) -> list[str]:
    """Return the container's command behind the preflight. Raises InjectError where the manifest has no command."""
    command = container.get("command")
    if not command:
        raise InjectError(
            f"container {container.get('name')} has no command: what its image starts by itself is not in the manifest",
            "write the image's ENTRYPOINT as command; crane config IMAGE or docker inspect IMAGE shows it",
        )
    was = wrapper.parse_wrapped(command) or wrapper.Wrapped({}, (), tuple(command))
    mode = wanted.on_fallback or was.options.get(wrapper.ON_FALLBACK) or on_fallback
    _refuse_program(container, was.command, mode)
    deadline = wanted.gpu_deadline or was.options.get(wrapper.GPU_DEADLINE)
    options = {
        wrapper.EXPECT_GPUS: None if expect_gpus is None else str(expect_gpus),
        wrapper.ON_FALLBACK: mode,
        wrapper.GPU_DEADLINE: deadline,
    }
    given = {key: value for key, value in options.items() if value is not None}
    return wrapper.build_wrapped(wrapper.Wrapped(given, was.added, was.command))


def with_gpus(resources: Data, gpus: int | None, name: str) -> dict[str, Any]:
    """Return the resources with `gpus` as their GPU limit, or the limit that they have. Raises InjectError for none."""
    container = {"resources": resources}
    limits = gpu_limits(container)
    if gpus is None:
        if not limits and not list_claims(container):
            raise InjectError(
                f"how many GPUs is not known: container {name} has no GPU limit",
                "say it with --gpus N, or in the manifest",
            )
        return dict(resources)
    if list_claims(container) or set(limits) - {GPU}:
        raise InjectError(
            f"container {name} asks for its GPU as {', '.join(limits) or 'a ResourceClaim'}, and --gpus means {GPU}",
            "leave --gpus out",
        )
    requests = mapping(resources, "requests")
    changed: dict[str, Any] = dict(resources)
    if GPU in requests and str(requests[GPU]) != str(gpus):
        changed["requests"] = {**requests, GPU: gpus}
    if str(limits.get(GPU)) != str(gpus):
        changed["limits"] = {**mapping(resources, "limits"), GPU: gpus}
    return changed


def count_of(container: Data) -> int | None:
    """Return the number of whole GPUs that a container limits, None for parts, shares and claims of them."""
    limits = gpu_limits(container)
    number = str(limits.get(GPU, ""))
    return int(number) if set(limits) == {GPU} and number.isascii() and number.isdecimal() else None


def _refuse_unsafe(spec: Data) -> None:
    if spec.get("hostPID") is True:
        raise InjectError(
            "the pod has hostPID: true, so the watch could not tell its processes from those of other pods",
            "take hostPID out, or put aigpu-preflight check alone into an init container by hand",
        )
    for one in items(spec, "initContainers"):
        if one.get("restartPolicy") == "Always" and (gpu_limits(one) or list_claims(one)):
            raise InjectError(
                f"the sidecar {one.get('name')} asks for a GPU: sidecars keep theirs, so another one would be proven",
                "move what needs the GPU into the main container",
            )


def _refuse_program(container: Data, command: tuple[str, ...], mode: str) -> None:
    program = command[0].rpartition("/")[2] if command else ""
    if program in NOTEBOOKS and mode == wrapper.STOP:
        raise InjectError(
            f"container {container.get('name')} runs {program}, which may sit for hours before it opens the GPU",
            "give --on-fallback warn: it reports, and does not end the notebook",
        )
    if program in LAUNCHERS and not gpu_limits(container) and not list_claims(container):
        raise InjectError(
            f"container {container.get('name')} runs {program} and has no GPU limit: it looks like a launcher",
            f"{CPU_ONLY}; where it computes itself, write the limit into the manifest",
        )


def _with_gpus(main: Data, gpus: int | None) -> dict[str, Any]:
    resources = mapping(main, "resources")
    changed = with_gpus(resources, gpus, str(main.get("name")))
    return {**main, "resources": changed} if changed != resources else dict(main)


def _guard_main(main: Data, limited: Data, wanted: Wanted, on_fallback: str) -> dict[str, Any]:
    command = wrap_command(main, wanted, on_fallback, count_of(limited))
    mounts = _with_mount(limited, read_only=True)
    return {**limited, "command": command, "volumeMounts": mounts}


def _with_init(spec: Data, main: Data, containers: list[Data], wanted: Wanted) -> list[Any]:
    others = items(spec, "initContainers")
    ours = [one for one in others if one.get("name") == wrapper.INIT_CONTAINER]
    if not ours:
        return [_build_init({}, main, containers, wanted), *others]
    return [_build_init(one, main, containers, wanted) if one is ours[0] else one for one in others]


def _build_init(existing: Data, main: Data, containers: list[Data], wanted: Wanted) -> dict[str, Any]:
    command = existing.get("command") or []
    if existing and tuple(command[: len(wrapper.CHECK)]) != wrapper.CHECK:
        raise InjectError(
            f"an init container {wrapper.INIT_CONTAINER} is there that was not written by job inject", "rename it"
        )
    image = wanted.image or existing.get("image")
    if not image:
        raise InjectError(
            "no image with the preflight is known, and there is no default one",
            "--image IMAGE, or once for all: az config set aigpu.agent_image=IMAGE",
        )
    resources = _all_gpus(main, containers)
    return {
        "name": wrapper.INIT_CONTAINER,
        "image": image,
        "command": wrapper.build_check(count_of({"resources": resources}), command),
        "resources": resources,
        "securityContext": wrapper.build_security(),
        **{key: value for key, value in existing.items() if key not in ("name", "image", "command", "resources")},
        "volumeMounts": _with_mount(existing, read_only=False),
    }


def _all_gpus(main: Data, containers: list[Data]) -> dict[str, Any]:
    """Return the main container's resources with the GPUs of all app containers.

    The pod then needs no more than before (the larger of init container and app containers counts), keeps its quality
    of service, fits a quota that wants limits, and the kubelet gives the proven GPUs on to the app containers.
    """
    resources = dict(mapping(main, "resources"))
    others = [one for one in containers if one.get("name") != main.get("name") and gpu_limits(one)]
    if not others:
        return resources
    counts = [count_of(one) for one in (main, *others)]
    if None in counts:
        raise InjectError(
            "several containers ask for GPUs, in units that cannot be added up", "write the init container by hand"
        )
    total = sum(count for count in counts if count is not None)
    kept = {key: value for key, value in mapping(resources, "requests").items() if not is_gpu_resource(key)}
    summed = {**resources, "limits": {**mapping(resources, "limits"), GPU: total}}
    return {**summed, "requests": kept} if "requests" in resources else summed


def _with_mount(container: Data, read_only: bool) -> list[Any]:
    mounts = list(container.get("volumeMounts") or [])
    for mount in items(container, "volumeMounts"):
        if str(mount.get("mountPath")).rstrip("/") == wrapper.MOUNT_PATH:
            if mount.get("name") != wrapper.VOLUME:
                raise InjectError(
                    f"container {container.get('name')} mounts another volume at {wrapper.MOUNT_PATH}",
                    "mount it elsewhere",
                )
            return mounts
    return [*mounts, wrapper.build_mount(read_only)]


def _with_volume(spec: Data) -> list[Any]:
    volumes = list(spec.get("volumes") or [])
    for volume in items(spec, "volumes"):
        if volume.get("name") == wrapper.VOLUME:
            if "emptyDir" not in volume:
                raise InjectError(f"the pod has another volume named {wrapper.VOLUME}", "rename it")
            return volumes
    return [*volumes, wrapper.build_volume()]


def _selects(key: str) -> bool:
    return key in POOL_KEYS or key in INSTANCE_TYPE_KEYS
