"""Pods that leave the GPUs of their node alone."""

from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.labels import CPU_ONLY_ANNOTATION, DEADLINE_ANNOTATION
from azext_aigpu.cluster.admission.reverse_policy import EXEMPT_NAMESPACES as EXEMPT_OF_THE_POLICY
from node_agent.daemon.clocks import parse_time
from node_agent.daemon.pods import (
    CPU_ONLY,
    EXEMPT_NAMESPACES,
    FALLBACK,
    UNTOLD,
    PodFinding,
    Users,
    judge_pods,
    parse_pods,
    parse_price,
)

STARTED = "2026-11-23T10:00:00Z"
LATER = (parse_time(STARTED) or 0) + 3600


def pod(gpus: str | None = "1", *, resource: str = "nvidia.com/gpu", **changes: Any) -> dict[str, Any]:
    resources: dict[str, Any] = {} if gpus is None else {"limits": {resource: gpus}}
    return {
        "metadata": {"name": "train", "namespace": "team", "uid": "u1", **changes.pop("metadata", {})},
        "spec": {"containers": [{"name": "main", "resources": resources}], **changes.pop("spec", {})},
        "status": {
            "phase": "Running",
            "containerStatuses": [{"name": "main", "state": {"running": {"startedAt": STARTED}}}],
            **changes.pop("status", {}),
        },
    }


def judge(body: dict[str, Any], users: Users | None = None, price: float | None = None) -> list[PodFinding]:
    return judge_pods(parse_pods([body]), users or Users(frozenset()), LATER, 1800, price, 4)


def reasons(body: dict[str, Any], users: Users | None = None) -> list[str]:
    return [one.reason for one in judge(body, users)]


@pytest.mark.parametrize("resource", ["nvidia.com/gpu", "nvidia.com/gpu.shared", "nvidia.com/mig-1g.10gb"])
def test_a_pod_with_a_gpu_and_no_context_fell_back(resource: str) -> None:
    assert reasons(pod(resource=resource)) == [FALLBACK]


def test_a_claim_is_a_request_too() -> None:
    body = pod(None)
    body["spec"]["containers"][0]["resources"] = {"claims": [{"name": "gpu"}]}
    assert reasons(body) == [FALLBACK]


def test_a_pod_with_a_context_uses_its_gpu() -> None:
    assert reasons(pod(), Users(frozenset({"u1"}))) == []


def test_lists_that_cannot_be_had_are_no_lists_without_contexts() -> None:
    (found,) = judge(pod(), Users(frozenset(), "NVML was not read: it hangs"))
    assert (found.reason, "it hangs" in found.message) == (UNTOLD, True)
    assert reasons(pod(None), Users(frozenset(), "NVML was not read")) == []


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [("0", []), ("2h", []), ("45m", [FALLBACK]), ("soon", [FALLBACK]), ("", [FALLBACK])],
)
def test_the_annotation_moves_the_deadline(annotation: str, expected: list[str]) -> None:
    assert reasons(pod(metadata={"annotations": {DEADLINE_ANNOTATION: annotation}})) == expected


@pytest.mark.parametrize(
    "status",
    [
        pytest.param({"phase": "Pending"}, id="pending"),
        pytest.param({"phase": "Succeeded"}, id="over"),
        pytest.param({"containerStatuses": [{"name": "main", "state": {"waiting": {}}}]}, id="main container waits"),
        pytest.param({"containerStatuses": []}, id="nothing started"),
    ],
)
def test_what_does_not_run_has_no_deadline(status: dict[str, Any]) -> None:
    assert reasons(pod(status=status)) == []


def test_a_pod_that_is_about_to_end_is_left_alone() -> None:
    assert reasons(pod(metadata={"deletionTimestamp": STARTED})) == []


def test_the_cost_so_far_is_of_the_pods_part_of_the_node() -> None:
    (found,) = judge(pod("2"), price=12.0)
    assert "$6.00 so far" in found.message
    assert "team/train has run for 1h with 2 GPUs" in found.message


@pytest.mark.parametrize(("text", "price"), [("3.67", 3.67), ("4", 4.0), ("nan", None), ("", None), (None, None)])
def test_the_price_is_a_plain_number(text: str | None, price: float | None) -> None:
    assert parse_price(text) == price


def test_a_pod_that_asked_for_none_can_only_compute_on_the_cpu() -> None:
    assert reasons(pod(None)) == [CPU_ONLY]
    assert reasons(pod("0")) == [CPU_ONLY]


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"namespace": "kube-system"}, id="system namespace"),
        pytest.param({"annotations": {CPU_ONLY_ANNOTATION: "launcher"}}, id="declared"),
        pytest.param({"annotations": {"kubernetes.io/config.mirror": "x"}}, id="static"),
        pytest.param({"ownerReferences": [{"kind": "DaemonSet", "controller": True}]}, id="DaemonSet"),
    ],
)
def test_pods_that_belong_there(metadata: dict[str, Any]) -> None:
    assert reasons(pod(None, metadata=metadata)) == []


def test_an_opt_out_without_a_reason_is_none() -> None:
    assert reasons(pod(None, metadata={"annotations": {CPU_ONLY_ANNOTATION: " "}})) == [CPU_ONLY]


def test_the_policy_and_the_watchdog_exempt_the_same_namespaces() -> None:
    assert set(EXEMPT_OF_THE_POLICY) == EXEMPT_NAMESPACES


def test_a_name_with_control_characters_reaches_no_message() -> None:
    (found,) = judge(pod(metadata={"name": "a\x1b[31m", "uid": "u1"}))
    assert "\x1b" not in found.message
