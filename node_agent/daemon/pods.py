"""Which pods of a GPU node leave its GPUs alone, although they asked for one, or because they asked for none. Pure.

A pod that asked for a GPU shows its use by a context in NVML's lists; an open device file would show nothing, as
cuInit alone opens one. Lists that could not be had are no list without contexts: they give UNKNOWN.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract import labels
from aigpu_contract.duration import parse_duration, render_duration
from aigpu_contract.rendering import count, printable
from node_agent.daemon.clocks import parse_time

FALLBACK = "SilentCPUFallback"
CPU_ONLY = "CPUOnlyPodOnGPUNode"
UNTOLD = "GPUUseUnknown"

GPU_RESOURCES = ("nvidia.com/gpu", "nvidia.com/gpu.shared")
MIG_PREFIX = "nvidia.com/mig-"
EXEMPT_NAMESPACES = frozenset(labels.EXEMPT_NAMESPACES)
"""Where the cluster's own parts and the GPU operators live; the reverse rule exempts the same ones."""
MIRROR = "kubernetes.io/config.mirror"
_ABOVE_ZERO = re.compile(r"[1-9]")


@dataclass(frozen=True)
class Pod:
    """A running pod, reduced. `since` is when the first of its containers with a GPU started, seconds since 1970."""

    uid: str
    namespace: str
    name: str
    gpus: int
    asks: bool
    since: float | None
    deadline_s: int | None = None
    is_exempt: bool = False

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Users:
    """The pods that have a context now, or had one before; `problem` says why some could not be told, else empty."""

    pods: frozenset[str]
    problem: str = ""


@dataclass(frozen=True)
class PodFinding:
    """What is to be said of a pod."""

    reason: str
    pod: Pod
    message: str


def parse_pods(bodies: Iterable[Mapping[str, Any]]) -> tuple[Pod, ...]:
    """Return the pods that run and are not about to end."""
    running = (body for body in bodies if (body.get("status") or {}).get("phase") == "Running")
    return tuple(_parse_pod(body) for body in running if not body["metadata"].get("deletionTimestamp"))


def judge_pods(
    pods: Iterable[Pod], users: Users, now: float, deadline_s: int, price_hour: float | None, gpus: int | None
) -> list[PodFinding]:
    """Return what is wrong with the pods' use of the GPU. `gpus` is what the node offers, `now` the server's time."""
    found = []
    for pod in pods:
        if pod.asks and pod.uid not in users.pods:
            found += _judge_asking(pod, users, now, deadline_s, _price(price_hour, pod, gpus))
        elif not pod.asks and not pod.is_exempt and pod.uid not in users.pods and not users.problem:
            message = f"pod {pod} runs on this GPU node and asks for no GPU: it can only compute on the CPU"
            found.append(PodFinding(CPU_ONLY, pod, message + ". Next: limit nvidia.com/gpu, or move it to a CPU pool"))
    return found


def _judge_asking(pod: Pod, users: Users, now: float, deadline_s: int, price: float | None) -> list[PodFinding]:
    limit = deadline_s if pod.deadline_s is None else pod.deadline_s
    if pod.since is None or limit == 0 or now - pod.since < limit:
        return []
    ran = render_duration(now - pod.since)
    if users.problem:
        return [PodFinding(UNTOLD, pod, f"whether pod {pod} uses its GPU cannot be told: {users.problem}")]
    cost = "" if price is None else f"; ${price * (now - pod.since) / 3600:.2f} so far"
    gpus = count(pod.gpus, "GPU") if pod.gpus else "its GPUs"
    message = f"pod {pod} has run for {ran} with {gpus}, and no process of it has a context{cost}"
    return [PodFinding(FALLBACK, pod, message + f". Wanted: one within {render_duration(limit)}. Next: see its log")]


def _price(price_hour: float | None, pod: Pod, gpus: int | None) -> float | None:
    """Return the price of an hour of the pod's part of the node: all of it where the part is not known."""
    if price_hour is None:
        return None
    return price_hour * min(pod.gpus, gpus) / gpus if gpus and pod.gpus else price_hour


def parse_price(text: str | None) -> float | None:
    """Return the price of the label `aigpu.io/price-hour`, None where there is none."""
    return float(text) if text and re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) else None


def _parse_pod(body: Mapping[str, Any]) -> Pod:
    metadata, spec, status = body["metadata"], body.get("spec") or {}, body.get("status") or {}
    annotations = metadata.get("annotations") or {}
    asking = {one["name"]: one for one in spec.get("containers") or () if _asks(one)}
    started = [_started(one) for one in status.get("containerStatuses") or () if one.get("name") in asking]
    known = [moment for moment in started if moment is not None]
    return Pod(
        uid=str(metadata.get("uid", "")),
        namespace=printable(str(metadata.get("namespace", ""))),
        name=printable(str(metadata.get("name", ""))),
        gpus=sum(_gpus(one) for one in asking.values()),
        asks=bool(asking),
        since=min(known, default=None),
        deadline_s=_deadline(annotations.get(labels.DEADLINE_ANNOTATION)),
        is_exempt=_is_exempt(metadata, annotations),
    )


def _asks(container: Mapping[str, Any]) -> bool:
    return bool(_limits(container)) or bool((container.get("resources") or {}).get("claims"))


def _limits(container: Mapping[str, Any]) -> dict[str, str]:
    limits = (container.get("resources") or {}).get("limits") or {}
    return {key: str(value) for key, value in limits.items() if _is_gpu(key) and _ABOVE_ZERO.search(str(value))}


def _gpus(container: Mapping[str, Any]) -> int:
    return sum(int(value) for value in _limits(container).values() if value.isascii() and value.isdecimal())


def _is_gpu(resource: str) -> bool:
    return resource in GPU_RESOURCES or resource.startswith(MIG_PREFIX)


def _started(status: Mapping[str, Any]) -> float | None:
    return parse_time(((status.get("state") or {}).get("running") or {}).get("startedAt"))


def _deadline(text: object) -> int | None:
    """Return the seconds of the annotation; one that cannot be read is none, and the agent's own deadline holds."""
    try:
        return None if text is None else parse_duration(str(text))
    except ValueError:
        return None


def _is_exempt(metadata: Mapping[str, Any], annotations: Mapping[str, str]) -> bool:
    owners = metadata.get("ownerReferences") or ()
    return (
        metadata.get("namespace") in EXEMPT_NAMESPACES
        or MIRROR in annotations
        or bool(str(annotations.get(labels.CPU_ONLY_ANNOTATION, "")).strip())
        or any(one.get("kind") == "DaemonSet" and one.get("controller") for one in owners)
    )
