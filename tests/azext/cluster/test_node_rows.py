from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.exit_codes import EXIT_COULD_NOT_JUDGE, EXIT_FINDINGS, EXIT_OK
from aigpu_contract.finding import Status
from aigpu_contract.reading import Unknown
from aigpu_contract.reasons import REASONS
from azext_aigpu.cluster.node_facts import parse_node
from azext_aigpu.cluster.node_rows import build_rows, exit_code_of_check, find_driver_skew, summarize
from azext_aigpu.cluster.node_verdict import Surroundings
from tests.azext.cluster.given import A100, CPU, DRIVER, INTENT, around, lease, node, proven, said

ALL = around(*(lease(f"gpu-{number}") for number in range(9)))


def rows(*nodes: dict[str, Any], surroundings: Surroundings = ALL, everything: bool = False) -> list[dict[str, Any]]:
    return build_rows(map(parse_node, nodes), surroundings, everything)


def driven(name: str, driver: str, **changes: Any) -> dict[str, Any]:
    return proven(name, labels={**INTENT, "aigpu.io/driver": driver}, **changes)


def test_the_row_of_a_proven_node() -> None:
    assert rows(proven()) == [
        {
            "name": "gpu-0",
            "pool": "gpu",
            "size": A100,
            "gpu": "1x A100 80 GB",
            "counts": {
                "intent": 1,
                "nvml": 1,
                "resource": "nvidia.com/gpu",
                "resourceIntent": 1,
                "allocatable": "1",
            },
            "driver": DRIVER,
            "imageVersion": "AKSUbuntu-2204gen2containerd-202611.06.0",
            "ready": "True",
            "reason": "Passed",
            "message": None,
            "nextStep": None,
            "since": "2026-11-26T07:00:00Z",
            "provenAt": "2026-11-26T10:00:00Z",
            "proofAgeSeconds": 7200,
            "heartbeatAgeSeconds": 20,
            "taints": [],
            "paused": False,
            "kubernetesReady": True,
            "priceHour": 3.673,
            "priceOrigin": "list price of 2026-06-18 in eastus, on demand, before discounts",
        }
    ]


def test_what_is_not_known_of_a_node_is_null_and_never_a_good_value() -> None:
    (row,) = rows(node(labels={}, size="", offers={}))

    assert (row["ready"], row["reason"]) == ("Unknown", "IntentMissing")
    assert [row[key] for key in ("size", "gpu", "driver", "provenAt", "proofAgeSeconds")] == [None] * 5
    assert (row["counts"]["intent"], row["counts"]["nvml"], row["counts"]["allocatable"]) == (None, None, "0")


def test_our_taints_and_the_pause_are_shown() -> None:
    taints = [
        {"key": "status-taint.cluster-autoscaler.kubernetes.io/aigpu-unhealthy", "effect": "NoSchedule"},
        {"key": "startup-taint.cluster-autoscaler.kubernetes.io/aigpu-unverified", "effect": "NoSchedule"},
        {"key": "team", "effect": "NoSchedule"},
    ]

    (row,) = rows(proven(taints=taints, labels={**INTENT, "aigpu.io/pause": "upgrade"}))

    assert (row["taints"], row["paused"], row["ready"]) == (["unverified", "unhealthy"], True, "Unknown")


def test_nodes_without_gpu_intent_are_shown_only_when_asked_for_and_have_no_verdict() -> None:
    cpu = node("cpu-0", pool="cpu", size=CPU, labels={}, taints=(), offers={})

    assert rows(cpu) == []
    assert [row["ready"] for row in rows(cpu, proven(), everything=True)] == [None, "True"]


def test_the_size_of_a_node_without_intent_is_shown_as_no_intent() -> None:
    (row,) = rows(node(labels={}, taints=()))

    assert row["gpu"] == "(1x A100 80 GB)"


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ({}, "1x A100 80 GB"),
        ({"aigpu.io/sku": "Standard_ND96amsr_A100_v4"}, "1x A100 80 GB SXM"),
        ({"aigpu.io/gpu-model": "t4"}, "1x T4"),
        ({"aigpu.io/gpu-model": "b9000"}, "1x b9000"),
        ({"aigpu.io/gpu-count": "x"}, "?x A100 80 GB"),
    ],
    ids=["a card", "a module", "a model of another size", "a model of no size", "a number that is none"],
)
def test_a_model_has_the_catalogues_name(labels: dict[str, str], told: str) -> None:
    (row,) = rows(node(labels={**INTENT, **labels}))

    assert row["gpu"] == told


def test_a_number_that_is_not_declared_is_shown_as_it_is_expected() -> None:
    labels = {key: value for key, value in INTENT.items() if not key.startswith("aigpu.io/resource")}
    (row,) = rows(node(labels=labels))

    assert row["counts"] == {
        "intent": 1,
        "nvml": None,
        "resource": "nvidia.com/gpu",
        "resourceIntent": 1,
        "allocatable": "1",
    }


def test_drivers_that_differ_within_an_image_version_are_found() -> None:
    (finding,) = find_driver_skew(rows(driven("gpu-1", "570.1"), driven("gpu-2", "570.1"), driven("gpu-3", "550.9")))

    assert (finding.status, finding.reason) == (Status.WARN, "DriverSkew")
    assert finding.seen == "AKSUbuntu-2204gen2containerd-202611.06.0: 570.1 on 2, 550.9 on 1"
    assert finding.reason in REASONS


def test_drivers_of_different_image_versions_may_differ() -> None:
    other = driven("gpu-2", "550.9")
    other["metadata"]["labels"]["kubernetes.azure.com/node-image-version"] = "AKSUbuntu-2204gen2containerd-202601.01.0"

    assert find_driver_skew(rows(driven("gpu-1", "570.1"), other)) == []


def test_a_node_without_a_known_driver_is_no_skew() -> None:
    assert find_driver_skew(rows(driven("gpu-1", "570.1"), node("gpu-2"))) == []


FALSE = proven("gpu-3", gpu_ready=said("False", "GPULost"))


@pytest.mark.parametrize(
    ("nodes", "surroundings", "code"),
    [
        pytest.param([proven("gpu-1"), proven("gpu-2")], ALL, EXIT_OK, id="all-true"),
        pytest.param([proven("gpu-1"), FALSE], ALL, EXIT_FINDINGS, id="one-false"),
        pytest.param([proven("gpu-1"), node("gpu-2")], ALL, EXIT_FINDINGS, id="one-unknown"),
        pytest.param([], ALL, EXIT_COULD_NOT_JUDGE, id="no-node"),
        pytest.param([proven()], around(heartbeats=Unknown("403")), EXIT_COULD_NOT_JUDGE, id="leases-unread"),
        pytest.param([proven()], around(intents=Unknown("403")), EXIT_COULD_NOT_JUDGE, id="intents-unread"),
        pytest.param([proven()], around(clock_doubt="403"), EXIT_COULD_NOT_JUDGE, id="clock-unread"),
        pytest.param([FALSE], around(intents=Unknown("403")), EXIT_FINDINGS, id="false-whatever-is-intended"),
        pytest.param([FALSE], around(heartbeats=Unknown("403")), EXIT_FINDINGS, id="false-whatever-is-unread"),
        pytest.param([node(size=CPU, labels={}, taints=(), offers={})], ALL, EXIT_COULD_NOT_JUDGE, id="no-gpu-node"),
    ],
)
def test_check_is_0_only_when_every_gpu_node_is_true(
    nodes: list[dict[str, Any]], surroundings: Surroundings, code: int
) -> None:
    for everything in (False, True):
        assert exit_code_of_check(rows(*nodes, surroundings=surroundings, everything=everything), surroundings) == code


def test_the_summary_counts_every_gpu_node() -> None:
    cpu = node("cpu", size=CPU, labels={}, taints=(), offers={})

    assert summarize(rows(proven("gpu-1"), node("gpu-2"), FALSE, cpu, everything=True)) == (
        "3 GPU nodes: 1 True, 1 False, 1 Unknown."
    )
    assert summarize(rows(proven("gpu-1"))) == "1 GPU node: 1 True."
