from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.labels import STARTUP_TAINT_KEY, STATUS_TAINT_KEY
from azext_aigpu.cluster.agent.review import DaemonSetFacts, list_obstacles, parse_daemonset
from azext_aigpu.cluster.manifests.device_plugin import build_device_plugin
from azext_aigpu.cluster.manifests.settings import CONDITION, TAINT, AgentSettings

V1_34 = {"major": "1", "minor": "34", "gitVersion": "v1.34.2"}
IMAGES = {
    "plugin": "nvcr.io/nvidia/k8s-device-plugin:v0.17.1",
    "plugin-of-microsoft": "mcr.microsoft.com/oss/v2/nvidia/k8s-device-plugin:v0.18.2-1",
    "toolkit": "nvcr.io/nvidia/k8s/container-toolkit:v1.17.5-ubuntu20.04",
    "dcgm": "nvcr.io/nvidia/cloud-native/dcgm@sha256:" + "0" * 64,
    "dcgm-exporter": "nvcr.io/nvidia/k8s/dcgm-exporter:4.2.3",
    "driver": "nvcr.io/nvidia/driver:570-ubuntu22.04",
}
EVERYTHING = {"operator": "Exists"}


def settings(**changes: Any) -> AgentSettings:
    return AgentSettings("registry.example.com/aigpu-agent:1", **changes)


def daemonset(image: str, *tolerations: dict[str, str]) -> DaemonSetFacts:
    return DaemonSetFacts("gpu-operator", "operand", (image,), tolerations)


def both(**more: str) -> list[dict[str, str]]:
    return [{"key": key, "operator": "Exists", **more} for key in (STARTUP_TAINT_KEY, STATUS_TAINT_KEY)]


class TestVersion:
    @pytest.mark.parametrize("minor", ["30", "36", "34+"])
    def test_new_enough(self, minor: str) -> None:
        assert list_obstacles(settings(), {**V1_34, "minor": minor}, []) == []

    @pytest.mark.parametrize(
        "version", [{**V1_34, "minor": "29"}, {**V1_34, "minor": ""}, {}, None, {"major": "2", "minor": "34"}], ids=str
    )
    def test_too_old_or_not_told(self, version: Any) -> None:
        (text,) = list_obstacles(settings(), version, [])

        assert "Wanted is 1.30 or newer" in text


class TestTaints:
    @pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
    def test_an_operand_that_would_be_kept_off_stands_in_the_way(self, image: str) -> None:
        found = [daemonset(image, {"key": "nvidia.com/gpu", "operator": "Exists"})]

        (text,) = list_obstacles(settings(mode=TAINT), V1_34, found)

        assert "gpu-operator/operand" in text
        assert STARTUP_TAINT_KEY in text
        assert STATUS_TAINT_KEY in text

    @pytest.mark.parametrize(
        "tolerations",
        [both(), both(effect="NoSchedule"), [EVERYTHING], [{**EVERYTHING, "effect": "NoSchedule"}]],
        ids=str,
    )
    def test_one_that_tolerates_both_does_not(self, tolerations: list[dict[str, str]]) -> None:
        assert list_obstacles(settings(mode=TAINT), V1_34, [daemonset(IMAGES["plugin"], *tolerations)]) == []

    @pytest.mark.parametrize(
        "tolerations",
        [
            pytest.param(both()[:1], id="only-one-of-them"),
            pytest.param(both(effect="NoExecute"), id="another-effect"),
            pytest.param([{**one, "operator": "Equal", "value": ""} for one in both()], id="only-an-empty-value"),
        ],
    )
    def test_a_part_is_not_enough(self, tolerations: list[dict[str, str]]) -> None:
        assert list_obstacles(settings(mode=TAINT), V1_34, [daemonset(IMAGES["plugin"], *tolerations)])

    def test_only_mode_taint_asks(self) -> None:
        assert list_obstacles(settings(mode=CONDITION), V1_34, [daemonset(IMAGES["plugin"])]) == []

    @pytest.mark.parametrize("image", ["fluent/fluent-bit:3", "registry.example.com/driver:1", "nvidia/cuda:12.4-base"])
    def test_other_daemonsets_may_be_kept_off(self, image: str) -> None:
        assert list_obstacles(settings(mode=TAINT), V1_34, [daemonset(image)]) == []


class TestDevicePlugin:
    def test_a_second_one_stands_in_the_way(self) -> None:
        (text,) = list_obstacles(settings(device_plugin=True), V1_34, [daemonset(IMAGES["plugin-of-microsoft"])])

        assert "kubectl delete daemonset -n gpu-operator operand" in text

    def test_our_own_from_before_does_not(self) -> None:
        own = parse_daemonset(build_device_plugin(settings()))

        assert list_obstacles(settings(device_plugin=True, mode=TAINT), V1_34, [own]) == []

    def test_without_the_option_it_is_nobodys_business(self) -> None:
        assert list_obstacles(settings(), V1_34, [daemonset(IMAGES["plugin"])]) == []


@pytest.mark.parametrize("data", [{}, {"spec": None}, {"spec": {"template": {"spec": {"containers": "x"}}}}], ids=str)
def test_a_daemonset_of_another_form_has_no_images(data: dict[str, Any]) -> None:
    assert parse_daemonset(data).images == ()
