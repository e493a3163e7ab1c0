"""Fake kubelets: nodes that stay Ready and pods that run, without a machine or a container.

    with FakeNodes(cluster) as nodes:
        nodes.add(FakeNode("gpu-0", gpus=8))
        nodes.script({"job-name": "train"}, {"main": Ends(78, "no CUDA")})

One thread watches the pods of all nodes, one keeps the time, a few send. Thousands of nodes cost what their requests
cost.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import heapq
import http.client
import itertools
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any

from testbeds.cluster.client import STRATEGIC_MERGE, Client, RefusedError
from testbeds.cluster.cluster import Cluster
from testbeds.cluster.node_body import LEASE_NAMESPACE, FakeNode, build_lease, build_node, micro_time
from testbeds.cluster.pod_phases import Script, build_killed_status, build_status, next_change

if TYPE_CHECKING:
    from typing_extensions import Self

RENEW_S = 10.0
"""How often a kubelet renews its Lease."""
LATE_S = 35.0
"""The controller-manager gives a node up after 40 s (50 s since Kubernetes 1.32) without a renewal."""
SENDERS = 4
WATCH_S = 300
AWAY_S = 0.2
_LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{LEASE_NAMESPACE}/leases"


class FakeNodes:
    """The kubelets of any number of nodes. A context manager: the nodes and their pods go at the end.

    Two cores bear about 100 renewals a second beside everything else: more than 1,000 nodes want a longer
    `renew_every_s`, and a cluster whose `Tuning.node_monitor_grace_s` is some four times that. None makes no Leases:
    the controllers then take the nodes for dead after their grace period.
    """

    def __init__(self, cluster: Cluster, *, renew_every_s: float | None = RENEW_S) -> None:
        self._client = Client(cluster.access)
        self._labels = cluster.own_labels
        self._renew_every_s = renew_every_s
        self._lock = threading.Lock()
        self._kubelets: dict[str, _Kubelet] = {}
        self._pods: dict[str, _BoundPod] = {}
        self._scripts: list[tuple[Mapping[str, str], Script]] = []
        self._alarms = _Alarms()
        self._watcher = threading.Thread(target=self._watch, name="fake-kubelets", daemon=True)

    def __enter__(self) -> Self:
        self._alarms.start()
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove(*self._kubelets)
        self._alarms.stop()
        self._client.close()
        self._watcher.join()

    def add(self, *nodes: FakeNode) -> None:
        """Register nodes, a few at a time. Raises RefusedError where the server refuses one."""
        self._alarms.run_all(self._register, nodes)

    def remove(self, *names: str) -> None:
        """Delete nodes, their Leases and their pods."""
        gone = set(names)
        with self._lock:
            for name in gone:
                self._kubelets.pop(name, None)
            pods = [bound.pod for bound in self._pods.values() if bound.pod["spec"]["nodeName"] in gone]
        self._alarms.run_all(self._unregister, names)
        self._alarms.run_all(self._delete, pods)

    def silence(self, name: str) -> None:
        """Renew the node's Lease no more, as if the machine hung."""
        self._kubelets[name].is_silent = True

    def speak(self, name: str) -> None:
        """Renew the node's Lease again, and say that the node is Ready."""
        self._kubelets[name].is_silent = False
        if self._renew_every_s is not None:
            self._renew(name)
        self._say_ready(name)

    def script(self, labels: Mapping[str, str], script: Script) -> None:
        """Have the containers of pods with these labels end so, of those that run already too; the latest one counts.

        `after_s` counts from the start of the container.
        """
        with self._lock:
            self._scripts.append((labels, script))
            known = list(self._pods)
        for uid in known:
            self._alarms.at(0, functools.partial(self._report, uid))

    def _register(self, node: FakeNode) -> None:
        kubelet = self._kubelets[node.name] = _Kubelet()  # before the first pod can be bound to it
        made = self._client.post("/api/v1/nodes", build_node(node, _now(), self._labels))
        if self._renew_every_s is not None:
            kubelet.lease = self._client.post(_LEASES, build_lease(made, _now()))
            kubelet.renewed = time.monotonic()
            self._alarms.at(self._renew_every_s, lambda: self._keep_renewing(node.name))

    def _unregister(self, name: str) -> None:
        self._client.delete(f"/api/v1/nodes/{name}")
        if self._renew_every_s is not None:
            self._client.delete(f"{_LEASES}/{name}")

    def _keep_renewing(self, name: str) -> None:
        kubelet = self._kubelets.get(name)
        if kubelet is None or self._renew_every_s is None:
            return
        if not kubelet.is_silent:
            with contextlib.suppress(OSError, http.client.HTTPException):
                was_late = time.monotonic() - kubelet.renewed > LATE_S
                self._renew(name)
                if was_late:
                    self._say_ready(name)  # it may count as dead by now
        self._alarms.at(self._renew_every_s, lambda: self._keep_renewing(name))

    def _renew(self, name: str) -> None:
        kubelet = self._kubelets[name]
        lease = {**kubelet.lease, "spec": {**kubelet.lease["spec"], "renewTime": micro_time(_now())}}
        answer = self._client.send("PUT", f"{_LEASES}/{name}", lease)
        if answer.status == 200:
            kubelet.renewed = time.monotonic()
        elif answer.status == 409:
            answer = self._client.send("GET", f"{_LEASES}/{name}")
        if answer.status == 200:
            kubelet.lease = answer.body

    def _say_ready(self, name: str) -> None:
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "KubeletReady"}
        self._client.send("PATCH", f"/api/v1/nodes/{name}/status", {"status": {"conditions": [ready]}}, STRATEGIC_MERGE)

    def _watch(self) -> None:
        bound = {"fieldSelector": "spec.nodeName!="}
        while not self._alarms.stopped.wait(AWAY_S):
            with contextlib.suppress(OSError, ValueError, http.client.HTTPException, RefusedError):
                found = self._client.get("/api/v1/pods", **bound)
                for pod in found["items"]:
                    self._see("MODIFIED", pod)
                version = found["metadata"]["resourceVersion"]
                for event in self._client.watch("/api/v1/pods", WATCH_S, resourceVersion=version, **bound):
                    if event["type"] == "ERROR" or self._alarms.stopped.is_set():
                        break
                    self._see(event["type"], event["object"])

    def _see(self, kind: str, pod: dict[str, Any]) -> None:
        uid = pod["metadata"]["uid"]
        if pod["spec"].get("nodeName") not in self._kubelets:
            return
        with self._lock:
            known = self._pods.get(uid)
            if kind == "DELETED":
                self._pods.pop(uid, None)
                return
            bound = self._pods[uid] = known or _BoundPod(pod, _now(), time.monotonic())
            bound.pod = pod
        if "deletionTimestamp" in pod["metadata"]:
            if not bound.ending:
                bound.ending = True
                self._alarms.at(0, lambda: self._end(pod))
        elif known is None:
            self._alarms.at(0, lambda: self._report(uid))

    def _report(self, uid: str) -> None:
        """Say how far the pod is, and come again when that changes."""
        with self._lock:
            bound = self._pods.get(uid)
            scripts = list(self._scripts)
        if bound is None or bound.ending:
            return
        labels = bound.pod["metadata"].get("labels", {}).items()
        script = next((s for wanted, s in reversed(scripts) if wanted.items() <= labels), {})
        age = time.monotonic() - bound.since
        if not self._patch_status(bound.pod, build_status(bound.pod, script, bound.at, age)):
            self._alarms.at(1, lambda: self._report(uid))
            return
        change = next_change(bound.pod, script, age)
        if change is not None:
            self._alarms.at(change - age, lambda: self._report(uid))

    def _end(self, pod: dict[str, Any]) -> None:
        """Confirm the deletion, as a kubelet does once the containers have ended."""
        if pod["status"].get("phase") not in ("Succeeded", "Failed"):
            self._patch_status(pod, build_killed_status(pod["status"], _now()))
        try:
            self._delete(pod)
        except (OSError, http.client.HTTPException):
            self._alarms.at(1, lambda: self._end(pod))
        except RefusedError:
            pass  # it is another pod by now

    def _patch_status(self, pod: dict[str, Any], status: dict[str, Any]) -> bool:
        body = {"metadata": {"uid": pod["metadata"]["uid"]}, "status": status}
        try:
            answer = self._client.send("PATCH", f"{_pod_path(pod)}/status", body, STRATEGIC_MERGE)
        except (OSError, http.client.HTTPException):
            return False
        return answer.status in (200, 404, 409)  # 404 and 409: it is another pod by now, or none

    def _delete(self, pod: dict[str, Any]) -> None:
        self._client.delete(_pod_path(pod), {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}})


@dataclass
class _Kubelet:
    """What a kubelet remembers of its node: the Lease as last answered, and when it was renewed, on the clock."""

    lease: dict[str, Any] = field(default_factory=dict)
    renewed: float = 0.0
    is_silent: bool = False


@dataclass
class _BoundPod:
    """A pod on one of our nodes, and since when: by the calendar and by the clock."""

    pod: dict[str, Any]
    at: datetime.datetime
    since: float
    ending: bool = False


class _Alarms:
    """Runs calls at their time, in a few threads."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._pool = ThreadPoolExecutor(SENDERS, "fake-kubelets")
        self._bulk = ThreadPoolExecutor(SENDERS, "fake-kubelets-bulk")  # renewals must not wait behind it
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._clock = threading.Thread(target=self._run, name="fake-kubelets-clock", daemon=True)

    def start(self) -> None:
        self._clock.start()

    def stop(self) -> None:
        self.stopped.set()
        with self._changed:
            self._changed.notify()
        self._clock.join()
        self._pool.shutdown(cancel_futures=True)
        self._bulk.shutdown(cancel_futures=True)

    def at(self, seconds: float, call: Callable[[], None]) -> None:
        """Make the call `seconds` from now."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), call))
            self._changed.notify()

    def run_all(self, call: Callable[[Any], None], values: Iterable[Any]) -> None:
        """Call with each value now, a few at a time, and wait for the end. Raises what one of the calls raises."""
        for _ in self._bulk.map(call, values):
            pass

    def _run(self) -> None:
        while not self.stopped.is_set():
            with self._changed:
                now = time.monotonic()
                if not self._due or self._due[0][0] > now:
                    self._changed.wait(self._due[0][0] - now if self._due else None)
                    continue
                call = heapq.heappop(self._due)[2]
            self._pool.submit(call).add_done_callback(_show_error)


def _show_error(future: Future[None]) -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None:
        traceback.print_exception(error)


def _pod_path(pod: Mapping[str, Any]) -> str:
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
