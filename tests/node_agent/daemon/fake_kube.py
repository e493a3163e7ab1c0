"""An API server in a dictionary, behind the agent's own protocol: what is written stands, and writes can be cut off."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from node_agent.daemon.kube import Body, KubeError, RefusedError
from node_agent.daemon.node import Node, Taint, parse_node

CREATED = "2026-11-23T10:00:00Z"


class CrashError(BaseException):
    """The process is gone: nothing may catch this."""


@dataclass
class FakeKube:
    """`before` is called with the name of each call and may raise; `writes` are the calls that wrote, in order.

    `cached` is the Node as a cache that lags has it, None where the cache has the newest.
    """

    node: dict[str, Any]
    others: list[dict[str, Any]] = field(default_factory=list)
    leases: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    intent: dict[str, str] | None = None
    pods: list[dict[str, Any]] = field(default_factory=list)
    cached: dict[str, Any] | None = None
    before: Callable[[str], None] = lambda _: None
    writes: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        self.before(name)

    def _write(self, name: str) -> None:
        self._call(name)
        self.writes.append(name)

    def _written(self) -> Node:
        self.node["metadata"]["resourceVersion"] = str(int(self.node["metadata"]["resourceVersion"]) + 1)
        return parse_node(copy.deepcopy(self.node))

    def read_node(self, *, newest: bool = False) -> Node:
        self._call("read_node")
        return parse_node(copy.deepcopy(self.node if newest or self.cached is None else self.cached))

    def patch_status(self, body: Body) -> Node:
        self._write("patch_status")
        for kind in ("labels", "annotations"):
            merge(self.node["metadata"].setdefault(kind, {}), (body.get("metadata") or {}).get(kind) or {})
        conditions = {one["type"]: one for one in self.node["status"]["conditions"]}
        conditions.update({one["type"]: dict(one) for one in (body.get("status") or {}).get("conditions") or ()})
        self.node["status"]["conditions"] = list(conditions.values())
        return self._written()

    def patch_taints(self, taints: Sequence[Taint], version: str) -> Node:
        if version != self.node["metadata"]["resourceVersion"]:
            raise RefusedError(409, "Conflict", "the object has been modified")
        self._write("patch_taints")
        self.node["spec"]["taints"] = [dict(taint) for taint in taints]
        return self._written()

    def list_nodes(self, selector: Mapping[str, str | None]) -> Sequence[Node]:
        self._call("list_nodes")
        every = [self.node, *self.others]
        return [parse_node(one) for one in every if is_selected(one["metadata"]["labels"], selector)]

    def read_lease(self, name: str) -> Body | None:
        self._call("read_lease")
        return copy.deepcopy(self.leases.get(name))

    def create_lease(self, body: Body) -> None:
        name = body["metadata"]["name"]
        if name in self.leases:
            raise RefusedError(409, "AlreadyExists", "it is there already")
        self._write("create_lease")
        self.leases[name] = copy.deepcopy({**body, "metadata": {**body["metadata"], "resourceVersion": "1"}})

    def patch_lease(self, name: str, body: Body) -> None:
        if name not in self.leases:
            self._call("patch_lease")
            raise RefusedError(404, "NotFound", "there is none")
        metadata = self.leases[name]["metadata"]
        wanted = (body.get("metadata") or {}).get("resourceVersion")
        if wanted not in (None, metadata["resourceVersion"]):
            raise RefusedError(409, "Conflict", "the object has been modified")
        self._write("patch_lease")
        merge(self.leases[name]["spec"], body["spec"])
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)

    def create_event(self, body: Body) -> None:
        self._write("create_event")
        self.events[body["metadata"]["name"]] = copy.deepcopy(dict(body))

    def patch_event(self, name: str, body: Body) -> None:
        if name not in self.events:
            raise RefusedError(404, "NotFound", "events live for an hour")
        self._write("patch_event")
        self.events[name].update(body)

    def read_intent(self, name: str) -> Mapping[str, str] | None:
        del name
        self._call("read_intent")
        return self.intent

    def list_pods(self) -> Sequence[Body]:
        self._call("list_pods")
        return copy.deepcopy(self.pods)

    @property
    def condition(self) -> dict[str, Any] | None:
        """The agent's condition as it stands."""
        return next((one for one in self.node["status"]["conditions"] if one["type"] == "aigpu.io/GPUReady"), None)

    @property
    def status(self) -> str:
        """Status and reason of the condition."""
        return "" if self.condition is None else "{status} {reason}".format(**self.condition)

    @property
    def taint_keys(self) -> list[str]:
        """The taints that stand, by the last part of their keys."""
        return [taint["key"].rpartition("/")[2] for taint in self.node["spec"].get("taints") or ()]


def merge(into: dict[str, Any], given: Mapping[str, Any]) -> None:
    for key, value in given.items():
        if value is None:
            into.pop(key, None)
        else:
            into[key] = value


def is_selected(labels: Mapping[str, str], selector: Mapping[str, str | None]) -> bool:
    return all(labels.get(key) == value for key, value in selector.items())


def node_body(name: str = "gpu-0", gpus: int = 2, **changes: Any) -> dict[str, Any]:
    """A Node of a pool of A100s, as the API server gives it."""
    labels = {
        "agentpool": "gpu1",
        "aigpu.io/sku": "Standard_NC48ads_A100_v4",
        "aigpu.io/gpu-model": "a100-80gb",
        "aigpu.io/gpu-count": str(gpus),
        "aigpu.io/resource": "gpu",
        "aigpu.io/resource-count": str(gpus),
        "node.kubernetes.io/instance-type": "Standard_NC48ads_A100_v4",
    }
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-of-{name}",
            "resourceVersion": "7",
            "creationTimestamp": CREATED,
            "labels": labels,
            "annotations": {},
        },
        "spec": {"taints": []},
        "status": {
            "allocatable": {"cpu": "47810m", "memory": "430Gi", "nvidia.com/gpu": str(gpus)},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": ""}],
        },
        **changes,
    }


def refuse_all(_: str) -> None:
    """For `before`: the API server is away."""
    raise KubeError("the API server gave no answer: connection refused")


def crash_at(write: int) -> Callable[[str], None]:
    """For `before`: the process is gone when it is about to write for the `write`th time, counted from 0."""
    left = [write]

    def stop(name: str) -> None:
        if name.startswith(("patch_", "create_")):
            if left[0] == 0:
                raise CrashError
            left[0] -= 1

    return stop
