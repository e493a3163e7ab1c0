"""The agent's rights on a real API server: its own client's calls go through, and each verb taken away stops one."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from azext_aigpu.cluster.manifests.rbac import build_roles
from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE, OBSERVE, TAINT, WATCH, AgentSettings
from node_agent.daemon.clocks import ServerTime
from node_agent.daemon.kube import Kube, KubeError, RefusedError
from node_agent.daemon.kube_lightkube import LightkubeKube, read_config
from testbeds.cluster.client import Client
from testbeds.cluster.cluster import Cluster, wait_until
from tests.cluster.agents import IMAGE, RBAC, Installed, installed

if TYPE_CHECKING:
    from tests.cluster.conftest import MakeNode

pytestmark = pytest.mark.cluster

FULL = AgentSettings(IMAGE, mode=TAINT, profile=WATCH)
READY = {"type": "aigpu.io/GPUReady", "status": "True", "reason": "GPUsProven", "message": "proven"}


def _put_lease(kube: Kube, name: str) -> None:
    try:
        kube.create_lease({"metadata": {"name": name}, "spec": {}})
    except RefusedError as refused:
        if refused.code != 409:
            raise


def _put_event(kube: Kube, node: str) -> None:
    about = {"apiVersion": "v1", "kind": "Node", "name": node}
    kube.create_event({"metadata": {"generateName": "e-", "namespace": "default"}, "involvedObject": about})


def _must_exist(found: Any) -> None:
    # The client takes 404 and 403 apart; a ConfigMap that nobody made is no failure.
    assert found is None or isinstance(found, Mapping)


CALLS: Mapping[str, Callable[[Kube, str], Any]] = {
    "get nodes": lambda kube, _: kube.read_node(newest=True),
    "list nodes": lambda kube, _: kube.list_nodes({"agentpool": "gpu"}),
    "patch nodes": lambda kube, _: kube.patch_taints([], kube.read_node(newest=True).version),
    "patch nodes/status": lambda kube, _: kube.patch_status({"status": {"conditions": [READY]}}),
    "list pods": lambda kube, _: kube.list_pods(),
    "get configmaps": lambda kube, _: _must_exist(kube.read_intent("aigpu-intent")),
    "get leases": lambda kube, node: kube.read_lease(node),
    "create leases": lambda kube, node: kube.create_lease({"metadata": {"name": f"{node}-{time.time_ns()}"}}),
    "patch leases": lambda kube, node: kube.patch_lease(node, {"spec": {"leaseDurationSeconds": 60}}),
    "create events": _put_event,
    "patch events": lambda kube, _: kube.patch_event("known", {"count": 2}),
}
"""Right to the call of the agent's client that needs it."""


class Agent:
    """The agent's client on a node of the test, and the roles that are in force for it."""

    def __init__(self, found: Installed, node: str) -> None:
        self.found = found
        self.node = node
        config = read_config(str(found.cluster.kubeconfig(found.bound_to(node))))
        self.kube = LightkubeKube(config, node, NAMESPACE, ServerTime(), sleep=lambda _: None)

    def may(self, right: str) -> bool:
        try:
            CALLS[right](self.kube, self.node)
        except RefusedError as refused:
            if refused.code == 403:
                return False
            raise
        return True

    def take_away(self, right: str) -> None:
        verb, _, resource = right.partition(" ")
        for role in self.found.objects("ClusterRole", "Role"):
            for rule in role["rules"]:
                if rule["resources"] == [resource]:
                    rule["verbs"] = [one for one in rule["verbs"] if one != verb]
            role["rules"] = [rule for rule in role["rules"] if rule["verbs"]]
            self.found.put(role)

    def give_all(self) -> None:
        for role in self.found.objects("ClusterRole", "Role"):
            self.found.put(role)


@pytest.fixture(scope="module")
def rights(cluster: Cluster) -> Iterator[Installed]:
    with installed(cluster, FULL, with_policy=False) as found:
        yield found


@pytest.fixture
def agent(rights: Installed, make_node: MakeNode) -> Iterator[Agent]:
    found = Agent(rights, make_node())
    found.give_all()
    about = {"apiVersion": "v1", "kind": "Node", "name": found.node}
    admin = rights.cluster.admin
    admin.send("POST", "/api/v1/namespaces/default/events", {"metadata": {"name": "known"}, "involvedObject": about})
    wait_until(lambda: found.may("list pods"), "the rights are not in force")
    _put_lease(found.kube, found.node)
    yield found
    found.give_all()
    admin.delete("/api/v1/namespaces/default/events/known")
    found.kube.close()


def rendered_rights() -> list[str]:
    rules = [rule for role in build_roles(FULL) for rule in role["rules"]]
    return [f"{verb} {rule['resources'][0]}" for rule in rules for verb in rule["verbs"]]


def test_every_right_that_is_rendered_has_a_call_that_needs_it() -> None:
    assert sorted(rendered_rights()) == sorted(CALLS)


def test_with_its_rights_every_call_of_the_agent_goes_through(agent: Agent) -> None:
    assert {right: agent.may(right) for right in CALLS} == dict.fromkeys(CALLS, True)


@pytest.mark.parametrize("right", CALLS, ids=lambda right: right.replace(" ", "-").replace("/", "-"))
def test_without_one_right_just_its_call_is_refused(agent: Agent, right: str) -> None:
    agent.take_away(right)
    wait_until(lambda: not agent.may(right), f"{right} still goes through", 10)

    # Patching taints starts by reading the node.
    others = [one for one in CALLS if one != right and not (right == "get nodes" and one == "patch nodes")]
    assert {one: agent.may(one) for one in others} == dict.fromkeys(others, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/v1/nodes/{node}"),
        ("PUT", "/api/v1/nodes/{node}/status"),
        ("POST", "/api/v1/nodes"),
        ("GET", "/api/v1/namespaces/default/pods/x"),
        ("DELETE", "/api/v1/namespaces/default/pods/x"),
        ("POST", "/api/v1/namespaces/default/pods/x/eviction"),
        ("POST", "/api/v1/namespaces/default/pods"),
        ("GET", "/api/v1/namespaces/aigpu-system/secrets"),
        ("GET", "/api/v1/namespaces/aigpu-system/configmaps/kube-root-ca.crt"),
        ("PATCH", "/api/v1/namespaces/aigpu-system/configmaps/aigpu-intent"),
        ("DELETE", "/apis/coordination.k8s.io/v1/namespaces/aigpu-system/leases/{node}"),
        ("PATCH", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}"),
        ("POST", "/api/v1/namespaces/kube-system/events"),
        ("PATCH", f"{RBAC}/clusterroles/aigpu-agent"),
        ("PATCH", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/aigpu-agent-own-node"),
    ],
)
def test_what_no_agent_needs_is_refused(agent: Agent, method: str, path: str) -> None:
    with contextlib.closing(Client(agent.found.bound_to(agent.node))) as asked:
        answer = asked.send(method, path.format(node=agent.node), {} if method != "GET" else None)

    assert answer.status == 403, answer.message


class TestLesserRights:
    """What is not asked for is not given."""

    @pytest.mark.parametrize(
        ("settings", "lacking"),
        [
            pytest.param(AgentSettings(IMAGE), {"list pods"}, id="base"),
            pytest.param(
                AgentSettings(IMAGE, mode=OBSERVE), set(CALLS) - {"get nodes", "get configmaps"}, id="observe"
            ),
        ],
    )
    def test_the_rights_of_a_mode(self, settings: AgentSettings, lacking: set[str]) -> None:
        rules = [rule for role in build_roles(settings) for rule in role["rules"]]

        given = {f"{verb} {rule['resources'][0]}" for rule in rules for verb in rule["verbs"]}

        assert given == set(CALLS) - lacking

    def test_an_agent_that_observes_can_write_nothing(self, rights: Installed, make_node: MakeNode) -> None:
        agent = Agent(rights, make_node())
        observing = {one["metadata"].get("namespace"): one for one in build_roles(AgentSettings(IMAGE, mode=OBSERVE))}
        for role in rights.objects("ClusterRole", "Role"):
            kept = copy.deepcopy(observing.get(role["metadata"].get("namespace")))
            rights.put({**role, "rules": kept["rules"] if kept else []})
        wait_until(lambda: not agent.may("create events"), "events still go through", 10)
        try:
            writes = [right for right in CALLS if right.split()[0] in ("create", "patch")]
            assert {right: agent.may(right) for right in writes} == dict.fromkeys(writes, False)
            assert agent.may("get nodes")
        finally:
            agent.give_all()
            agent.kube.close()


def test_nobody_else_gets_the_rights(rights: Installed, make_node: MakeNode) -> None:
    node = make_node()
    with contextlib.closing(Client(rights.cluster.as_service_account(NAMESPACE, "default"))) as stranger:
        answer = stranger.send("GET", f"/api/v1/nodes/{node}")

    assert answer.status == 403
    assert AGENT not in answer.message


def test_a_call_that_fails_is_told_apart_from_one_that_is_refused(agent: Agent) -> None:
    with pytest.raises(KubeError):
        agent.kube.patch_lease("no-such-lease", {"spec": {}})
