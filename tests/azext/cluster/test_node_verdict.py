"""What may be believed of a node. The property: True only when every witness is there and none contradicts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from aigpu_contract.reasons import REASONS
from azext_aigpu.cluster.node_facts import parse_node
from azext_aigpu.cluster.node_verdict import Surroundings, Verdict, is_gpu_node, judge_node
from tests.azext.cluster.given import A100, CPU, INTENT, ago, around, facts, lease, node, proof, proven, said

Case = tuple[dict[str, Any], Surroundings]


def judge(data: dict[str, Any], surroundings: Surroundings | None = None) -> Verdict:
    return judge_node(parse_node(data), surroundings or around())


def without(*keys: str) -> dict[str, str]:
    return {key: value for key, value in INTENT.items() if key not in keys}


DOUBTS: dict[str, Callable[[], tuple[dict[str, Any], Surroundings, str]]] = {
    "no agent": lambda: (proven(gpu_ready=None), around(), "NoAgent"),
    "unknown": lambda: (proven(gpu_ready=said("Unknown", "DriverUnresponsive")), around(), "DriverUnresponsive"),
    "unknown without a reason": lambda: (proven(gpu_ready=said("Unknown", "")), around(), "ProofMissing"),
    "a status of its own": lambda: (proven(gpu_ready=said("Maybe", "X")), around(), "X"),
    "lower case": lambda: (proven(gpu_ready=said("true", "X")), around(), "X"),
    "no lease": lambda: (proven(), around(lease("another")), "HeartbeatStale"),
    "stale": lambda: (proven(), around(lease(renewed=ago(seconds=181))), "HeartbeatStale"),
    "never renewed": lambda: (proven(), around(lease(renewed=None)), "HeartbeatStale"),
    "no duration": lambda: (proven(), around(lease(leaseDurationSeconds=None)), "HeartbeatStale"),
    "duration 0": lambda: (proven(), around(lease(leaseDurationSeconds=0)), "HeartbeatStale"),
    "from the future": lambda: (proven(), around(lease(renewed=ago(hours=-1))), "HeartbeatStale"),
    "leases not read": lambda: (proven(), around(heartbeats=Unknown("403")), "HeartbeatUnreadable"),
    "paused": lambda: (proven(labels={**INTENT, "aigpu.io/pause": ""}), around(), "AgentPaused"),
    "not ready": lambda: (proven(ready="False"), around(), "NodeNotReady"),
    "ready unknown": lambda: (proven(ready="Unknown"), around(), "NodeNotReady"),
    "no proof": lambda: (proven(proof=None), around(), "ProofMissing"),
    "proof of nothing": lambda: (proven(proof="{"), around(), "ProofMissing"),
    "proof without a time": lambda: (proven(proof=proof(provenAt=None)), around(), "ProofMissing"),
    "proof without gpus": lambda: (proven(proof=proof(gpus=None)), around(), "ProofMissing"),
    "leases read by a clock that is not the server's": lambda: (
        proven(),
        around(clock_doubt="error: unknown command"),
        "ClockUnreadable",
    ),
    "no boot id": lambda: (proven(boot="", proof=proof(bootId="")), around(), "ProofOutdated"),
    "another size": lambda: (proven(size=CPU), around(), "ProofContradictory"),
    "another boot": lambda: (proven(boot="boot-2"), around(), "ProofOutdated"),
    "another count": lambda: (proven(proof=proof(gpus=7)), around(), "ProofContradictory"),
    "kubelet offers none": lambda: (proven(offers={}), around(), "ProofContradictory"),
    "kubelet offers more": lambda: (proven(offers={"nvidia.com/gpu": "2"}), around(), "ProofContradictory"),
    "kubelet offers nonsense": lambda: (proven(offers={"nvidia.com/gpu": "1k"}), around(), "ProofContradictory"),
    "kubelet offers none of what is not declared": lambda: (
        proven(labels=without("aigpu.io/resource", "aigpu.io/resource-count"), offers={}),
        around(),
        "ProofContradictory",
    ),
    "kubelet offers less than an undeclared number": lambda: (
        proven(labels=without("aigpu.io/resource-count"), offers={"nvidia.com/gpu": "0"}),
        around(),
        "ProofContradictory",
    ),
    "parts of GPUs without a number": lambda: (
        proven(labels={**without("aigpu.io/resource-count"), "aigpu.io/resource": "mig-1g.10gb"}),
        around(),
        "IntentMissing",
    ),
    "shares without a number": lambda: (
        proven(labels={**without("aigpu.io/resource-count"), "aigpu.io/resource": "gpu.shared"}),
        around(),
        "IntentMissing",
    ),
    "a MIG profile without a resource": lambda: (
        proven(labels={**without("aigpu.io/resource"), "aigpu.io/mig-profile": "MIG1g"}),
        around(),
        "IntentMissing",
    ),
    "a MIG profile without a number": lambda: (
        proven(labels={**without("aigpu.io/resource-count"), "aigpu.io/mig-profile": "MIG1g"}),
        around(),
        "IntentMissing",
    ),
    "no intent": lambda: (proven(labels={}), around(), "IntentMissing"),
    "no count": lambda: (proven(labels=without("aigpu.io/gpu-count")), around(), "IntentMissing"),
    "count no number": lambda: (proven(labels={**INTENT, "aigpu.io/gpu-count": "one"}), around(), "IntentUnreadable"),
    "count 0": lambda: (proven(labels={**INTENT, "aigpu.io/gpu-count": "0"}), around(), "IntentUnreadable"),
    "intents not read": lambda: (proven(labels={}), around(intents=Unknown("403")), "IntentMissing"),
}
"""One thing that is missing, failing or contradictory on a node that is otherwise proven, and the reason it gives."""


def test_a_node_is_true_when_all_witnesses_agree() -> None:
    assert judge(proven()) == Verdict("True", "Passed")


@pytest.mark.parametrize("case", DOUBTS)
def test_one_doubt_makes_a_true_unknown(case: str) -> None:
    data, surroundings, reason = DOUBTS[case]()

    verdict = judge(data, surroundings)

    assert (verdict.status, verdict.reason) == ("Unknown", reason)
    assert verdict.next_step or reason in ("X", "DriverUnresponsive")
    assert reason == "X" or reason in REASONS


@pytest.mark.parametrize(
    "surroundings",
    [around(), around(lease(renewed=ago(days=9))), around(heartbeats=Unknown("403")), around(lease("another"))],
    ids=["fresh", "stale", "unread", "none"],
)
def test_a_false_is_believed_whoever_is_silent(surroundings: Surroundings) -> None:
    verdict = judge(proven(gpu_ready=said("False", "GPULost", "GPU 3 does not answer")), surroundings)

    assert (verdict.status, verdict.reason, verdict.message) == ("False", "GPULost", "GPU 3 does not answer")


def test_a_false_is_shown_before_a_missing_intent() -> None:
    assert judge(proven(labels={}, gpu_ready=said("False", "NoDevices"))).status == "False"


@pytest.mark.parametrize("seconds", [0, 180, -30], ids=["now", "to the second", "the list took a while"])
def test_a_lease_counts_as_long_as_it_holds(seconds: int) -> None:
    assert judge(proven(), around(lease(renewed=ago(seconds=seconds)))).status == "True"


def test_the_intent_of_a_pool_that_others_made_comes_from_the_configmap() -> None:
    foreign = proven(labels={"kubernetes.azure.com/accelerator": "nvidia"})

    assert judge(foreign).reason == "IntentMissing"
    assert judge(foreign, around(intents=Known({"gpu": INTENT}))).status == "True"
    assert judge(foreign, around(intents=Known({"other": INTENT}))).reason == "IntentMissing"


def test_the_nodes_own_labels_win_over_the_configmap() -> None:
    intents = Known({"gpu": {**INTENT, "aigpu.io/gpu-count": "8"}})

    assert judge(proven(), around(intents=intents)).status == "True"


@pytest.mark.parametrize("count", [{}, {"aigpu.io/resource-count": "1"}], ids=["no number", "a number"])
def test_a_pool_whose_gpus_come_by_claims_is_not_held_to_the_kubelet(count: dict[str, str]) -> None:
    labels = {**without("aigpu.io/resource-count"), "aigpu.io/resource": "none", **count}

    assert judge(proven(labels=labels, offers={})).status == "True"


@pytest.mark.parametrize(
    "left_out",
    [("aigpu.io/resource-count",), ("aigpu.io/resource",), ("aigpu.io/resource", "aigpu.io/resource-count")],
    ids=["number", "resource", "both"],
)
def test_whole_gpus_are_counted_by_the_intended_number_where_nothing_else_is_declared(left_out: tuple[str]) -> None:
    assert judge(proven(labels=without(*left_out))).status == "True"


def test_a_stale_heartbeat_is_stale_by_any_clock() -> None:
    surroundings = around(lease(renewed=ago(hours=1)), clock_doubt="error: unknown command")

    assert judge(proven(), surroundings).reason == "HeartbeatStale"


def test_the_size_is_compared_whatever_its_case() -> None:
    assert judge(proven(size=A100.lower())).status == "True"


def test_mig_is_held_to_its_own_resource() -> None:
    labels = {**INTENT, "aigpu.io/resource": "mig-1g.10gb", "aigpu.io/resource-count": "7"}

    assert judge(proven(labels=labels, offers={"nvidia.com/mig-1g.10gb": "7"})).status == "True"
    assert judge(proven(labels=labels, offers={"nvidia.com/gpu": "7"})).reason == "ProofContradictory"


@pytest.mark.parametrize(
    ("changes", "settings", "is_one"),
    [
        pytest.param({"size": CPU, "labels": {}, "taints": (), "offers": {}}, {}, False, id="cpu"),
        pytest.param({"size": CPU, "labels": INTENT, "taints": (), "offers": {}}, {}, True, id="mistyped"),
        pytest.param({"size": CPU, "labels": {}, "offers": {}}, {}, True, id="taint"),
        pytest.param({"size": CPU, "labels": {}, "offers": {}}, {"taint_key": "other"}, False, id="other-taint"),
        pytest.param({"size": A100, "labels": {}, "taints": (), "offers": {}}, {}, True, id="size"),
        pytest.param(
            {"size": CPU, "labels": {}, "taints": (), "offers": {}}, {"gpu_pools": frozenset({"gpu"})}, True, id="named"
        ),
        pytest.param(
            {"size": CPU, "labels": {}, "taints": (), "offers": {}}, {"intents": Known({"gpu": INTENT})}, True, id="map"
        ),
    ],
)
def test_a_gpu_node_is_told_by_intent_or_hardware(
    changes: dict[str, Any], settings: dict[str, Any], is_one: bool
) -> None:
    assert is_gpu_node(facts(**changes), around(**settings)) is is_one


def test_a_gpu_node_that_nobody_declared_is_never_silent() -> None:
    assert judge(node(labels={}, taints=())).reason == "IntentMissing"
