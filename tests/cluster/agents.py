"""The agent's identity on a test cluster: its rights and its policy put there, and tokens of pods on nodes."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from azext_aigpu.cluster.admission import own_node_policy
from azext_aigpu.cluster.manifests.objects import build_objects
from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE, AgentSettings
from testbeds.cluster.access import Access
from testbeds.cluster.client import SERVER_SIDE_APPLY
from testbeds.cluster.cluster import Cluster, wait_until
from tests.cluster.policies import ADMISSION

RBAC = "/apis/rbac.authorization.k8s.io/v1"
IMAGE = "registry.example.com/aigpu-agent:1"
PLACES = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts",
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "ClusterRole": f"{RBAC}/clusterroles",
    "ClusterRoleBinding": f"{RBAC}/clusterrolebindings",
    "Role": RBAC + "/namespaces/{}/roles",
    "RoleBinding": RBAC + "/namespaces/{}/rolebindings",
    "ValidatingAdmissionPolicy": f"{ADMISSION}/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": f"{ADMISSION}/validatingadmissionpolicybindings",
}
"""Where the objects go that the tests put on the cluster; a DaemonSet's pods would have no kubelet to run them."""


@dataclass(frozen=True)
class Installed:
    """A cluster with the agent's rights in force."""

    cluster: Cluster
    settings: AgentSettings

    def put(self, body: dict[str, Any]) -> None:
        """Apply an object."""
        self.cluster.admin.patch(f"{place_of(body)}?fieldManager=aigpu-tests&force=true", body, SERVER_SIDE_APPLY)

    def objects(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the objects of these kinds, as they are rendered."""
        return [copy.deepcopy(one) for one in build_objects(self.settings) if one["kind"] in kinds]

    def bound_to(self, node: str) -> Access:
        """Return the agent's access as its pod on `node` has it; the pod is made when it is not there."""
        name = f"agent-{node}"
        pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
        if self.cluster.admin.send("GET", f"{pods}/{name}").status == 404:
            self.cluster.admin.post(pods, _pod(name, node))
        return self.cluster.as_service_account(NAMESPACE, AGENT, pod=name)


@contextlib.contextmanager
def installed(cluster: Cluster, settings: AgentSettings, *, with_policy: bool) -> Iterator[Installed]:
    """Put the rights on the cluster, and the policy of the own node; everything is taken away at the end."""
    found = Installed(cluster, settings)
    objects = [one for one in build_objects(settings) if one["kind"] in PLACES and _is_wanted(one, with_policy)]
    try:
        for body in objects:
            found.put(body)
        cluster.provide_default_account(NAMESPACE)
        yield found
    finally:
        for body in reversed(objects):
            cluster.admin.delete(place_of(body))
        gone = f"/api/v1/namespaces/{NAMESPACE}"
        for pod in cluster.admin.get(f"{gone}/pods")["items"]:
            cluster.admin.delete(f"{gone}/pods/{pod['metadata']['name']}", {"gracePeriodSeconds": 0})
        wait_until(lambda: cluster.admin.send("GET", gone).status == 404, f"{NAMESPACE} is still there", 60)


def place_of(body: dict[str, Any]) -> str:
    """Return the path of an object."""
    metadata = body["metadata"]
    return f"{PLACES[body['kind']].format(metadata.get('namespace', ''))}/{metadata['name']}"


def _is_wanted(body: dict[str, Any], with_policy: bool) -> bool:
    if not body["kind"].startswith("ValidatingAdmissionPolicy"):
        return True
    return with_policy and body["metadata"]["name"] == own_node_policy.NAME


def _pod(name: str, node: str) -> dict[str, Any]:
    """A pod that the namespace's Pod Security level lets in, bound to its node from the start."""
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {"name": "agent", "image": IMAGE, "securityContext": security}
    spec = {
        "serviceAccountName": AGENT,
        "nodeName": node,
        "containers": [container],
        "tolerations": [{"operator": "Exists"}],
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
