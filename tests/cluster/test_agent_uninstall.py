"""`az aigpu agent uninstall` in this process, with the real kubectl against a real API server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aigpu_contract.labels import CONDITION_TYPE, DRIVER, FAULTS_ANNOTATION, PROOF_ANNOTATION, STATUS_TAINT_KEY
from azext_aigpu.cluster.agent.installation import list_everything
from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE, AgentSettings
from testbeds.cluster import Cluster
from tests.cluster.agent_commands import DAEMONSETS, Commands, installing

if TYPE_CHECKING:
    from tests.cluster.conftest import MakeNode

pytestmark = [pytest.mark.cluster, pytest.mark.core]


@pytest.fixture
def agent(cluster: Cluster, tmp_path: Path) -> Iterator[Commands]:
    with installing(cluster, tmp_path) as commands:
        yield commands


class TestUninstall:
    def test_nothing_of_ours_stays(self, agent: Commands, make_node: MakeNode) -> None:
        agent.install("--with-device-plugin")
        node = make_node(
            labels={DRIVER: "570.86.15", "agentpool": "gpu"},
            annotations={PROOF_ANNOTATION: "{}", FAULTS_ANNOTATION: "{}"},
            taints=[{"key": STATUS_TAINT_KEY, "effect": "NoSchedule"}, {"key": "sku", "effect": "NoSchedule"}],
            conditions=[{"type": CONDITION_TYPE, "status": "True", "reason": "GPUsProven", "message": ""}],
        )

        result = agent("uninstall", "--yes")

        assert result.exit_code == 0, result.stderr
        assert "what it had written on 1 node." in result.stderr
        left = agent.get(f"/api/v1/nodes/{node}")
        assert {taint["key"] for taint in left["spec"]["taints"]} & {STATUS_TAINT_KEY, "sku"} == {"sku"}
        assert "Ready" in {one["type"] for one in left["status"]["conditions"]}
        assert CONDITION_TYPE not in {one["type"] for one in left["status"]["conditions"]}
        assert DRIVER not in left["metadata"]["labels"]
        assert not {PROOF_ANNOTATION, FAULTS_ANNOTATION} & set(left["metadata"].get("annotations", {}))
        assert not agent.exists(f"/api/v1/namespaces/{NAMESPACE}")
        for body in list_everything(AgentSettings("x")):
            if body["kind"] in ("ClusterRole", "ClusterRoleBinding", "ValidatingAdmissionPolicy", "PriorityClass"):
                done = agent.cluster.kubectl("get", body["kind"], body["metadata"]["name"])
                assert "NotFound" in done.stderr

    def test_several_nodes_at_once(self, agent: Commands, make_node: MakeNode) -> None:
        agent.install()
        condition = {"type": CONDITION_TYPE, "status": "False", "reason": "GPULost", "message": ""}
        nodes = [make_node(labels={DRIVER: "1"}, conditions=[condition]) for _ in range(3)]

        assert agent("uninstall", "--yes").exit_code == 0

        for node in nodes:
            assert CONDITION_TYPE not in {
                one["type"] for one in agent.get(f"/api/v1/nodes/{node}")["status"]["conditions"]
            }

    def test_intent_that_somebody_wrote_stays(self, agent: Commands) -> None:
        agent.install()
        maps = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
        agent.cluster.admin.post(maps, {"metadata": {"name": "aigpu-intent"}, "data": {"gpu": "{}"}})

        result = agent("uninstall", "--yes")

        assert result.exit_code == 0, result.stderr
        assert agent.exists(f"{maps}/aigpu-intent")
        assert f"kubectl delete namespace {NAMESPACE}" in result.stderr

    def test_where_nothing_is_installed_it_does_nothing_and_says_so(self, agent: Commands) -> None:
        result = agent("uninstall", "--yes")

        assert result.exit_code == 0
        assert "There was nothing of the agent on this cluster." in result.stderr

    def test_it_asks_first(self, agent: Commands) -> None:
        agent.install()

        result = agent("uninstall")

        assert result.exit_code != 0
        assert agent.exists(f"{DAEMONSETS.format(NAMESPACE)}/{AGENT}")
