from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known
from azext_aigpu.cluster.agent.status import exit_code_of_install
from tests.azext.cluster.agent.installed import AGAIN, DAEMONSET, SETTINGS, installation, node, pod, pods, review


class TestCoverage:
    def found(self, *nodes: Any, settings: Any = SETTINGS) -> tuple[Finding, ...]:
        return review(installation(settings=settings, nodes=Known([*(node(number) for number in range(3)), *nodes])))

    def test_a_taint_that_the_agent_does_not_tolerate_hides_nodes_from_the_daemonsets_numbers(self) -> None:
        (finding,) = self.found(node(3, taints=["sku", "team", "node.kubernetes.io/unschedulable"]))

        assert (finding.status, finding.reason) == (Status.FAIL, "AgentKeptOff")
        assert finding.seen == "taint team on node-3"
        assert f"{AGAIN} --tolerate team" in finding.next_step

    def test_an_installation_that_leaves_gpu_nodes_without_an_agent_is_not_a_success(self) -> None:
        assert exit_code_of_install(self.found(node(3, taints=["team"]))) == 4
        assert exit_code_of_install(self.found(node(3))) == 0, "its pod is on its way"

    @pytest.mark.parametrize("labels", [{"agentpool": "gpu9"}, {"aigpu.io/sku": "x"}], ids=["unnamed", "meant"])
    def test_a_taint_that_only_states_a_preference_keeps_nobody_off(self, labels: dict[str, str]) -> None:
        soft = {"key": "DeletionCandidateOfClusterAutoscaler", "effect": "PreferNoSchedule"}

        (finding,) = self.found(node(3, taints=[soft], labels=labels))

        assert "--tolerate" not in finding.next_step
        assert "taint" not in finding.problem

    @pytest.mark.parametrize(
        "key",
        [
            "ToBeDeletedByClusterAutoscaler",
            "node.cloudprovider.kubernetes.io/uninitialized",
            "node.cilium.io/agent-not-ready",
            "startup-taint.cluster-autoscaler.kubernetes.io/aigpu-unverified",
        ],
    )
    def test_a_node_that_comes_or_goes_is_no_failure(self, key: str) -> None:
        (finding,) = self.found(node(3, taints=[key]))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "AgentNotReady")

    def test_what_was_tolerated_before_is_named_again(self) -> None:
        settings = dataclasses.replace(SETTINGS, tolerated=("tier",))

        (finding,) = self.found(node(3, taints=["tier", "team"]), settings=settings)

        assert f"{AGAIN} --tolerate tier team" in finding.next_step

    def test_a_gpu_node_whose_pool_nobody_named(self) -> None:
        size = {"node.kubernetes.io/instance-type": "Standard_NC4as_T4_v3", "agentpool": "gpu9"}
        settings = dataclasses.replace(SETTINGS, gpu_pools=("gpu1",))

        (finding,) = self.found(node(3, labels=size), settings=settings)

        assert (finding.status, finding.reason) == (Status.FAIL, "AgentKeptOff")
        assert f"{AGAIN} --gpu-pools gpu1,gpu9" in finding.next_step

    @pytest.mark.parametrize(
        "labels",
        [
            pytest.param({"agentpool": "gpu1"}, id="named-pool"),
            pytest.param({"kubernetes.azure.com/accelerator": "nvidia"}, id="label-of-aks"),
            pytest.param({"aigpu.io/sku": "Standard_D16s_v5"}, id="cpu-machine-that-was-meant-to-have-gpus"),
        ],
    )
    def test_a_node_that_is_meant_to_have_it_and_has_none_is_unknown(self, labels: dict[str, str]) -> None:
        settings = dataclasses.replace(SETTINGS, gpu_pools=("gpu1",))

        (finding,) = self.found(node(3, labels=labels), settings=settings)

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "AgentNotReady")
        assert finding.seen == "node-3"

    def test_cpu_nodes_need_none(self) -> None:
        assert self.found(node(3, None, labels={"agentpool": "cpu"}, taints=["team"])) == ()

    def test_a_node_whose_pod_is_made_and_not_scheduled_has_one(self) -> None:
        body = pod(3, ready=False)
        body["spec"] = {**body["spec"], "nodeName": None, "affinity": {"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-3"]}]}
            ]}
        }}}  # fmt: skip
        everybody = [*(pod(number) for number in range(3)), body]

        findings = review(installation(nodes=Known([node(number) for number in range(4)]), pods=pods(*everybody)))

        assert findings == ()

    def test_where_taints_keep_it_off_every_node_that_is_the_cause_and_not_a_missing_label(self) -> None:
        none = lambda objects: objects[DAEMONSET].update(status={"observedGeneration": 2})  # noqa: E731
        settings = dataclasses.replace(SETTINGS, device_plugin=False)

        findings = review(installation(none, settings, nodes=Known([node(0, taints=["team"])]), pods=Known([])))

        assert [one.reason for one in findings] == ["AgentKeptOff"]
