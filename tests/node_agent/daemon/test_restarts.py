"""An agent that never lives for long keeps no bad node looking good, and no good one looking bad."""

from __future__ import annotations

import copy

import pytest

from aigpu_contract.labels import FAULTS_ANNOTATION
from node_agent.daemon.condition import MOST_CHARACTERS
from node_agent.daemon.reporters.cluster import BUDGET_NOTE, build_message
from tests.node_agent import healthy
from tests.node_agent.daemon.bench import BOOT, HELD, LOST, NOT_INJECTED, OTHER_BOOT, TOO_OLD_ROWS
from tests.node_agent.daemon.conftest import MakeBench
from tests.node_agent.daemon.fake_kube import CrashError, FakeKube, node_body, refuse_all
from tests.node_agent.daemon.test_taints import STATUS, old, pool_of


def test_a_fault_that_two_agents_saw_once_each_is_false(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.facts = TOO_OLD_ROWS
    made.turn()
    assert made.kube.status == "Unknown RowRemapFailed"
    made.start()
    made.turn()
    assert made.kube.status == "False RowRemapFailed"


def test_a_fault_before_a_reboot_is_no_first_look(bench: MakeBench) -> None:
    made = bench()
    made.facts = TOO_OLD_ROWS
    made.turn()
    made.boot(OTHER_BOOT)
    made.start()
    made.turn()
    assert made.kube.status == "Unknown RowRemapFailed"


def test_a_proof_between_two_agents_begins_the_count_anew(bench: MakeBench) -> None:
    made = bench()
    made.facts = TOO_OLD_ROWS
    made.turn()
    made.facts = healthy.healthy()
    made.turn(2)
    assert made.kube.status == "True Passed"
    assert FAULTS_ANNOTATION not in made.kube.node["metadata"]["annotations"]
    made.facts = TOO_OLD_ROWS
    made.start()
    made.turn()
    assert made.kube.status == "Unknown RowRemapFailed"


def test_the_count_is_written_with_the_condition_and_not_once_a_round(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.writes.clear()
    made.facts = TOO_OLD_ROWS
    made.turn(20)
    assert made.kube.writes.count("patch_status") == 2


def test_a_wrong_offer_of_the_kubelet_is_false_after_five_minutes_of_many_agents(bench: MakeBench) -> None:
    made = bench()
    made.kube.node["status"]["allocatable"]["nvidia.com/gpu"] = "0"
    for _ in range(5):
        made.start()
        made.turn()
        assert made.kube.status == "Unknown PluginCountMismatch"
    for _ in range(2):
        made.start()
        made.turn()
    assert made.kube.status == "False PluginCountMismatch"


def test_a_new_container_gets_its_five_minutes_for_devices(bench: MakeBench) -> None:
    made = bench()
    made.facts = NOT_INJECTED
    made.turn(5)
    assert made.turn() is not None
    made.start()
    assert made.turn(5) is None


# ---- agents that end no round ----


def test_a_true_whose_lease_has_run_out_is_unknown_before_the_first_round(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.boot_s += 481
    made.start()
    made.dies_in_probe = True
    with pytest.raises(CrashError):
        made.turn()
    assert made.kube.status == "Unknown HeartbeatStale"
    made.dies_in_probe = False
    made.start()
    made.turn()
    assert made.kube.status == "True Passed"


def test_a_true_without_a_proof_on_the_node_is_doubted_and_no_reboot_is_claimed(bench: MakeBench) -> None:
    made = bench(declared={"--waive": ["cuda-kernel=the GPUs are never idle"]})
    made.facts = HELD
    made.turn()
    assert made.kube.status == "True GPUBusy"
    made.start()
    made.dies_in_probe = True
    with pytest.raises(CrashError):
        made.turn()
    assert made.kube.status == "Unknown ProofMissing"


@pytest.mark.parametrize("lease", [None, {}, {"renewTime": "x"}, {"renewTime": "2036-01-01T00:00:00.000000Z"}])
def test_a_lease_that_says_nothing_vouches_for_nothing(bench: MakeBench, lease: dict[str, object] | None) -> None:
    made = bench()
    made.turn()
    name, spec = "gpu-0", made.kube.leases["gpu-0"]["spec"]
    if lease is None:
        del made.kube.leases[name]
    else:
        made.kube.leases[name]["spec"] = {"leaseDurationSeconds": spec["leaseDurationSeconds"], **lease}
    made.start()
    made.dies_in_probe = True
    with pytest.raises(CrashError):
        made.turn()
    assert made.kube.status == "Unknown HeartbeatStale"


def test_a_lease_that_cannot_be_read_vouches_for_nothing(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.start()
    made.dies_in_probe = True
    made.kube.before = lambda name: refuse_all(name) if name == "read_lease" else None
    with pytest.raises(CrashError):
        made.turn()
    assert made.kube.status == "Unknown HeartbeatStale"


def test_a_node_is_not_held_back_for_ever_by_agents_that_end_no_round(bench: MakeBench) -> None:
    made = bench(mode="taint")
    made.dies_in_probe = True
    for _ in range(12):
        made.start()
        with pytest.raises(CrashError):
            made.turn()
        made.boot_s += 60
    assert made.kube.taint_keys == []


def test_a_failed_node_stays_tainted_by_agents_that_end_no_round(bench: MakeBench) -> None:
    made = old(bench)
    made.facts = LOST
    made.turn()
    made.dies_in_probe = True
    for _ in range(12):
        made.start()
        with pytest.raises(CrashError):
            made.turn()
        made.boot_s += 60
    assert (made.kube.taint_keys, made.kube.status) == ([STATUS], "False GPULost")


# ---- a boot without an id ----


def test_a_node_whose_boot_has_no_id_is_not_proven_and_its_gpus_are_left_alone(bench: MakeBench) -> None:
    made = bench()
    made.boot("")
    made.start()
    made.turn(3)
    assert made.kube.status == "Unknown BootUnknown"
    assert not any(one.cuda for one in made.asked)
    made.boot(BOOT)
    made.turn()
    assert made.kube.status == "True Passed"


def test_an_id_that_is_missing_for_a_round_costs_no_new_kernel(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.boot("")
    made.turn()
    assert made.kube.status == "Unknown BootUnknown"
    made.boot(BOOT)
    made.turn()
    assert made.kube.status == "True Passed"
    assert sum(one.kernel for one in made.asked) == 1


# ---- the note of the budget ----


def test_restarts_write_the_note_of_the_budget_once(bench: MakeBench) -> None:
    made = old(bench)
    made.kube.others = pool_of(5, 1)
    made.facts = LOST
    made.turn(12)
    made.facts = HELD
    for _ in range(3):
        made.start()
        made.turn(12)
    assert made.kube.condition is not None
    message = made.kube.condition["message"]
    assert message.count(BUDGET_NOTE) == 1
    assert message.endswith(f"{BUDGET_NOTE} [boot {BOOT[:8]}]")


@pytest.mark.parametrize("mark", ["", f" [boot {BOOT[:8]}]"])
def test_a_message_keeps_its_length_and_its_mark(mark: str) -> None:
    noted = build_message("x" * 2000 + mark, is_exhausted=True)
    assert len(noted) == MOST_CHARACTERS
    assert noted.endswith(BUDGET_NOTE + mark)
    assert BUDGET_NOTE not in build_message(noted, is_exhausted=False)


def test_a_new_node_is_not_held_back_by_a_fault_of_another_boot(bench: MakeBench) -> None:
    kube = FakeKube(node_body())
    kube.node["metadata"]["annotations"][FAULTS_ANNOTATION] = f'{{"bootId":"{OTHER_BOOT}","badRounds":2}}'
    made = bench(kube)
    made.facts = TOO_OLD_ROWS
    made.turn()
    assert made.kube.status == "Unknown RowRemapFailed"


def test_a_cache_that_lags_hides_nothing_from_a_new_agent(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.cached = copy.deepcopy(made.kube.node)
    made.facts = LOST
    made.turn()
    assert made.kube.status == "False GPULost"
    made.facts = HELD
    made.start()
    made.dies_in_probe = True
    with pytest.raises(CrashError):
        made.turn()
    assert made.kube.status == "False GPULost"
    assert made.agent.state.condition is not None
    assert made.agent.state.condition.reason == "GPULost"
