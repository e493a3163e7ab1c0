"""What becomes of faults and doubts over rounds, restarts and reboots."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.labels import PROOF_ANNOTATION
from aigpu_contract.reading import Unknown
from node_agent.facts import Facts
from tests.node_agent import healthy
from tests.node_agent.daemon.bench import HELD, LOST, OTHER_BOOT, TOO_OLD_ROWS
from tests.node_agent.daemon.conftest import MakeBench
from tests.node_agent.daemon.fake_kube import FakeKube, node_body


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
