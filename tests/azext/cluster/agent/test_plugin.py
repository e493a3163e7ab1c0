from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from aigpu_contract.finding import Status
from aigpu_contract.reading import Known
from azext_aigpu.cluster.agent.review import DaemonSetFacts
from azext_aigpu.cluster.agent.status import exit_code_of_install
from tests.azext.cluster.agent.installed import AGAIN, SETTINGS, installation, node, review

OTHERS_PLUGIN = DaemonSetFacts("gpu", "plugin", ("nvcr.io/nvidia/k8s-device-plugin:v1",), (), 3, 3, True)


class TestDevicePlugin:
    def test_without_one_nodes_with_gpus_offer_none(self) -> None:
        (finding,) = review(installation(daemonsets=Known([]), nodes=Known([node(0, None), node(1, "0")])))

        assert (finding.status, finding.reason) == (Status.FAIL, "DevicePluginMissing")
        assert "on 2 GPU nodes no pod can ask" in finding.problem
        assert "on node-0, node-1" in finding.seen
        assert f"{AGAIN} --with-device-plugin" in finding.next_step

    def test_without_one_and_without_nodes_it_is_a_warning(self) -> None:
        (finding,) = review(installation(daemonsets=Known([]), nodes=Known([])))

        assert (finding.status, finding.reason) == (Status.WARN, "DevicePluginMissing")

    def test_nodes_whose_software_aks_manages_need_no_daemonset(self) -> None:
        assert review(installation(daemonsets=Known([]), nodes=Known([node()]))) == ()

    def test_where_aks_manages_it_a_node_that_offers_none_yet_is_no_cluster_without_a_plugin(self) -> None:
        (finding,) = review(installation(daemonsets=Known([]), nodes=Known([node(0), node(1, None)])))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "DevicePluginNotReady")
        assert "on node-1" in finding.seen
        assert "--with-device-plugin" not in finding.next_step

    def test_one_that_is_not_meant_for_the_gpu_nodes_is_named(self) -> None:
        few = dataclasses.replace(OTHERS_PLUGIN, tolerations=({"operator": "Exists"},), desired=0, ready=0)

        (finding,) = review(installation(daemonsets=Known([few]), nodes=Known([node(0, None)])))

        assert "not meant to run on nodes with GPUs (gpu/plugin)" in finding.problem
        assert "kubectl describe node node-0" in finding.next_step

    @pytest.mark.parametrize("part", [{"ready": 2}, {"is_counted": False}, {"ready": None}], ids=str)
    def test_one_that_is_not_ready_everywhere_is_unknown(self, part: dict[str, Any]) -> None:
        slow = dataclasses.replace(OTHERS_PLUGIN, tolerations=({"operator": "Exists"},), **part)

        (finding,) = review(installation(daemonsets=Known([slow])))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "DevicePluginNotReady")

    def test_one_that_was_made_just_now_is_not_called_meant_for_other_nodes(self) -> None:
        fresh = dataclasses.replace(
            OTHERS_PLUGIN, tolerations=({"operator": "Exists"},), desired=0, ready=0, is_counted=False
        )

        findings = review(installation(daemonsets=Known([fresh]), nodes=Known([node(0, None)])))

        assert [(one.status, one.reason) for one in findings] == [(Status.UNKNOWN, "DevicePluginNotReady")]
        assert exit_code_of_install(findings) == 0

    def test_mode_taint_would_keep_another_ones_plugin_off_new_nodes(self) -> None:
        (finding,) = review(installation(daemonsets=Known([OTHERS_PLUGIN])))

        assert (finding.status, finding.reason) == (Status.FAIL, "OperandKeptOff")
        assert "gpu/plugin" in finding.seen

    def test_no_other_mode_does(self) -> None:
        settings = dataclasses.replace(SETTINGS, mode="condition", device_plugin=False)

        assert review(installation(settings=settings, daemonsets=Known([OTHERS_PLUGIN]))) == ()
