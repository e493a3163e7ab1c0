"""An installation as the API server has it once everything is well; how tests change one thing, and review it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cluster.admission import own_node_policy, reverse_policy
from azext_aigpu.cluster.agent.coverage import parse_linux_node
from azext_aigpu.cluster.agent.installation import build_recorded
from azext_aigpu.cluster.agent.objects import Identity, Object, identity_of
from azext_aigpu.cluster.agent.review import DaemonSetFacts, parse_daemonset
from azext_aigpu.cluster.agent.rollout import AgentPod, parse_agent_pod
from azext_aigpu.cluster.agent.status import Installation, build_status, list_looked_at, review_installation
from azext_aigpu.cluster.manifests import device_plugin
from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE, AgentSettings, build_labels
from azext_aigpu.cluster.node_facts import NodeFacts

IMAGE = "registry.example.com/aigpu-agent@sha256:" + "a" * 64
SETTINGS = AgentSettings(IMAGE, mode="taint", profile="watch", device_plugin=True, enforce=True)
RBAC, ADMISSION = "rbac.authorization.k8s.io/v1", "admissionregistration.k8s.io/v1"
DAEMONSET = ("apps/v1", "DaemonSet", NAMESPACE, AGENT)
PLUGIN = ("apps/v1", "DaemonSet", NAMESPACE, device_plugin.NAME)
OWN_POLICY = (ADMISSION, "ValidatingAdmissionPolicy", "", own_node_policy.NAME)
OWN_BINDING = (ADMISSION, "ValidatingAdmissionPolicyBinding", "", own_node_policy.NAME)
REVERSE_POLICY = (ADMISSION, "ValidatingAdmissionPolicy", "", reverse_policy.NAME)
REVERSE_BINDING = (ADMISSION, "ValidatingAdmissionPolicyBinding", "", reverse_policy.NAME)
CLUSTER_ROLE = (RBAC, "ClusterRole", "", AGENT)
OWN_ROLE = (RBAC, "Role", NAMESPACE, AGENT)
COUNT = (DAEMONSET, "status")
"""Where `put` finds the numbers of the DaemonSet."""

AGAIN = "az aigpu agent install --image IMAGE"
NODES = 3
COUNTS = {
    "desiredNumberScheduled": NODES,
    "currentNumberScheduled": NODES,
    "numberReady": NODES,
    "updatedNumberScheduled": NODES,
    "numberAvailable": NODES,
    "observedGeneration": 2,
}

Change = Callable[[dict[Identity, Any]], None]


def objects(settings: AgentSettings = SETTINGS) -> dict[Identity, Any]:
    """The objects by identity, with the status that controllers write."""
    made = {identity_of(one): one for one in copy.deepcopy(build_recorded(settings))}
    for (_, kind, _, _), one in made.items():
        if kind == "DaemonSet":
            one["metadata"]["generation"] = 2
            one["status"] = dict(COUNTS)
        if kind == "ValidatingAdmissionPolicy":
            one["metadata"]["generation"] = 1
            one["status"] = {"observedGeneration": 1, "typeChecking": {}}
    return made


def pod(number: int = 0, image: str = IMAGE, **status: Any) -> dict[str, Any]:
    """A pod of the agent that runs; `status` replaces keys of its container's status."""
    digest = image.rpartition("@")[2]
    container = {"name": "agent", "imageID": f"registry.example.com/aigpu-agent@{digest}", "ready": True, **status}
    return {
        "metadata": {"name": f"aigpu-agent-{number}", "labels": build_labels()},
        "spec": {"nodeName": f"node-{number}", "containers": [{"name": "agent", "image": image}]},
        "status": {
            "phase": "Running",
            "containerStatuses": [container],
            "conditions": [{"type": "Ready", "status": "True" if container["ready"] else "False"}],
        },
    }


def node(number: int = 0, gpus: str | None = "1", **metadata: Any) -> NodeFacts:
    """A node as it is read."""
    parsed = parse_linux_node(node_body(number, gpus, **metadata))
    assert parsed is not None
    return parsed


def node_body(number: int = 0, gpus: str | None = "1", **metadata: Any) -> dict[str, Any]:
    """A node with a T4; `metadata` replaces parts of it."""
    own = {"node.kubernetes.io/instance-type": "Standard_NC4as_T4_v3", "aigpu.io/sku": "Standard_NC4as_T4_v3"}
    taints = metadata.pop("taints", [])
    return {
        "metadata": {"name": f"node-{number}", "labels": own, **metadata},
        "spec": {"taints": [{"key": one, "effect": "NoSchedule"} if isinstance(one, str) else one for one in taints]},
        "status": {"allocatable": {} if gpus is None else {"nvidia.com/gpu": gpus}},
    }


def pods(*bodies: dict[str, Any]) -> Reading[list[AgentPod]]:
    """Pods as they are read."""
    parsed = [parse_agent_pod(body) for body in bodies or [pod(number) for number in range(NODES)]]
    return Known([one for one in parsed if one is not None])


def installation(change: Change | None = None, settings: AgentSettings = SETTINGS, **parts: Any) -> Installation:
    """An installation of `settings` on three nodes, with `change` made to its objects."""
    there = objects(settings)
    if change is not None:
        change(there)
    agent = there[DAEMONSET]
    seen: dict[Identity, Reading[Object | None]] = {
        identity_of(one): Known(there.get(identity_of(one))) for one in list_looked_at(settings)
    }
    for identity, one in there.items():
        seen[identity] = one if isinstance(one, Unknown) else Known(one)
    plugins: list[DaemonSetFacts] = [parse_daemonset(objects(settings)[PLUGIN])] if settings.device_plugin else []
    given: dict[str, Any] = {
        "agent": agent,
        "settings": settings,
        "record": Known(settings),
        "objects": seen,
        "pods": pods(),
        "daemonsets": Known(plugins),
        "nodes": Known([node(number) for number in range(NODES)]),
    }
    return Installation(**{**given, **parts})


def review(found: Installation) -> tuple[Finding, ...]:
    """Return the findings; the way back is AGAIN."""
    return review_installation(found, AGAIN)


def status_of(found: Installation) -> dict[str, Any]:
    """Return what `agent status` prints."""
    return build_status(found, review(found))


def put(identity: Identity, *path: Any, value: Any) -> Change:
    """A change that sets what is at `path` of an object."""

    def change(objects: dict[Identity, Any]) -> None:
        place = objects[identity]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


def without(identity: Identity) -> Change:
    """A change after which the object is not there."""
    return lambda objects: objects.update({identity: None})


def unread(identity: Identity) -> Change:
    """A change after which the object cannot be read."""
    return lambda objects: objects.update({identity: Unknown("User 'bob' may not get it")})
