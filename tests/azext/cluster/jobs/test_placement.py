"""What leaves open whether a pod that asks for no GPU comes to a GPU node: never a pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.azext.cluster.jobs.given import a_container, a_job, a_pod, told

PASSED = {"Passed": "PASS"}
OPEN = {"TargetUnknown": "UNKNOWN"}
VOID = [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}]
CPU_ONLY = {"aigpu.io/cpu-only": "it launches"}


def required(**term: Any) -> dict[str, Any]:
    terms = {"nodeSelectorTerms": [term]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values)}


PLACES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "node-name": ({"nodeName": "aks-gpu-0"}, OPEN),
    "nvidias-runtime": ({"runtimeClassName": "nvidia-cdi"}, OPEN),
    "another-runtime": ({"runtimeClassName": "gvisor"}, PASSED),
    "hostname": ({"nodeSelector": {"kubernetes.io/hostname": "aks-gpu-0"}}, OPEN),
    "required-hostname": (required(matchExpressions=[expression("kubernetes.io/hostname", "In", "aks-gpu-0")]), OPEN),
    "field": (required(matchFields=[expression("metadata.name", "In", "aks-gpu-0")]), OPEN),
    "number": (required(matchExpressions=[expression("aigpu.io/gpu-count", "Gt", "0")]), OPEN),
    "number-of-another-label": (required(matchExpressions=[expression("team/cores", "Gt", "8")]), PASSED),
    "field-that-is-ruled-out": (required(matchFields=[expression("metadata.name", "NotIn", "aks-gpu-0")]), PASSED),
    "zone": ({"nodeSelector": {"topology.kubernetes.io/zone": "1"}}, PASSED),
}


def pod_at(place: dict[str, Any], **fields: Any) -> dict[str, Any]:
    container = a_container(resources=None, **fields)
    return a_pod(container, **{"nodeSelector": None, "tolerations": None, **place})


@pytest.mark.parametrize(("place", "expected"), PLACES.values(), ids=PLACES)
def test_a_pod_that_asks_for_none(place: dict[str, Any], expected: dict[str, str]) -> None:
    assert told(a_job(pod_at(place))) == expected


@pytest.mark.parametrize("place", [place for place, expected in PLACES.values() if expected is OPEN])
def test_a_pod_that_asks_for_one_may_come_there(place: dict[str, Any]) -> None:
    assert told(a_job(a_pod(**place))) == PASSED


@pytest.mark.parametrize("place", [{"nodeName": "aks-gpu-0"}, {"nodeSelector": {"agentpool": "p1"}}])
class TestDeclaredCpuOnly:
    """The annotation says nothing of where the pod comes to, and what it can see there."""

    def test_it_could_see_gpus(self, place: dict[str, Any]) -> None:
        assert told(a_job({**pod_at(place), "metadata": {"annotations": CPU_ONLY}})) == OPEN

    def test_it_sees_none_wherever_it_comes_to(self, place: dict[str, Any]) -> None:
        assert told(a_job({**pod_at(place, env=VOID), "metadata": {"annotations": CPU_ONLY}})) == PASSED


def test_a_pool_that_is_known_to_have_none_is_no_question() -> None:
    pod = {**pod_at({"nodeSelector": {"agentpool": "p1"}}), "metadata": {"annotations": CPU_ONLY}}

    assert told(a_job(pod), pools=["p2"]) == PASSED
    assert told(a_job(pod), pools=["p1"]) == {"CPUOnlyUnfit": "FAIL"}
