from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.tables import node

NODE: dict[str, Any] = {
    "name": "aks-a100-12345678-vmss00000a",
    "pool": "a100",
    "size": "Standard_NC24ads_A100_v4",
    "gpu": "1x A100 80 GB",
    "counts": {
        "intent": 1,
        "nvml": 1,
        "resource": "nvidia.com/gpu",
        "resourceIntent": 1,
        "allocatable": "1",
    },
    "driver": "570.86.15",
    "imageVersion": "AKSUbuntu-2204gen2containerd-202611.06.0",
    "ready": "True",
    "reason": "Passed",
    "message": None,
    "proofAgeSeconds": 7200,
    "taints": [],
    "paused": False,
}
FINDING: dict[str, Any] = {
    "status": "FAIL",
    "reason": "CPUOnlyPodOnGPUNode",
    "what": "Job team-a/train",
    "pool": "a100",
    "nodes": ["aks-a100-1"],
    "hourly": 3.673,
    "soFar": 264.456,
    "seen": "asks for no GPU; nobody asks for a GPU there; toleration sku; nodeSelector hardware=gpu",
}


def test_a_row_of_a_node() -> None:
    assert node.format_nodes([NODE]) == [
        {
            "Name": "aks-a100-12345678-vmss00000a",
            "Size": "Standard_NC24ads_A100_v4",
            "GPU": "1x A100 80 GB",
            "Int/NVML/Kube": "1/1/1",
            "Driver": "570.86.15",
            "GPUReady": "True",
            "Proven": "2h",
            "Held": "-",
        }
    ]


def test_what_is_not_known_is_a_question_mark_and_no_good_value() -> None:
    unknown = {
        **NODE,
        "size": None,
        "gpu": None,
        "driver": None,
        "ready": "Unknown",
        "reason": "NoAgent",
        "proofAgeSeconds": None,
        "counts": {**NODE["counts"], "nvml": None},
    }

    (row,) = node.format_nodes([unknown])

    assert (row["GPUReady"], row["Int/NVML/Kube"]) == ("Unknown NoAgent", "1/?/1")
    assert {row[key] for key in ("Size", "GPU", "Driver", "Proven")} == {"?"}


def test_a_node_without_gpu_intent_has_no_verdict() -> None:
    assert node.format_nodes([{**NODE, "ready": None, "reason": None}])[0]["GPUReady"] == "-"


def test_what_holds_a_node_back_is_shown() -> None:
    held = {**NODE, "taints": ["unverified", "unhealthy"], "paused": True}

    assert node.format_nodes([held])[0]["Held"] == "unverified unhealthy paused"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (-3, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (7260, "2h1m"), (172_800, "2d"), (None, "?")],
)
def test_an_age_is_short(seconds: int | None, text: str) -> None:
    assert node.format_nodes([{**NODE, "proofAgeSeconds": seconds}])[0]["Proven"] == text


def test_a_node_is_shown_a_fact_a_line() -> None:
    facts = {line["Fact"]: line["Value"] for line in node.format_node(NODE)}

    assert (facts["ready"], facts["nvml"], facts["message"], facts["taints"]) == ("True", "1", "?", "-")
    assert "counts" not in facts


def test_a_row_of_a_finding() -> None:
    (row,) = node.format_scan({"findings": [FINDING]})

    assert list(row.values())[:6] == ["FAIL", "CPUOnlyPodOnGPUNode", "Job team-a/train", "a100", "$3.67", "$264.46"]
    assert row["Seen"].startswith("asks for no GPU; ")
    assert len(row["Seen"]) == 60


@pytest.mark.parametrize(
    ("nodes", "hourly", "so_far", "shown"),
    [
        pytest.param(["a"], None, None, ("?", "?"), id="no-price"),
        pytest.param(["a"], 3.673, None, ("$3.67", "-"), id="nobody-counts-idle-gpus"),
        pytest.param(["a"], 0.768, 0.0, ("$0.77", "$0.00"), id="just-begun"),
        pytest.param([], None, None, ("-", "-"), id="no-node-concerned"),
    ],
)
def test_a_cost_that_is_not_known_is_not_nothing(
    nodes: list[str], hourly: float | None, so_far: float | None, shown: tuple[str, str]
) -> None:
    finding = {**FINDING, "nodes": nodes, "hourly": hourly, "soFar": so_far, "pool": None}

    (row,) = node.format_scan({"findings": [finding]})

    assert (row["$/h"], row["So far"], row["Pool"]) == (*shown, "-")


def test_control_characters_do_not_reach_the_terminal() -> None:
    (row,) = node.format_nodes([{**NODE, "name": "a\x1b[2J", "reason": "x\x07", "ready": "False"}])

    assert "\x1b" not in row["Name"]
    assert "\x07" not in row["GPUReady"]
