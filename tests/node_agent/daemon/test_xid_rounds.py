"""What XIDs make of a node, over rounds, restarts and reboots."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigpu_contract.labels import FAULTS_ANNOTATION, PAUSE_LABEL
from node_agent.daemon.xids import Xid
from node_agent.facts import Facts
from tests.node_agent import healthy
from tests.node_agent.daemon.bench import BOOT, HELD, LOST, OTHER_BOOT, Bench
from tests.node_agent.daemon.conftest import MakeBench
from tests.node_agent.daemon.fake_kube import CrashError, FakeKube, node_body, refuse_all


def told(made: Bench, number: int, uuid: str = healthy.uuid(1)) -> None:
    made.ear.said.append(Xid(number, uuid, made.boot_s))


def without_recovery_action(facts: Facts) -> Facts:
    return healthy.with_every_gpu(facts, recovery_action=None)


@pytest.mark.parametrize(
    ("number", "status"),
    [(13, "True Passed"), (63, "True XIDSeen"), (4711, "True XIDSeen"), (79, "True XIDSeen"), (48, "True XIDSeen")],
)
def test_where_the_driver_tells_the_recovery_an_xid_is_no_verdict(bench: MakeBench, number: int, status: str) -> None:
    made = bench()
    made.turn()
    told(made, number)
    made.turn()
    assert made.kube.status == status


def test_an_xid_that_needs_a_reset_is_cleared_by_a_new_kernel(bench: MakeBench) -> None:
    made = bench()
    made.facts = without_recovery_action(made.facts)
    made.turn()
    made.facts = without_recovery_action(HELD)
    told(made, 48)
    made.turn(4)
    assert made.kube.status == "False XIDNeedsReset", "the GPU is held, so nothing can prove it"
    made.facts = without_recovery_action(healthy.healthy())
    made.turn(2)
    assert made.kube.status == "True Passed"


def test_a_waived_kernel_clears_no_xid(bench: MakeBench) -> None:
    made = bench(declared={"--waive": ["cuda-kernel=the GPUs are never idle"]})
    made.facts = without_recovery_action(HELD)
    told(made, 48)
    made.turn(6)
    assert made.kube.status == "False XIDNeedsReset"


def test_an_xid_is_believed_before_a_kernel_runs(bench: MakeBench) -> None:
    made = bench()
    made.facts = without_recovery_action(made.facts)
    made.turn()
    told(made, 48)
    made.turn()
    assert made.kube.status == "False XIDNeedsReset"
    made.turn()
    assert [one.kernel for one in made.asked] == [True, False, True]
    assert made.kube.status == "True Passed"


def test_a_dead_gpu_is_cleared_by_no_proof_of_the_same_boot(bench: MakeBench) -> None:
    made = bench()
    made.facts = without_recovery_action(made.facts)
    made.turn()
    told(made, 79)
    made.turn(3)
    assert made.kube.status == "False XIDFatal"
    made.start()
    made.turn(3)
    assert made.kube.status == "False XIDFatal"
    made.boot(OTHER_BOOT)
    made.start()
    made.turn()
    assert made.kube.status == "True Passed"


# ---- what a restart must not forget ----

DEAD, SECOND_DEAD, DRAIN = 79, 143, 48


def uncovered(bench: MakeBench) -> Bench:
    """An agent on a proven node whose driver tells no recovery action: there an XID decides."""
    made = bench()
    made.facts = without_recovery_action(made.facts)
    made.turn()
    assert made.kube.status == "True Passed"
    return made


def kept(made: Bench) -> dict[str, Any]:
    """What the annotation says."""
    text = made.kube.node["metadata"]["annotations"].get(FAULTS_ANNOTATION, "{}")
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize(
    "heard",
    [
        pytest.param([(DRAIN, 0), (DEAD, 1)], id="after one that needs a reset"),
        pytest.param([(DEAD, 0), (DEAD, 1)], id="of two GPUs"),
        pytest.param([(DEAD, 0), (SECOND_DEAD, 0)], id="two of one GPU"),
        pytest.param([(13, 0), (63, 1), (DEAD, 1)], id="after some that say nothing"),
    ],
)
def test_every_dead_xid_outlives_restarts_and_new_kernels_until_the_next_boot(
    bench: MakeBench, heard: list[tuple[int, int]]
) -> None:
    made = uncovered(bench)
    for number, gpu in heard:
        told(made, number, healthy.uuid(gpu))
    made.turn()
    assert made.kube.status.startswith("False XID")
    for _ in range(3):
        made.start()
        made.turn(3)
        assert made.kube.status == "False XIDFatal"
    dead = {(number, healthy.uuid(gpu)) for number, gpu in heard if number in (DEAD, SECOND_DEAD)}
    assert {(one["xid"], one["gpu"]) for one in kept(made)["xids"]} == dead
    made.boot(OTHER_BOOT)
    made.start()
    made.turn()
    assert made.kube.status == "True Passed"
    assert kept(made) == {}


def test_a_dead_xid_behind_another_fault_outlives_a_restart(bench: MakeBench) -> None:
    made = uncovered(bench)
    told(made, DEAD)
    made.facts = without_recovery_action(LOST)
    made.turn()
    assert made.kube.status == "False GPULost", "the first cause is another one"
    made.facts = without_recovery_action(healthy.healthy())
    made.start()
    made.turn(3)
    assert made.kube.status == "False XIDFatal"


@pytest.mark.parametrize(("number", "status"), [(DEAD, "False XIDFatal"), (DRAIN, "False XIDNeedsReset")])
def test_an_xid_outlives_an_agent_that_dies_in_the_round_after_it(bench: MakeBench, number: int, status: str) -> None:
    made = uncovered(bench)
    told(made, number)
    made.dies_in_probe = True
    with pytest.raises(CrashError):
        made.turn()
    made.dies_in_probe = False
    made.start()
    made.turn()
    assert made.kube.status == status


def test_an_xid_just_before_a_pause_outlives_the_restart_in_it(bench: MakeBench) -> None:
    made = uncovered(bench)
    told(made, DEAD)
    made.kube.node["metadata"]["labels"][PAUSE_LABEL] = "true"
    made.turn()
    made.start()
    made.turn()
    del made.kube.node["metadata"]["labels"][PAUSE_LABEL]
    made.turn()
    assert made.kube.status == "False XIDFatal"


def test_an_xid_that_was_cleared_by_a_kernel_is_not_kept(bench: MakeBench) -> None:
    made = uncovered(bench)
    told(made, DRAIN)
    made.turn(2)
    assert (made.kube.status, kept(made)) == ("True Passed", {})


def test_an_xid_that_cannot_be_written_down_is_when_the_server_is_back(bench: MakeBench) -> None:
    made = uncovered(bench)
    told(made, DEAD)
    made.kube.before = refuse_all
    made.turn()
    made.kube.before = lambda _: None
    made.turn()
    assert kept(made)["xids"] == [{"xid": DEAD, "gpu": healthy.uuid(1)}]


def test_the_same_xid_over_and_over_is_written_once(bench: MakeBench) -> None:
    made = uncovered(bench)
    told(made, DEAD)
    made.turn(2)
    made.kube.writes.clear()
    for _ in range(20):
        told(made, DEAD)
        made.turn(seconds=1.0)
    assert "patch_status" not in made.kube.writes


def test_an_xid_of_an_unknown_gpu_counts(bench: MakeBench) -> None:
    made = uncovered(bench)
    told(made, DEAD, "")
    made.turn()
    made.start()
    made.turn(2)
    assert made.kube.status == "False XIDFatal"


def test_observing_reads_what_was_kept_and_writes_nothing(bench: MakeBench) -> None:
    made = uncovered(bench)
    told(made, DEAD)
    made.turn()
    made.start(mode="observe")
    made.kube.writes.clear()
    made.turn(3)
    assert made.kube.writes == []
    assert "aigpu_node_ready 0\n" in made.metrics.render()


def test_an_xid_heard_before_the_first_answer_of_the_server_is_remembered(bench: MakeBench) -> None:
    made = bench()
    made.facts = without_recovery_action(made.facts)
    made.kube.before = refuse_all
    told(made, DEAD)
    made.turn(2)
    made.kube.before = lambda _: None
    made.turn()
    assert made.kube.status == "False XIDFatal"
    assert kept(made)["xids"] == [{"xid": DEAD, "gpu": healthy.uuid(1)}]


def of_boot(boot_id: str, rest: str) -> str:
    return f'{{"bootId":"{boot_id}",{rest}}}'


SPOILT = [
    pytest.param("", id="empty"),
    pytest.param("no json", id="no JSON"),
    pytest.param("[]", id="a list"),
    pytest.param("{}", id="without a boot"),
    pytest.param("[" * 100_000, id="deep"),
    pytest.param(of_boot(BOOT, '"xids":[{"xid":"79","gpu":"x"}]'), id="no number"),
    pytest.param(of_boot(BOOT, '"xids":[{"xid":79}]'), id="no GPU"),
    pytest.param(of_boot(BOOT, '"xids":{}'), id="no list"),
    pytest.param(of_boot(BOOT, '"xidz":[]'), id="another key"),
    pytest.param(of_boot(BOOT, '"xids":[{"xid":79,"gpu":"x"}],"xids":[]'), id="a key twice"),
]


@pytest.mark.parametrize("text", SPOILT)
def test_a_spoilt_annotation_is_a_doubt_until_the_next_boot(bench: MakeBench, text: str) -> None:
    made = uncovered(bench)
    made.kube.node["metadata"]["annotations"][FAULTS_ANNOTATION] = text
    for _ in range(2):
        made.start()
        made.turn(3)
        assert made.kube.status == "Unknown XIDsLost"
    made.boot(OTHER_BOOT)
    made.start()
    made.turn()
    assert made.kube.status == "True Passed"


@pytest.mark.parametrize("message", ["by hand", f"xid: a GPU ... [boot {BOOT[:8]}]"], ids=["no boot", "this boot"])
def test_a_dead_gpu_whose_annotation_was_taken_away_is_not_proven_until_the_next_boot(
    bench: MakeBench, message: str
) -> None:
    made = uncovered(bench)
    told(made, DEAD)
    made.turn()
    del made.kube.node["metadata"]["annotations"][FAULTS_ANNOTATION]
    assert made.kube.condition is not None
    made.kube.condition["message"] = message
    for _ in range(2):
        made.start()
        made.turn(3)
        assert made.kube.status == "False XIDFatal"
    made.boot(OTHER_BOOT)
    made.start()
    made.turn()
    assert made.kube.status == "True Passed"


def test_what_is_taken_away_while_the_agent_lives_is_put_back(bench: MakeBench) -> None:
    made = uncovered(bench)
    told(made, DEAD)
    made.turn()
    del made.kube.node["metadata"]["annotations"][FAULTS_ANNOTATION]
    made.turn()
    assert kept(made)["xids"] == [{"xid": DEAD, "gpu": healthy.uuid(1)}]


def test_without_the_id_of_the_boot_what_was_kept_is_of_this_boot(bench: MakeBench) -> None:
    made = uncovered(bench)
    told(made, DEAD)
    made.turn()
    made.boot("")
    made.start()
    made.turn(3)
    assert made.kube.status == "False XIDFatal"
    made.boot(BOOT)
    made.start()
    made.turn(3)
    assert made.kube.status == "False XIDFatal"


def test_an_annotation_of_a_boot_before_is_taken_away(bench: MakeBench) -> None:
    kube = FakeKube(node_body())
    kube.node["metadata"]["annotations"][FAULTS_ANNOTATION] = of_boot(OTHER_BOOT, '"xids":[{"xid":79,"gpu":"x"}]')
    made = bench(kube)
    made.facts = without_recovery_action(made.facts)
    made.turn()
    assert (made.kube.status, kept(made)) == ("True Passed", {})


# ---- nobody listens ----


def test_that_nobody_hears_xids_is_a_warning(bench: MakeBench) -> None:
    made = bench()
    made.ear.problem = "no GPU of this node tells XIDs"
    made.turn()
    assert made.kube.status == "True XIDsNotHeard"
    made.ear.problem = ""
    made.turn()
    assert made.kube.status == "True Passed"
