"""The policy `aigpu-agent-own-node` on a real API server: one test for each thing that the agent may not write.

The agent has more than its rights here: all that RBAC could give it. What is refused, the policy alone refuses.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from aigpu_contract.labels import CONDITION_TYPE, DRIVER, PROOF_ANNOTATION, STARTUP_TAINT_KEY, STATUS_TAINT_KEY
from azext_aigpu.cluster.admission import own_node_policy
from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE, TAINT, AgentSettings
from node_agent.daemon import budget
from node_agent.daemon.clocks import ServerTime
from node_agent.daemon.faults import Faults
from node_agent.daemon.kube_lightkube import LightkubeKube, read_config
from node_agent.daemon.node import Condition, parse_node
from node_agent.daemon.reporters.condition import Report, apply_condition, apply_faults
from node_agent.daemon.reporters.event import Event, Events
from node_agent.daemon.reporters.heartbeat import apply_heartbeat
from node_agent.daemon.taints import Wanted, build_taints
from testbeds.cluster.client import JSON, JSON_MERGE, JSON_PATCH, SERVER_SIDE_APPLY, STRATEGIC_MERGE, Answer, Client
from testbeds.cluster.cluster import Cluster, wait_until
from tests.cluster.agents import IMAGE, Installed, installed
from tests.cluster.policies import type_check

if TYPE_CHECKING:
    from tests.cluster.conftest import MakeNode

pytestmark = pytest.mark.cluster

LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
EVENTS = "/api/v1/namespaces/default/events"
OURS = {"type": CONDITION_TYPE, "status": "True", "reason": "GPUsProven", "message": "proven"}
FOREIGN_TAINT = {"key": "sku", "value": "gpu", "effect": "NoSchedule"}


@dataclass(frozen=True)
class Agent:
    """The agent on `node`, with a node of somebody else beside it."""

    found: Installed
    client: Client
    node: str
    other: str

    @property
    def admin(self) -> Client:
        return self.found.cluster.admin

    def patch(self, body: Any, path: str = "", kind: str = STRATEGIC_MERGE, node: str | None = None) -> Answer:
        """Patch a node (default: its own), or its subresource `path`."""
        return self.client.send("PATCH", f"/api/v1/nodes/{node or self.node}{path}", body, kind)

    def stored(self) -> Any:
        return self.admin.get(f"/api/v1/nodes/{self.node}")


@pytest.fixture(scope="module")
def everything(cluster: Cluster) -> Iterator[Installed]:
    with installed(cluster, AgentSettings(IMAGE, mode=TAINT), with_policy=True) as found:
        for role in found.objects("ClusterRole", "Role"):
            found.put({**role, "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]})
        yield found


@pytest.fixture
def agent(everything: Installed, make_node: MakeNode) -> Iterator[Agent]:
    labels = {"aigpu.io/sku": "Standard_NC24ads_A100_v4", "agentpool": "gpu"}
    node = make_node(gpus=1, labels=labels, annotations={"volumes.kubernetes.io/x": "1"}, taints=[FOREIGN_TAINT])
    found = Agent(everything, Client(everything.bound_to(node)), node, make_node(gpus=1))
    wait_until(lambda: found.client.send("GET", f"/api/v1/nodes/{node}").status == 200, "the rights are not in force")
    wait_until(lambda: is_refused(found.patch(labelled("probe"), node=found.other)), "the policy is not in force")
    yield found
    found.client.close()


def is_refused(answer: Answer) -> bool:
    """Whether the policy, and not RBAC or the object's own rules, said no."""
    return answer.status == 403 and own_node_policy.NAME in answer.message


def labelled(key: str, value: str | None = "x") -> dict[str, Any]:
    return {"metadata": {"labels": {key: value}}}


def test_the_expressions_pass_the_type_checker(everything: Installed) -> None:
    assert type_check(everything.cluster, own_node_policy.NAME) == {}


class TestWhatTheAgentWrites:
    """By its own code, so that the policy and the agent cannot drift apart."""

    @pytest.fixture
    def kube(self, agent: Agent) -> Iterator[LightkubeKube]:
        config = read_config(str(agent.found.cluster.kubeconfig(agent.client.access)))
        made = LightkubeKube(config, agent.node, NAMESPACE, ServerTime(), sleep=lambda _: None)
        yield made
        made.close()

    @pytest.mark.parametrize("status", ["True", "False", "Unknown"])
    def test_its_condition_its_proof_and_its_label(self, agent: Agent, kube: LightkubeKube, status: str) -> None:
        report = Report(Condition(status, "GPUsProven", "proven"), None, "570.86.15")

        written = apply_condition(kube, kube.read_node(newest=True), report, 1_800_000_000.0)

        assert written.condition == report.condition
        assert agent.stored()["metadata"]["labels"][DRIVER] == "570.86.15"
        assert len(agent.stored()["status"]["conditions"]) == 5

    def test_its_annotation(self, agent: Agent) -> None:
        answer = agent.patch({"metadata": {"annotations": {PROOF_ANNOTATION: "{}"}}}, "/status")

        assert answer.status == 200, answer.message

    @pytest.mark.parametrize("status", ["True", "False", None])
    def test_what_it_must_not_forget(self, kube: LightkubeKube, status: str | None) -> None:
        faults = Faults("boot", frozenset({(79, "GPU-a")})).render()
        node = kube.read_node(newest=True)

        if status is None:
            written = apply_faults(kube, node, faults)
        else:
            report = Report(Condition(status, "XIDFatal", "dead"), None, None, faults)
            written = apply_condition(kube, node, report, 1_800_000_000.0)

        assert written.faults == faults
        assert apply_faults(kube, written, None).faults is None

    def test_its_taints_set_and_taken_away(self, agent: Agent, kube: LightkubeKube) -> None:
        for wanted in (Wanted(startup=""), Wanted(status="GPULost"), Wanted()):
            node = kube.read_node(newest=True)
            kube.patch_taints(build_taints(node, wanted) or [], node.version)

            keys = {taint["key"] for taint in agent.stored()["spec"].get("taints", [])}
            assert "sku" in keys
            assert (STATUS_TAINT_KEY in keys, STARTUP_TAINT_KEY in keys) == (bool(wanted.status), wanted.startup == "")

    def test_its_heartbeat(self, agent: Agent, kube: LightkubeKube) -> None:
        for moment in (1_800_000_000.0, 1_800_000_060.0):
            apply_heartbeat(kube, parse_node(agent.stored()), NAMESPACE, "pod", 180, moment)

        assert agent.admin.get(f"{LEASES}/{agent.node}")["spec"]["holderIdentity"] == "pod"

    def test_its_place_in_the_taint_budget(self, agent: Agent, kube: LightkubeKube) -> None:
        node = kube.read_node(newest=True)

        name = budget.take_place(kube, node, 1_800_000_000.0)
        budget.leave_place(kube, node, 1_800_000_060.0)

        assert name is not None
        assert agent.admin.get(f"{LEASES}/{name}")["spec"].get("holderIdentity") is None
        agent.admin.delete(f"{LEASES}/{name}")

    def test_events_about_its_node(self, agent: Agent, kube: LightkubeKube) -> None:
        events = Events(kube)
        for at in (0.0, 400.0):
            assert events.tell(
                parse_node(agent.stored()), Event("Warning", "GPULost", "gone"), 1_800_000_000.0 + at, at
            )


@pytest.mark.parametrize(
    ("body", "path"),
    [
        pytest.param(labelled("aigpu.io/sku", "Standard_D16s_v5"), "", id="label-of-the-pool"),
        pytest.param(labelled("aigpu.io/sku", None), "", id="label-taken-away"),
        pytest.param(labelled("node-role.kubernetes.io/control-plane", ""), "", id="label-of-kubernetes"),
        pytest.param(labelled("aigpu.io/pause", "true"), "/status", id="label-by-the-status"),
        pytest.param({"metadata": {"annotations": {"volumes.kubernetes.io/x": "2"}}}, "", id="annotation"),
        pytest.param({"metadata": {"annotations": {"volumes.kubernetes.io/x": None}}}, "", id="annotation-taken-away"),
        pytest.param({"metadata": {"annotations": {"other.io/x": "1"}}}, "/status", id="annotation-by-the-status"),
        pytest.param({"metadata": {"finalizers": ["example.com/x"]}}, "", id="finalizer"),
        pytest.param(
            {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "x", "uid": "0"}]}},
            "",
            id="owner",
        ),
        pytest.param({"spec": {"unschedulable": True}}, "", id="cordon"),
        pytest.param({"spec": {"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24"]}}, "", id="pod-cidr"),
        pytest.param({"spec": {"providerID": "azure:///x"}}, "", id="provider-id"),
        pytest.param({"spec": {"taints": None}}, "", id="taint-of-others-taken-away"),
        pytest.param({"spec": {"taints": [{**FOREIGN_TAINT, "value": "cpu"}]}}, "", id="taint-of-others-changed"),
        pytest.param(
            {"spec": {"taints": [FOREIGN_TAINT, {"key": "mine", "effect": "NoSchedule"}]}},
            "",
            id="taint-of-another-key",
        ),
        pytest.param(
            {"spec": {"taints": [FOREIGN_TAINT, {"key": STATUS_TAINT_KEY, "effect": "NoExecute"}]}},
            "",
            id="no-execute",
        ),
        pytest.param(
            {"spec": {"taints": [FOREIGN_TAINT, {"key": STARTUP_TAINT_KEY, "effect": "PreferNoSchedule"}]}},
            "",
            id="another-effect",
        ),
        pytest.param({"status": {"capacity": {"nvidia.com/gpu": "8"}}}, "/status", id="capacity"),
        pytest.param({"status": {"allocatable": {"nvidia.com/gpu": "0"}}}, "/status", id="allocatable"),
        pytest.param({"status": {"nodeInfo": {"bootID": "x"}}}, "/status", id="node-info"),
        pytest.param({"status": {"addresses": [{"type": "Hostname", "address": "x"}]}}, "/status", id="addresses"),
        pytest.param({"status": {"phase": "Terminated"}}, "/status", id="phase"),
        pytest.param({"status": {"conditions": [{**OURS, "type": "Ready"}]}}, "/status", id="ready"),
        pytest.param(
            {"status": {"conditions": [{**OURS, "type": "kubernetes.azure.com/NodeHealthy"}]}},
            "/status",
            id="node-healthy-of-aks",
        ),
        pytest.param(
            {"status": {"conditions": [{"$patch": "delete", "type": "Ready"}]}}, "/status", id="ready-taken-away"
        ),
    ],
)
def test_of_its_own_node_everything_else_stays(agent: Agent, body: dict[str, Any], path: str) -> None:
    answer = agent.patch(body, path)

    assert is_refused(answer), f"{answer.status} {answer.message}"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param(JSON_MERGE, {"status": {"conditions": [OURS]}}, id="merge-patch-that-wipes-the-conditions"),
        pytest.param(JSON_PATCH, [{"op": "remove", "path": "/status/conditions/0"}], id="json-patch-that-removes-one"),
    ],
)
def test_conditions_of_others_cannot_be_lost_by_a_patch_of_another_kind(agent: Agent, kind: str, body: Any) -> None:
    assert is_refused(agent.patch(body, "/status", kind))


def test_nor_by_server_side_apply(agent: Agent) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": agent.node},
        "status": {"conditions": [{**OURS, "type": "Ready", "status": "False"}]},
    }
    path = f"/api/v1/nodes/{agent.node}/status?fieldManager=x&force=true"

    assert is_refused(agent.client.send("PATCH", path, body, SERVER_SIDE_APPLY))


def test_nor_by_an_update(agent: Agent) -> None:
    node = agent.stored()
    node["status"]["conditions"][-1]["status"] = "False"

    assert is_refused(agent.client.send("PUT", f"/api/v1/nodes/{agent.node}/status", node, JSON))


class TestOthers:
    """Nodes, Leases and events of others are not the agent's."""

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({"status": {"conditions": [OURS]}}, "/status"),
            (labelled(DRIVER), ""),
            ({"metadata": {"annotations": {PROOF_ANNOTATION: "{}"}}}, "/status"),
            ({"spec": {"taints": [{"key": STATUS_TAINT_KEY, "effect": "NoSchedule"}]}}, ""),
        ],
        ids=["condition", "label", "annotation", "taint"],
    )
    def test_another_node(self, agent: Agent, body: dict[str, Any], path: str) -> None:
        answer = agent.patch(body, path, node=agent.other)

        assert is_refused(answer)
        assert f"on node {agent.node} may not write nodes {agent.other}" in answer.message

    def test_making_and_deleting_nodes(self, agent: Agent) -> None:
        name = f"made-{uuid.uuid4().hex[:6]}"
        made = agent.client.send("POST", "/api/v1/nodes", {"metadata": {"name": name}})

        assert is_refused(made)
        assert is_refused(agent.client.send("DELETE", f"/api/v1/nodes/{agent.other}"))
        assert is_refused(agent.client.send("DELETE", f"/api/v1/nodes/{agent.node}"))

    def test_the_heartbeat_of_another_node(self, agent: Agent) -> None:
        assert is_refused(agent.client.send("POST", LEASES, {"metadata": {"name": agent.other}, "spec": {}}))
        agent.admin.post(LEASES, {"metadata": {"name": agent.other}, "spec": {}})
        path = f"{LEASES}/{agent.other}"

        assert is_refused(agent.client.send("PATCH", path, {"spec": {"holderIdentity": "x"}}, STRATEGIC_MERGE))
        assert is_refused(agent.client.send("DELETE", path))
        agent.admin.delete(path)

    def test_a_lease_of_the_kubelet(self, agent: Agent) -> None:
        elsewhere = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"

        assert is_refused(agent.client.send("POST", elsewhere, {"metadata": {"name": agent.node}, "spec": {}}))

    def test_a_place_of_the_budget_for_another_node(self, agent: Agent) -> None:
        body = {"metadata": {"name": "taint-budget-x-0"}, "spec": {"holderIdentity": agent.other}}

        assert is_refused(agent.client.send("POST", LEASES, body))

    @pytest.mark.parametrize("kind", ["Node", "Pod"])
    def test_events_about_others(self, agent: Agent, kind: str) -> None:
        about = {
            "apiVersion": "v1",
            "kind": kind,
            "name": agent.other,
            "namespace": "" if kind == "Node" else "default",
        }
        body = {"metadata": {"generateName": "e-"}, "involvedObject": about}

        assert is_refused(agent.client.send("POST", EVENTS, body))


class TestTokens:
    """Without the claim of the node there is nothing that the agent may write."""

    def test_a_token_that_names_no_node(self, agent: Agent) -> None:
        path = f"/api/v1/nodes/{agent.node}/status"

        with contextlib.closing(Client(agent.found.cluster.as_service_account(NAMESPACE, AGENT))) as unbound:
            answer = unbound.send("PATCH", path, {"status": {"conditions": [OURS]}}, STRATEGIC_MERGE)

        assert is_refused(answer)
        assert "does not say on which node its pod runs" in answer.message

    def test_nobody_else_is_judged(self, agent: Agent) -> None:
        answer = agent.admin.send("PATCH", f"/api/v1/nodes/{agent.node}", labelled("team"), STRATEGIC_MERGE)

        assert answer.status == 200
