"""When a kernel runs on a node, and what an earlier one stands for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from aigpu_contract.labels import PROOF_ANNOTATION
from tests.node_agent import healthy
from tests.node_agent.daemon.bench import HELD, OTHER_BOOT
from tests.node_agent.daemon.conftest import MakeBench


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
