"""Rounds of the agent with the real probes on pretended machines: children, hangs and all."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import pytest

from aigpu_contract.reading import Known
from node_agent.daemon.clocks import ServerTime
from node_agent.daemon.intent import NO_CONFIGMAP, build_intent
from node_agent.daemon.node import parse_node
from node_agent.daemon.proof import Ask, build_annotation
from node_agent.daemon.round import Examiner, Look, Remembered, Round
from node_agent.daemon.xids import read_classes
from node_agent.probes.child import Deadline
from node_agent.probes.round import Deadlines, read_facts
from testbeds.nvidia_stub import StubNode, faults, nodes
from testbeds.nvidia_stub.node import Node, Process
from tests.node_agent.daemon.fake_kube import node_body

SOON = Deadline(0.6, 0.8)
PATIENT = Deadline(20.0, 25.0)
WELL = nodes.A100_80GB


class Machine:
    """A pretended machine that is examined again and again."""

    def __init__(self, stub: StubNode) -> None:
        self.stub = stub
        self.left = Remembered()
        body = node_body(gpus=1)
        body["metadata"]["labels"].update(
            dict.fromkeys(("aigpu.io/sku", "node.kubernetes.io/instance-type"), "Standard_NC24ads_A100_v4")
        )
        self.node = parse_node(body)

    def examine(self, *, hasty: bool = False) -> Round:
        limits = Deadlines(SOON, SOON) if hasty else Deadlines(PATIENT, PATIENT)
        probe = functools.partial(read_facts, environ=self.stub.environment())
        examiner = Examiner(Look(str(self.stub.root), None, limits), probe, read_classes(None), ServerTime())
        seen = examiner.examine(Known(self.node), build_intent(Known(self.node), NO_CONFIGMAP, {}, {}), self.left)
        self.left = seen.left
        return seen


@pytest.fixture
def machine(stub: Callable[[Node], StubNode]) -> Callable[[Node], Machine]:
    return lambda node: Machine(stub(node))


def kernels(made: Machine) -> int:
    return sum(call.name == "cuLaunchKernel" for call in made.stub.calls())


def test_a_kernel_runs_once_and_the_loop_leaves_cuda_alone(machine: Callable[[Node], Machine]) -> None:
    made = machine(WELL)
    assert [made.examine().verdict.status.name for _ in range(2)] == ["PASS"] * 2
    made.stub.forget_calls()
    made.examine()
    # NVML itself asks libcuda for its version.
    assert {call.name for call in made.stub.calls() if call.name.startswith("cu")} == {"cuDriverGetVersion"}


def test_no_kernel_runs_while_somebody_else_computes(machine: Callable[[Node], Machine]) -> None:
    made = machine(replace(WELL, processes=(Process(4711, memory_mib=900),)))
    seen = made.examine()
    assert (kernels(made), seen.verdict.worst[0].reason) == (0, "GPUBusy")
    made.stub.become(WELL)
    made.examine()
    assert made.examine().verdict.status.name == "PASS"
    assert kernels(made) == 1


def test_a_driver_that_hangs_is_a_doubt_and_then_a_fault(machine: Callable[[Node], Machine]) -> None:
    made = machine(WELL)
    made.examine()
    made.stub.become(replace(WELL, faults=(faults.hang("nvmlDeviceGetCount*"),)))
    seen = made.examine(hasty=True)
    assert seen.verdict.status.name == "UNKNOWN"
    assert "DriverUnresponsive" in [one.reason for one in seen.verdict.worst]


def test_a_pool_of_divided_gpus_that_is_declared_so_is_proven(machine: Callable[[Node], Machine]) -> None:
    made = machine(nodes.A100_80GB_MIG)
    part = {"aigpu.io/resource": "mig-1g.10gb", "aigpu.io/resource-count": "7", "aigpu.io/mig-profile": "MIG1g"}
    made.node = replace(
        made.node, labels={**made.node.labels, **part}, allocatable={"nvidia.com/mig-1g.10gb": 7, "nvidia.com/gpu": 0}
    )
    verdict = made.examine().verdict
    assert verdict.status.name == "PASS", verdict.worst


def test_gpus_that_changed_carry_no_proof(machine: Callable[[Node], Machine]) -> None:
    made = machine(WELL)
    made.examine()
    other = replace(WELL.gpus[0], uuid="GPU-99999999-0000-4000-8000-000000000000")
    made.stub.become(replace(WELL, gpus=(other,)))
    assert made.examine().verdict.status.name == "UNKNOWN"
    assert made.examine().verdict.status.name == "PASS"
    assert kernels(made) == 2


@pytest.mark.parametrize(
    "change",
    [lambda stub: stub.boot(), lambda stub: stub.become(replace(WELL, driver="590.44.01"))],
    ids=["another boot", "another driver"],
)
def test_a_proof_holds_for_its_boot_and_its_driver(
    machine: Callable[[Node], Machine], change: Callable[[StubNode], None]
) -> None:
    made = machine(WELL)
    made.examine()
    change(made.stub)
    assert made.examine().ask is Ask.KERNEL


def test_without_a_compiler_the_memory_proof_is_a_warning_and_never_written_down(
    machine: Callable[[Node], Machine],
) -> None:
    made = machine(replace(WELL, has_jit=False))
    seen = made.examine()
    assert seen.verdict.worst[0].reason == "MemoryProofOnly"
    assert build_annotation(seen.left.proofs, seen.facts, None) is None
    assert made.examine().ask is Ask.NOTHING


def test_the_story_that_all_this_was_built_for(machine: Callable[[Node], Machine]) -> None:
    made = machine(nodes.CPU)
    made.node = replace(made.node, labels={**made.node.labels, "node.kubernetes.io/instance-type": "Standard_D16s_v5"})
    seen = made.examine()
    assert seen.verdict.worst[0].reason == "WrongVMSize"
    assert kernels(made) == 0
