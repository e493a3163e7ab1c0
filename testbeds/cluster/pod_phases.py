"""What a kubelet would say of a pod at some moment, when it is known how its containers end. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Pod = Mapping[str, Any]


@dataclass(frozen=True)
class Ends:
    """How a container ends: its exit code, what stands in its termination log, how many seconds it ran."""

    exit_code: int = 0
    message: str = ""
    after_s: float = 0.0
    reason: str = ""
    """Empty: Completed or Error, by the exit code; OOMKilled is another."""


Script = Mapping[str, Ends]
"""How containers end, by name. One that is not in it runs for ever; an init container ends well at once."""


@dataclass(frozen=True)
class _Life:
    """A container's; in seconds since the pod was bound. `began` None: it never starts; `ended` None: it runs on."""

    container: Mapping[str, Any]
    began: float | None
    ended: float | None
    ends: Ends
    restarts: bool
    """Whether the kubelet would start it again after this end."""

    def is_over(self, now: float) -> bool:
        return self.ended is not None and self.ended <= now

    def runs(self, now: float) -> bool:
        return self.began is not None and self.began <= now and not self.is_over(now)


def build_status(pod: Pod, script: Script, bound: datetime.datetime, now: float) -> dict[str, Any]:
    """Return the status of `pod`, `now` seconds after it was bound.

    A container that would be started again is shown waiting in CrashLoopBackOff, and stays so.
    """
    inits, mains = _lives(pod, script)
    phase = _phase(inits, mains, now)
    is_ready = phase == "Running" and all(life.runs(now) for life in mains)
    initialized = all(life.began is not None and life.began <= now for life in mains)
    moment = _time(bound, now)
    conditions = {"Initialized": initialized, "ContainersReady": is_ready, "Ready": is_ready}
    return {
        "phase": phase,
        "hostIP": "192.0.2.1",
        "hostIPs": [{"ip": "192.0.2.1"}],
        "podIP": "198.51.100.1",
        "podIPs": [{"ip": "198.51.100.1"}],
        "startTime": _time(bound, 0),
        "conditions": [
            {"type": kind, "status": str(value), "lastTransitionTime": moment} for kind, value in conditions.items()
        ],
        **({"initContainerStatuses": [_container(life, bound, now) for life in inits]} if inits else {}),
        "containerStatuses": [_container(life, bound, now) for life in mains],
    }


def build_killed_status(status: Mapping[str, Any], now: datetime.datetime) -> dict[str, Any]:
    """Return what follows on `status` when the pod is deleted: what ran has ended by SIGTERM, the phase is final."""
    killed = {"exitCode": 143, "reason": "Error", "finishedAt": _time(now, 0)}

    def end(container: Mapping[str, Any]) -> dict[str, Any]:
        began = container.get("state", {}).get("running", {}).get("startedAt", killed["finishedAt"])
        ended = "terminated" in container.get("state", {})
        state = container["state"] if ended else {"terminated": {**killed, "startedAt": began}}
        return {**container, "state": state, "ready": False, "started": False}

    lists = {key: [end(one) for one in status.get(key, [])] for key in ("initContainerStatuses", "containerStatuses")}
    ready = [
        {"type": kind, "status": "False", "lastTransitionTime": _time(now, 0)} for kind in ("Ready", "ContainersReady")
    ]
    return {"phase": "Failed", "conditions": ready, **{key: value for key, value in lists.items() if value}}


def next_change(pod: Pod, script: Script, now: float) -> float | None:
    """Return when the status will be another one, in seconds since the pod was bound; None when it stays."""
    inits, mains = _lives(pod, script)
    moments = [moment for life in (*inits, *mains) for moment in (life.began, life.ended) if moment is not None]
    return min((moment for moment in moments if moment > now), default=None)


def _lives(pod: Pod, script: Script) -> tuple[list[_Life], list[_Life]]:
    """Return the lives of the init containers and of the others."""
    policy = pod["spec"].get("restartPolicy", "Always")
    inits: list[_Life] = []
    began: float | None = 0.0
    for container in pod["spec"].get("initContainers", []):
        ends = script.get(container["name"], Ends())
        is_sidecar = container.get("restartPolicy") == "Always"
        ended = None if began is None or is_sidecar else began + ends.after_s
        failed = bool(ends.exit_code) and not is_sidecar
        inits.append(_Life(container, began, ended, ends, restarts=failed and policy != "Never"))
        began = None if failed else began if is_sidecar else ended
    mains = [
        _main_life(container, script.get(container["name"]), began, policy) for container in pod["spec"]["containers"]
    ]
    if mains and all(life.ended is not None and not life.restarts for life in mains):
        over = max(life.ended or 0 for life in mains)
        inits = [life if life.ended is not None or life.began is None else _stopped(life, over) for life in inits]
    return inits, mains


def _main_life(container: Mapping[str, Any], ends: Ends | None, began: float | None, policy: str) -> _Life:
    ended = None if began is None or ends is None else began + ends.after_s
    restarts = policy == "Always" or (policy == "OnFailure" and ends is not None and ends.exit_code != 0)
    return _Life(container, began, ended, ends or Ends(), restarts)


def _stopped(sidecar: _Life, over: float) -> _Life:
    return _Life(sidecar.container, sidecar.began, over, Ends(), restarts=False)


def _phase(inits: list[_Life], mains: list[_Life], now: float) -> str:
    if any(life.is_over(now) and life.ends.exit_code and not life.restarts for life in inits):
        return "Failed"
    if not all(life.began is not None and life.began <= now for life in mains):
        return "Pending"
    if not all(life.is_over(now) and not life.restarts for life in mains):
        return "Running"
    return "Failed" if any(life.ends.exit_code for life in mains) else "Succeeded"


def _container(life: _Life, bound: datetime.datetime, now: float) -> dict[str, Any]:
    state: dict[str, Any] = {"waiting": {"reason": "PodInitializing"}}
    last: dict[str, Any] = {}
    if life.runs(now):
        state = {"running": {"startedAt": _time(bound, life.began or 0)}}
    elif life.is_over(now):
        over = {"terminated": _terminated(life, bound)}
        state, last = ({"waiting": {"reason": "CrashLoopBackOff"}}, over) if life.restarts else (over, {})
    is_init_done = life.is_over(now) and not life.ends.exit_code
    return {
        "name": life.container["name"],
        "image": life.container.get("image", ""),
        "imageID": "",
        "ready": life.runs(now) or is_init_done,
        "started": life.runs(now),
        "restartCount": 1 if last else 0,
        "state": state,
        "lastState": last,
    }


def _terminated(life: _Life, bound: datetime.datetime) -> dict[str, Any]:
    ends = life.ends
    return {
        "exitCode": ends.exit_code,
        "reason": ends.reason or ("Error" if ends.exit_code else "Completed"),
        "startedAt": _time(bound, life.began or 0),
        "finishedAt": _time(bound, life.ended or 0),
        **({"message": ends.message} if ends.message else {}),
    }


def _time(start: datetime.datetime, seconds: float) -> str:
    return (start + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
