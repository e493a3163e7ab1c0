"""Puts the admission policies on a test cluster, for the namespaces of one test module and nobody else's."""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from azext_aigpu.cluster.admission import reverse_policy
from azext_aigpu.cluster.admission.reverse_rule import GpuPools
from testbeds.cluster.client import SERVER_SIDE_APPLY, Answer
from testbeds.cluster.cluster import Cluster, wait_until
from tests.cluster.workloads import crd, path_of, pod, story

ADMISSION = "/apis/admissionregistration.k8s.io/v1"
POOLS = GpuPools(names=frozenset({"gpua100"}))
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
OPERATORS = (("kubeflow.org", "v1", "PyTorchJob"), ("jobset.x-k8s.io", "v1alpha2", "JobSet"))


@dataclass(frozen=True)
class Guarded:
    """A cluster with the policy in force in `namespace`, and in the exempt namespaces as far as the binding lets it."""

    cluster: Cluster
    namespace: str

    def create(self, body: dict[str, Any], namespace: str | None = None, *, dry_run: bool = True) -> Answer:
        """Create an object as the administrator; by default nothing is kept."""
        query = "?dryRun=All" if dry_run else ""
        return self.cluster.admin.send("POST", path_of(body, namespace or self.namespace) + query, body)


@contextlib.contextmanager
def operators(cluster: Cluster) -> Iterator[None]:
    """Have the API server serve the kinds of the training operators; where it did not, it no longer does afterwards."""
    with contextlib.ExitStack() as stack:
        for group, version, kind in OPERATORS:
            definition = crd(group, version, kind)
            path = f"/apis/{group}/{version}"
            if cluster.admin.send("GET", f"{CRDS}/{definition['metadata']['name']}").status == 404:
                stack.callback(wait_until, functools.partial(_is_gone, cluster, path), f"{kind} is still served")
            stack.enter_context(_made(cluster, CRDS, definition))
            wait_until(functools.partial(_is_served, cluster, kind, path), f"{kind} is not served")
        yield


@contextlib.contextmanager
def guarded(
    cluster: Cluster, pools: GpuPools, *, enforce: bool = True, beside: Sequence[str] = ("kube-system",)
) -> Iterator[Guarded]:
    """Put the reverse rule in force in a namespace of its own and, by the binding's own exemptions, in `beside`."""
    with cluster.namespace("guarded") as namespace, contextlib.ExitStack() as stack:
        stack.enter_context(operators(cluster))
        name = f"{reverse_policy.NAME}-{namespace}"
        policy = copy.deepcopy(reverse_policy.build_policy(pools))
        binding = copy.deepcopy(reverse_policy.build_binding(enforce))
        policy["metadata"]["name"] = binding["metadata"]["name"] = binding["spec"]["policyName"] = name
        here = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": [namespace, *beside]}
        binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"].append(here)
        stack.enter_context(_made(cluster, f"{ADMISSION}/validatingadmissionpolicies", policy))
        stack.enter_context(_made(cluster, f"{ADMISSION}/validatingadmissionpolicybindings", binding))
        found = Guarded(cluster, namespace)
        wait_until(lambda: _is_in_force(found), "the policy is not in force")
        yield found


def type_check(cluster: Cluster, name: str) -> Any:
    """Return what the API server's type checker says about a policy, once it has looked."""
    path = f"{ADMISSION}/validatingadmissionpolicies/{name}"
    wait_until(lambda: "typeChecking" in cluster.admin.get(path).get("status", {}), "the policy was not type checked")
    return cluster.admin.get(path)["status"]["typeChecking"]


@contextlib.contextmanager
def _made(cluster: Cluster, path: str, body: dict[str, Any]) -> Iterator[None]:
    place = f"{path}/{body['metadata']['name']}"
    existed = cluster.admin.send("GET", place).status == 200
    if not existed:
        cluster.admin.patch(f"{place}?fieldManager=aigpu-tests&force=true", body, SERVER_SIDE_APPLY)
    try:
        yield
    finally:
        if not existed:
            cluster.admin.delete(place)


def _is_served(cluster: Cluster, kind: str, path: str) -> bool:
    """Whether objects are served, and discovery says so, without which kubectl does not find them."""
    answer = cluster.admin.send("GET", path)
    named = answer.status == 200 and kind in {one["kind"] for one in answer.body["resources"]}
    return named and cluster.admin.send("GET", path_of({"kind": kind}, "default")).status == 200


def _is_gone(cluster: Cluster, path: str) -> bool:
    return cluster.admin.send("GET", path).status == 404


def _is_in_force(found: Guarded) -> bool:
    answer = found.create(pod(story()))
    return answer.status == 403 or "warning" in answer.headers
