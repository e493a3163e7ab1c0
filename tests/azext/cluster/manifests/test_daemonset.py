from __future__ import annotations

import argparse
from typing import Any

import pytest

from aigpu_contract.labels import STARTUP_TAINT_KEY, STATUS_TAINT_KEY
from azext_aigpu.cluster.manifests.daemonset import build_daemonset, build_namespace, build_priority_class
from azext_aigpu.cluster.manifests.device_plugin import build_device_plugin
from azext_aigpu.cluster.manifests.settings import INTERVAL_S, LEASE_S, WATCH, AgentSettings
from node_agent.daemon import settings as agent_settings
from node_agent.daemon.command import RUN

BASE = AgentSettings("registry.example.com/aigpu-agent:1")
WATCHING = AgentSettings("registry.example.com/aigpu-agent:1", profile=WATCH, mode="taint", min_driver="570.86")
BOTH = [pytest.param(BASE, id="base"), pytest.param(WATCHING, id="watch")]


def pod(settings: AgentSettings) -> dict[str, Any]:
    found: dict[str, Any] = build_daemonset(settings)["spec"]["template"]["spec"]
    return found


def container(settings: AgentSettings) -> dict[str, Any]:
    (only,) = pod(settings)["containers"]
    assert isinstance(only, dict)
    return only


def keys_of(expressions: list[dict[str, Any]]) -> list[str]:
    return [one["key"] for term in expressions for one in term["matchExpressions"]]


@pytest.mark.parametrize("settings", BOTH)
def test_it_has_no_privilege_and_nothing_of_the_host(settings: AgentSettings) -> None:
    spec, security = pod(settings), container(settings)["securityContext"]

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["allowPrivilegeEscalation"] is security["privileged"] is False
    assert security["readOnlyRootFilesystem"] is True
    assert all("hostPath" not in volume for volume in spec["volumes"])
    assert not {"hostNetwork", "hostIPC", "runtimeClassName"} & set(spec)


def test_only_the_watch_profile_sees_processes_of_the_host() -> None:
    assert "hostPID" not in pod(BASE)
    assert "--watch-pods" not in container(BASE)["args"]
    assert pod(WATCHING)["hostPID"] is True
    assert "--watch-pods" in container(WATCHING)["args"]


@pytest.mark.parametrize("settings", BOTH)
def test_the_agent_understands_its_arguments(settings: AgentSettings) -> None:
    program, *arguments = container(settings)["args"]
    environ = {entry["name"]: entry.get("value", "node-or-pod") for entry in container(settings)["env"]}

    parser = argparse.ArgumentParser(exit_on_error=False)
    RUN.add_options(parser)
    parsed = agent_settings.parse_settings(parser.parse_args(arguments), environ)

    assert program == "run"
    assert parsed.mode == settings.mode
    assert parsed.interval_s == INTERVAL_S
    assert parsed.lease_s == LEASE_S
    assert parsed.node_name == parsed.holder == "node-or-pod"
    assert parsed.watch_pods == (settings.profile == WATCH)
    assert parsed.declared["--min-driver"] == ([settings.min_driver] if settings.min_driver else [])


def test_the_container_runtime_is_asked_for_every_gpu_and_for_no_more_than_is_used() -> None:
    environment = {entry["name"]: entry.get("value") for entry in container(BASE)["env"]}

    assert environment["NVIDIA_VISIBLE_DEVICES"] == "all"
    assert environment["NVIDIA_DRIVER_CAPABILITIES"] == "compute,utility"
    assert "nvidia.com/gpu" not in str(container(BASE)["resources"])


def test_the_token_is_the_pods_own_and_mounted_by_nobody_else() -> None:
    assert pod(BASE)["automountServiceAccountToken"] is False
    (volume,) = pod(BASE)["volumes"]
    assert "serviceAccountToken" in volume["projected"]["sources"][0]


class TestPlacing:
    def test_what_a_node_is_meant_to_be_decides_and_not_what_it_offers(self) -> None:
        affinity = pod(AgentSettings("x/y:1", gpu_pools=("gpua", "gpub")))["affinity"]["nodeAffinity"]
        terms = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]

        assert keys_of(terms) == ["aigpu.io/sku", "kubernetes.azure.com/accelerator", "agentpool"]
        assert terms[2]["matchExpressions"][0]["values"] == ["gpua", "gpub"]
        # Terms are alternatives; one term with three keys would want all of them.
        assert all(len(term["matchExpressions"]) == 1 for term in terms)

    def test_without_named_pools_there_is_no_term_for_them(self) -> None:
        terms = pod(BASE)["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]

        assert len(terms["nodeSelectorTerms"]) == 2

    def test_it_tolerates_what_gpu_pools_carry_and_not_everything(self) -> None:
        tolerations = pod(AgentSettings("x/y:1", taint_key="gpu-only", tolerated=("team",)))["tolerations"]

        assert [one["key"] for one in tolerations] == [
            "gpu-only",
            "nvidia.com/gpu",
            "kubernetes.azure.com/scalesetpriority",
            "team",
            STARTUP_TAINT_KEY,
            STATUS_TAINT_KEY,
        ]
        assert all(one.get("key") for one in tolerations)

    def test_the_device_plugin_stands_where_the_agent_does_and_tolerates_its_taints(self) -> None:
        plugin = build_device_plugin(BASE)["spec"]["template"]["spec"]

        assert plugin["affinity"] == pod(BASE)["affinity"]
        assert plugin["tolerations"] == pod(BASE)["tolerations"]
        assert ":v" in plugin["containers"][0]["image"]

    def test_pods_of_agent_and_plugin_are_told_apart(self) -> None:
        agent, plugin = build_daemonset(BASE)["spec"], build_device_plugin(BASE)["spec"]

        assert agent["selector"] != plugin["selector"]
        for spec in (agent, plugin):
            assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


def test_an_upgrade_goes_over_a_twentieth_of_the_nodes_at_a_time() -> None:
    assert build_daemonset(BASE)["spec"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": "5%"}


def test_it_never_takes_the_place_of_a_running_pod() -> None:
    priority = build_priority_class()

    assert pod(BASE)["priorityClassName"] == priority["metadata"]["name"]
    assert priority["preemptionPolicy"] == "Never"


@pytest.mark.parametrize(
    ("settings", "level"),
    [
        pytest.param(BASE, "restricted", id="base"),
        pytest.param(WATCHING, "privileged", id="watch"),
        pytest.param(AgentSettings("x/y:1", device_plugin=True), "privileged", id="device-plugin"),
    ],
)
def test_the_namespace_is_as_strict_as_what_runs_in_it_allows(settings: AgentSettings, level: str) -> None:
    assert build_namespace(settings)["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == level
