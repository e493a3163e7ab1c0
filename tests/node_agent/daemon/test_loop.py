"""What becomes of a node over rounds, restarts and reboots, on given facts and a fake API server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from aigpu_contract.labels import PAUSE_LABEL, PROOF_ANNOTATION
from aigpu_contract.reading import Known, Unknown
from node_agent.daemon.xids import Xid
from node_agent.facts import Facts
from tests.node_agent import healthy
from tests.node_agent.daemon.bench import OTHER_BOOT, Bench
from tests.node_agent.daemon.conftest import MakeBench
from tests.node_agent.daemon.fake_kube import FakeKube, node_body, refuse_all

LOST = healthy.with_gpu(healthy.healthy(), error=15)
TOO_OLD_ROWS = healthy.with_gpu(healthy.healthy(), remap_failed=True)
HELD = healthy.with_cuda(
    healthy.with_nvml(healthy.healthy(), processes=Known((healthy.process(77),))),
    devices=tuple(healthy.cuda_device(i, proof=None, skipped="process 77 holds it (compute)") for i in range(2)),
)


def test_a_proven_node_gets_condition_proof_and_label_in_one_write(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    assert made.kube.status == "True Passed"
    proof = json.loads(made.kube.node["metadata"]["annotations"][PROOF_ANNOTATION])
    assert (proof["gpus"], proof["driver"]) == (2, healthy.DRIVER)
    assert made.kube.node["metadata"]["labels"]["aigpu.io/driver"] == healthy.DRIVER
    assert made.kube.writes == ["patch_status", "create_lease", "create_event"]


def test_a_healthy_node_writes_nothing_but_its_lease(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.writes.clear()
    made.turn(60)
    assert made.kube.writes == ["patch_lease"] * 12
    assert "list_nodes" not in made.kube.calls


def test_the_kernel_runs_once(bench: MakeBench) -> None:
    made = bench()
    made.turn(5)
    assert [(one.cuda, one.kernel) for one in made.asked] == [(True, True)] + [(False, False)] * 4


def test_after_a_restart_the_annotation_stands_for_the_kernel(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.writes.clear()
    made.start()
    made.turn(2)
    assert [(one.cuda, one.kernel) for one in made.asked[1:]] == [(True, False), (False, False)]
    assert made.kube.status == "True Passed"
    assert made.kube.writes == ["patch_lease"]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda proof: {**proof, "bootId": OTHER_BOOT}, id="of another boot"),
        pytest.param(lambda proof: {**proof, "driver": "550.1"}, id="of another driver"),
        pytest.param(lambda proof: {**proof, "gpus": 1}, id="of fewer GPUs"),
        pytest.param(lambda proof: {**proof, "gpus": True}, id="of no number"),
        pytest.param(lambda _: [], id="of another form"),
    ],
)
def test_another_annotation_stands_for_nothing(bench: MakeBench, spoil: Callable[[Any], Any]) -> None:
    made = bench()
    made.turn()
    annotations = made.kube.node["metadata"]["annotations"]
    annotations[PROOF_ANNOTATION] = json.dumps(spoil(json.loads(annotations[PROOF_ANNOTATION])))
    made.facts = replace(made.facts, cuda=HELD.cuda, nvml=HELD.nvml)
    made.start()
    made.turn(2)
    assert made.kube.status == "Unknown GPUBusy"


def test_taking_the_annotation_away_asks_for_a_new_kernel(bench: MakeBench) -> None:
    made = bench()
    made.turn(2)
    del made.kube.node["metadata"]["annotations"][PROOF_ANNOTATION]
    made.turn(2)
    assert [one.kernel for one in made.asked] == [True, False, True, False]
    assert PROOF_ANNOTATION in made.kube.node["metadata"]["annotations"]


def test_a_held_gpu_is_nobodys_fault_and_proven_when_it_is_free(bench: MakeBench) -> None:
    made = bench()
    made.facts, well = HELD, made.facts
    made.turn(5)
    assert made.kube.status == "Unknown GPUBusy"
    made.facts = well
    made.turn(2)
    assert made.kube.status == "True Passed"


def test_a_held_gpu_is_not_asked_in_every_round(bench: MakeBench) -> None:
    made = bench()
    made.facts = HELD
    made.turn(30)
    assert sum(one.cuda for one in made.asked) == 5


# ---- bad news ----


def test_a_fault_is_unknown_at_once_and_false_when_seen_twice(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.facts = TOO_OLD_ROWS
    made.turn()
    assert made.kube.status == "Unknown RowRemapFailed"
    made.turn()
    assert made.kube.status == "False RowRemapFailed"


def test_a_lost_gpu_is_false_at_once(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.facts = LOST
    made.turn()
    assert made.kube.status == "False GPULost"


@pytest.mark.parametrize(
    "doubt",
    [
        pytest.param(replace(healthy.healthy(), nvml=Unknown("no answer")), id="NVML not read"),
        pytest.param(replace(healthy.healthy(), pci=Unknown("no sysfs")), id="bus not read"),
        pytest.param(Facts(), id="nothing read"),
    ],
)
def test_a_doubt_takes_a_true_away_and_clears_no_false(bench: MakeBench, doubt: Facts) -> None:
    made = bench()
    made.turn()
    made.facts = doubt
    made.turn()
    assert made.kube.status.startswith("Unknown ")
    made.facts = LOST
    made.turn()
    made.facts = doubt
    made.turn(3)
    assert made.kube.status == "False GPULost"


def test_a_false_is_cleared_by_a_new_kernel_and_by_nothing_less(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.facts = LOST
    made.turn(2)
    assert PROOF_ANNOTATION not in made.kube.node["metadata"]["annotations"]
    made.facts = HELD
    made.turn(3)
    assert made.kube.status == "False GPULost"
    made.facts = healthy.healthy()
    made.turn(2)
    assert made.kube.status == "True Passed"


def test_a_false_outlives_a_restart(bench: MakeBench) -> None:
    made = bench()
    made.facts = LOST
    made.turn()
    made.facts = HELD
    made.start()
    made.turn(2)
    assert made.kube.status == "False GPULost"


def test_a_reboot_makes_it_unknown_before_the_first_round(bench: MakeBench) -> None:
    made = bench()
    made.facts = LOST
    made.turn()
    made.boot(OTHER_BOOT)
    made.kube.writes.clear()
    seen: list[str] = []
    made.start()
    made.kube.before = lambda name: seen.append(made.kube.status) if name == "patch_status" else None
    made.turn()
    assert seen == ["False GPULost", "Unknown NodeRebooted"]
    assert made.kube.status == "False GPULost"


def test_a_true_of_another_boot_is_no_true(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.boot(OTHER_BOOT)
    made.facts = HELD
    made.start()
    made.turn()
    assert made.kube.status == "Unknown GPUBusy"


def test_a_true_without_a_proof_is_no_true(bench: MakeBench) -> None:
    kube = FakeKube(node_body())
    kube.node["status"]["conditions"].append(
        {"type": "aigpu.io/GPUReady", "status": "True", "reason": "Passed", "message": "by hand"}
    )
    made = bench(kube)
    made.facts = HELD
    made.turn()
    assert made.kube.status == "Unknown GPUBusy"


def test_a_wrong_offer_of_the_kubelet_has_five_minutes(bench: MakeBench) -> None:
    made = bench()
    made.kube.node["status"]["allocatable"]["nvidia.com/gpu"] = "0"
    made.turn(5)
    assert made.kube.status == "Unknown PluginCountMismatch"
    made.turn(2)
    assert made.kube.status == "False PluginCountMismatch"
    made.kube.node["status"]["allocatable"]["nvidia.com/gpu"] = "2"
    made.facts = HELD
    made.turn()
    assert made.kube.status == "True Passed", "the kernel's proof stands: the plugin says nothing of CUDA"


def test_a_node_without_intent_is_unknown_and_never_silent(bench: MakeBench) -> None:
    made = bench()
    made.kube.node["metadata"]["labels"] = {"agentpool": "gpu1"}
    made.turn()
    assert made.kube.status == "Unknown IntentMissing"


def test_the_intent_of_an_adopted_pool_comes_from_the_configmap(bench: MakeBench) -> None:
    made = bench()
    labels = made.kube.node["metadata"]["labels"]
    made.kube.intent = {
        "gpu1": json.dumps({key: value for key, value in labels.items() if key.startswith("aigpu.io/")})
    }
    made.kube.node["metadata"]["labels"] = {
        "agentpool": "gpu1",
        "node.kubernetes.io/instance-type": labels["aigpu.io/sku"],
    }
    made.turn(2)
    assert made.kube.status == "True Passed"


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '{"aigpu.io/gpu-count": 2}', '{"aigpu.io/gpu-count": "2"}'])
def test_an_intent_that_cannot_be_read_is_no_intent(bench: MakeBench, text: str) -> None:
    made = bench()
    made.kube.intent = {"gpu1": text}
    made.kube.node["metadata"]["labels"] = {"agentpool": "gpu1"}
    made.turn()
    assert made.kube.status == "Unknown IntentUnreadable"


# ---- the API server ----


def test_an_api_server_that_is_away_ends_nothing_and_makes_no_probe_stale(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.before = refuse_all
    made.facts = TOO_OLD_ROWS
    assert made.turn(3) is None
    assert made.agent.outage
    assert made.kube.status == "True Passed"
    made.kube.before = lambda _: None
    made.turn()
    assert made.kube.status == "False RowRemapFailed"


def test_an_outage_on_a_healthy_node_leaves_no_trace(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.writes.clear()
    made.kube.before = refuse_all
    made.turn(10)
    made.kube.before = lambda _: None
    made.turn()
    assert made.kube.writes == ["patch_lease"]
    assert made.kube.status == "True Passed"


def test_a_condition_that_cannot_be_written_lets_the_lease_run_out(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.facts = LOST
    made.kube.before = lambda name: refuse_all(name) if name == "patch_status" else None
    made.kube.writes.clear()
    made.turn(10)
    assert "patch_lease" not in made.kube.writes
    assert made.kube.status == "True Passed"


def test_without_a_first_answer_it_goes_on_asking(bench: MakeBench) -> None:
    made = bench()
    made.kube.before = refuse_all
    made.turn(2)
    made.kube.before = lambda _: None
    made.turn(2)
    assert made.kube.status == "True Passed"


def test_what_somebody_else_makes_of_the_condition_is_put_right(bench: MakeBench) -> None:
    made = bench()
    made.facts = LOST
    made.turn()
    condition = made.kube.condition
    assert condition is not None
    condition.update(status="True", reason="ByHand")
    made.turn()
    assert made.kube.status == "False GPULost"


def test_a_message_alone_is_written_at_most_every_ten_minutes(bench: MakeBench) -> None:
    made = bench()
    made.facts = LOST
    made.turn()
    made.kube.writes.clear()
    for memory in range(9):
        made.facts = healthy.with_gpu(LOST, 0, memory_mib=81920 - memory, error=15)
        made.turn()
    assert made.kube.writes.count("patch_status") <= 1


# ---- modes, pause, ends ----


def test_observe_writes_nothing(bench: MakeBench) -> None:
    made = bench(mode="observe")
    made.turn(3)
    assert made.kube.writes == []
    assert "aigpu_node_ready 1\n" in made.metrics.render()


def test_the_pause_label_stops_every_child(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.node["metadata"]["labels"][PAUSE_LABEL] = "true"
    made.turn(3)
    assert len(made.asked) == 1
    assert made.ear.closed == 3
    assert made.kube.status == "Unknown AgentPaused"
    assert "aigpu_node_ready -1\n" in made.metrics.render()
    assert "aigpu_node_gpus{" not in made.metrics.render()
    made.kube.node["metadata"]["labels"][PAUSE_LABEL] = "false"
    made.turn()
    assert made.kube.status == "True Passed"


def test_a_pause_clears_no_fault(bench: MakeBench) -> None:
    made = bench()
    made.facts = LOST
    made.turn()
    made.kube.node["metadata"]["labels"][PAUSE_LABEL] = "true"
    made.turn()
    assert made.kube.status == "False GPULost"


@pytest.mark.parametrize(
    ("before", "after", "ends"),
    [
        (healthy.DRIVER, healthy.DRIVER, False),
        (healthy.DRIVER, None, False),
        (healthy.DRIVER, "590.1", True),
        (None, "590.1", True),
        (None, None, False),
    ],
)
def test_another_kernel_module_ends_the_process(
    bench: MakeBench, before: str | None, after: str | None, ends: bool
) -> None:
    made = bench()
    made.drive(before)
    made.start()
    made.turn()
    made.drive(after)
    assert (made.turn() is not None) == ends


def test_a_container_without_nodes_and_libraries_is_started_anew_after_a_while(bench: MakeBench) -> None:
    made = bench()
    absent = tuple(healthy.node_file(path, "ENOENT") for path in ("/dev/nvidiactl", "/dev/nvidia-uvm"))
    made.facts = replace(
        healthy.without_nvml(healthy.with_nodes(healthy.healthy(), *absent), 12),
        nvml_library=Known(healthy.missing("libnvidia-ml.so.1")),
        cuda=Known(replace(healthy.known(healthy.healthy().cuda), library=healthy.missing("libcuda.so.1"), count=None)),
    )
    assert made.turn(5) is None
    assert made.kube.status == "Unknown AgentNotInjected"
    assert made.turn() is not None


# ---- XIDs ----


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
