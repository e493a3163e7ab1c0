"""The life of the two taints, and the budget of a pool."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract.labels import STARTUP_TAINT_KEY, STATUS_TAINT_KEY
from node_agent.daemon.condition import FALSE, TRUE, UNKNOWN
from node_agent.daemon.node import NO_SCHEDULE, Condition, parse_node
from node_agent.daemon.state import State
from node_agent.daemon.taints import MODES, STARTUP_LIFE_S, Wanted, build_taints, want
from tests.node_agent import healthy
from tests.node_agent.daemon.bench import HELD, LOST, TOO_OLD_ROWS, Bench
from tests.node_agent.daemon.conftest import MakeBench
from tests.node_agent.daemon.fake_kube import FakeKube, node_body, refuse_all

STARTUP, STATUS = "aigpu-unverified", "aigpu-unhealthy"
FOREIGN: list[dict[str, Any]] = [
    {"key": "sku", "value": "gpu", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": "2026-11-23T10:00:00Z"},
    {"key": STATUS_TAINT_KEY, "value": "by-hand", "effect": "NoExecute"},
]


def old(bench: MakeBench, **settings: Any) -> Bench:
    """An agent in mode taint on a node that nobody may hold back any more."""
    kube = FakeKube(node_body())
    kube.node["metadata"]["creationTimestamp"] = "2026-11-22T10:00:00Z"
    return bench(kube, mode="taint", **settings)


def test_a_new_node_is_held_back_before_the_first_probe_and_let_go_by_its_verdict(bench: MakeBench) -> None:
    made = bench(mode="taint")
    made.turn()
    assert made.kube.writes == ["patch_taints", "patch_status", "patch_taints", "create_lease", "create_event"]
    assert (made.kube.taint_keys, made.kube.status) == ([], "True Passed")


def test_an_old_node_is_never_held_back(bench: MakeBench) -> None:
    made = old(bench)
    made.facts = HELD
    made.turn(3)
    assert "patch_taints" not in made.kube.writes


@pytest.mark.parametrize("mode", ["observe", "condition"])
def test_only_mode_taint_taints(bench: MakeBench, mode: str) -> None:
    made = bench(mode=mode)
    made.facts = LOST
    made.turn(3)
    assert made.kube.taint_keys == []


def test_the_device_plugin_is_not_waited_for(bench: MakeBench) -> None:
    made = bench(mode="taint")
    del made.kube.node["status"]["allocatable"]["nvidia.com/gpu"]
    made.turn()
    assert (made.kube.taint_keys, made.kube.status) == ([], "Unknown PluginCountMismatch")


def test_a_node_that_cannot_be_proven_is_let_go_at_ten_minutes_as_unknown(bench: MakeBench) -> None:
    made = bench(mode="taint")
    made.facts = HELD
    made.turn(9)
    assert made.kube.taint_keys == [STARTUP]
    made.turn(2)
    assert (made.kube.taint_keys, made.kube.status) == ([], "Unknown GPUBusy")
    assert "StartupTaintExpired" in [event["reason"] for event in made.kube.events.values()]


def test_a_failed_node_is_handed_over_to_the_status_taint_in_one_write(bench: MakeBench) -> None:
    made = bench(mode="taint")
    made.facts = TOO_OLD_ROWS
    made.turn()
    assert (made.kube.taint_keys, made.kube.status) == ([STARTUP], "Unknown RowRemapFailed")
    made.kube.writes.clear()
    made.turn()
    assert (made.kube.taint_keys, made.kube.status) == ([STATUS], "False RowRemapFailed")
    assert made.kube.writes.count("patch_taints") == 1
    assert made.kube.node["spec"]["taints"][0]["value"] == "RowRemapFailed"


def test_a_proof_takes_the_status_taint_and_its_place_away(bench: MakeBench) -> None:
    made = old(bench)
    made.facts = LOST
    made.turn()
    assert made.kube.taint_keys == [STATUS]
    assert made.kube.leases["taint-budget-gpu1-0"]["spec"]["holderIdentity"] == "gpu-0"
    made.facts = HELD
    made.turn()
    assert made.kube.taint_keys == [STATUS], "what is not proven is not let go"
    made.facts = healthy.healthy()
    made.turn(2)
    assert (made.kube.taint_keys, made.kube.status) == ([], "True Passed")
    assert "holderIdentity" not in made.kube.leases["taint-budget-gpu1-0"]["spec"]


def test_a_restart_within_ten_minutes_goes_on_holding_back(bench: MakeBench) -> None:
    made = bench(mode="taint")
    made.facts = HELD
    made.turn(2)
    made.start()
    made.turn()
    assert made.kube.taint_keys == [STARTUP]
    made.turn(9)
    assert made.kube.taint_keys == []


def test_a_restart_of_the_agent_on_a_proven_node_holds_nothing_back(bench: MakeBench) -> None:
    made = bench(mode="taint")
    made.turn()
    made.kube.writes.clear()
    made.start()
    made.turn()
    assert "patch_taints" not in made.kube.writes


def test_leaving_mode_taint_takes_the_taints_away(bench: MakeBench) -> None:
    made = old(bench)
    made.facts = LOST
    made.turn()
    made.start(mode="condition")
    made.turn()
    assert (made.kube.taint_keys, made.kube.status) == ([], "False GPULost")


def test_the_taints_of_others_that_come_meanwhile_are_kept(bench: MakeBench) -> None:
    made = old(bench)
    made.facts = LOST

    def cordon(name: str) -> None:
        if name == "list_nodes":
            made.kube.node["spec"]["taints"].append(FOREIGN[0])
            made.kube._written()

    made.kube.before = cordon
    made.turn()
    assert made.kube.taint_keys == ["sku", STATUS]


# ---- the budget ----


def pool_of(count: int, tainted: int) -> list[dict[str, Any]]:
    others = [node_body(f"gpu-{index}") for index in range(1, count)]
    for other in others[:tainted]:
        other["spec"]["taints"] = [{"key": STATUS_TAINT_KEY, "value": "GPULost", "effect": "NoSchedule"}]
    return others


def held_by(holder: str, renewed: str = "2026-11-23T10:00:59.000000Z") -> dict[str, Any]:
    return {"metadata": {"name": "x", "resourceVersion": "1"}, "spec": {"holderIdentity": holder, "renewTime": renewed}}


@pytest.mark.parametrize(
    ("count", "tainted", "may"),
    [(1, 0, True), (5, 0, True), (5, 1, False), (20, 1, True), (20, 2, False), (29, 2, False), (30, 2, True)],
)
def test_a_tenth_of_a_pool_and_at_least_one_node_is_tainted(
    bench: MakeBench, count: int, tainted: int, may: bool
) -> None:
    made = old(bench)
    made.kube.others = pool_of(count, tainted)
    made.facts = LOST
    made.turn()
    assert (made.kube.taint_keys == [STATUS]) == may
    assert made.kube.status == "False GPULost", "the condition tells the truth either way"
    assert ("TaintBudgetExhausted" in [one["reason"] for one in made.kube.events.values()]) != may


@pytest.mark.parametrize(
    ("lease", "is_free"),
    [
        pytest.param(held_by("gpu-1"), False, id="taken a moment ago"),
        pytest.param(held_by("gpu-1", "2026-11-23T09:00:00.000000Z"), True, id="taken and never used"),
        pytest.param(held_by("gone-9"), True, id="of a node that is gone"),
        pytest.param(held_by("gpu-0"), True, id="our own"),
        pytest.param(held_by(""), True, id="given back"),
    ],
)
def test_a_place_is_free_by_its_holder(bench: MakeBench, lease: dict[str, Any], is_free: bool) -> None:
    made = old(bench)
    made.kube.others = pool_of(5, 0)
    made.kube.leases["taint-budget-gpu1-0"] = lease
    made.facts = LOST
    made.turn()
    assert (made.kube.taint_keys == [STATUS]) == is_free


def test_the_pool_is_listed_only_for_a_taint_and_then_rarely(bench: MakeBench) -> None:
    made = old(bench)
    made.kube.others = pool_of(5, 1)
    made.turn(3)
    assert made.kube.calls.count("list_nodes") == 0
    made.facts = LOST
    made.turn(10)
    assert made.kube.calls.count("list_nodes") == 1
    made.kube.others = pool_of(5, 0)
    made.turn()
    assert made.kube.taint_keys == [STATUS]


def test_a_budget_that_cannot_be_read_taints_nothing(bench: MakeBench) -> None:
    made = old(bench)
    made.facts = LOST
    made.kube.before = lambda name: refuse_all(name) if name == "list_nodes" else None
    made.turn()
    assert made.kube.taint_keys == []
    made.kube.before = lambda _: None
    made.turn()
    assert made.kube.taint_keys == [STATUS]


# ---- the pure list ----

KEYS = st.sampled_from([STARTUP_TAINT_KEY, STATUS_TAINT_KEY, "sku", "node.kubernetes.io/not-ready"])
TAINTS = st.lists(
    st.fixed_dictionaries(
        {"key": KEYS, "effect": st.sampled_from(["NoSchedule", "NoExecute", "PreferNoSchedule"])},
        optional={"value": st.sampled_from(["", "gpu"]), "timeAdded": st.just("2026-11-23T10:00:00Z")},
    ),
    unique_by=lambda taint: (taint["key"], taint["effect"]),
    max_size=6,
)


def is_ours(taint: dict[str, Any]) -> bool:
    return taint["key"] in (STARTUP_TAINT_KEY, STATUS_TAINT_KEY) and taint["effect"] == NO_SCHEDULE


@given(TAINTS, st.sampled_from([None, "", "GPULost"]), st.sampled_from([None, "", "GPULost"]))
def test_a_taint_of_another_owner_is_never_touched(
    taints: list[dict[str, Any]], startup: str | None, status: str | None
) -> None:
    body = node_body()
    body["spec"]["taints"] = taints
    node = parse_node(body)
    written = build_taints(node, Wanted(startup, status))
    after = list(node.taints) if written is None else [dict(one) for one in written]
    assert [one for one in after if not is_ours(dict(one))] == [one for one in taints if not is_ours(one)]
    standing = {one["key"] for one in after if is_ours(dict(one))}
    wanted = {STARTUP_TAINT_KEY: startup, STATUS_TAINT_KEY: status}
    assert standing == {key for key, value in wanted.items() if value is not None}


@given(
    TAINTS,
    st.sampled_from(MODES),
    st.sampled_from([None, TRUE, FALSE, UNKNOWN]),
    st.booleans(),
    st.booleans(),
    st.floats(0, 3600),
)
def test_which_taints_stand(
    taints: list[dict[str, Any]], mode: str, status: str | None, judged: bool, holds_back: bool, age: float
) -> None:
    body = node_body()
    body["spec"]["taints"] = taints
    node = parse_node(body)
    condition = None if status is None else Condition(status, "GPULost", "")
    wanted = want(
        node, State(condition=condition, is_judged=judged), mode, (node.created_at or 0) + age, holds_back=holds_back
    )
    assert (wanted.startup is not None) == (mode == "taint" and holds_back and not judged and age < STARTUP_LIFE_S)
    if mode != "taint" or status == TRUE:
        assert wanted.status is None
    elif status == FALSE:
        assert wanted.status == "GPULost"
    else:
        assert (wanted.status is not None) == node.has_taint(STATUS_TAINT_KEY), "a doubt neither sets nor lifts it"
