"""The invariant: PASS and WARN only where every proof of the mode is really there, for whatever the probes may say.

What "really there" means is written down here a second time, without the checks.
"""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigpu_contract.finding import Status
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.verdict import EXIT_JOB, EXIT_NODE, EXIT_OK, EXIT_UNKNOWN
from node_agent import modes
from node_agent.checks import CHECKS, judge_facts
from node_agent.checks.check import Check
from node_agent.expected import Expected
from node_agent.facts import (
    Cuda,
    DeviceNode,
    Environment,
    Facts,
)
from tests.node_agent.healthy import (
    cuda_device,
    healthy,
    known,
    missing,
    of_job,
    of_node,
    torch,
    with_cuda,
    with_cuda_device,
    with_every_gpu,
    with_gpu,
    with_module,
    with_nodes,
    with_nvml,
    with_variables,
    with_wheels,
    without_cuda,
    without_nvml,
)
from tests.node_agent.wild import UNREAD, intents, machines, nudged, wholly_wild, with_readings

OK = (Status.PASS, Status.WARN)
FAST = settings(
    deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def is_proven(facts: Facts, expected: Expected, mode: str, proofs: tuple[str, ...] = ("kernel", "memory")) -> bool:
    """Whether facts and intent hold every proof: the definition that the verdict is held against."""
    on_the_node = mode in modes.ON_THE_NODE
    readings = (facts.environment, facts.pci, facts.device_nodes, facts.nvml, facts.cuda)
    if any(isinstance(reading, Unknown) for reading in readings):
        return False
    return (
        _has_intent(expected, on_the_node)
        and known(facts.environment).sandbox is None
        and _has_gpus(facts, expected, on_the_node)
        and _has_nodes(known(facts.device_nodes), 1 if _in_parts(facts, expected) else max(1, expected.gpus or 1))
        and _has_kernels(facts, expected, on_the_node, proofs)
    )


def _has_intent(expected: Expected, on_the_node: bool) -> bool:
    if expected.problem or (expected.gpus is not None and expected.gpus < 1):
        return False
    return bool(expected.declared_by and expected.gpus) or not on_the_node


def _in_parts(facts: Facts, expected: Expected) -> bool:
    if expected.mig_profile or (expected.resource or "").startswith("nvidia.com/mig-"):
        return True
    visible = known(facts.environment).variables.get("NVIDIA_VISIBLE_DEVICES", "")
    answering = [device for device in known(facts.nvml).devices if device.error is None]
    return "MIG-" in visible or (bool(answering) and all(device.mig_enabled for device in answering))


def _has_gpus(facts: Facts, expected: Expected, on_the_node: bool) -> bool:
    nvml, on_the_bus = known(facts.nvml), len(known(facts.pci))
    answering = [device for device in nvml.devices if device.error is None]
    if nvml.init_error is not None or nvml.count is None or nvml.count != len(nvml.devices):
        return False
    if on_the_node:
        return bool(on_the_bus == len(answering) == nvml.count == expected.gpus)
    least = 1 if _in_parts(facts, expected) else max(1, expected.gpus or 1)
    return on_the_bus >= least and len(answering) >= least


def _has_nodes(nodes: tuple[DeviceNode, ...], gpus: int) -> bool:
    opened = {node.path for node in nodes if node.error is None and node.is_character_device}
    numbered = [path for path in opened if path.removeprefix("/dev/nvidia").isdigit()]
    return {"/dev/nvidiactl", "/dev/nvidia-uvm"} <= opened and len(numbered) >= gpus


def _has_kernels(facts: Facts, expected: Expected, on_the_node: bool, proofs: tuple[str, ...]) -> bool:
    cuda = known(facts.cuda)
    if cuda.library.error is not None or cuda.init_error is not None or not cuda.count:
        return False
    least = max(1, expected.gpus or 1)
    chosen = known(facts.environment).variables.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None and not on_the_node:
        least = min(least, len(chosen.split(",")))
    if _in_parts(facts, expected):
        least = 1
    return (
        cuda.count >= least
        and {device.ordinal for device in cuda.devices} == set(range(cuda.count))
        and all(
            device.proof in proofs and not device.wrong_result and device.error is None and not device.skipped
            for device in cuda.devices
        )
    )


MODES = st.sampled_from(modes.EVERY_MODE)


def holds(facts: Facts, expected: Expected, mode: str) -> None:
    verdict = judge_facts(facts, expected, mode)
    if verdict.status in OK:
        assert is_proven(facts, expected, mode)
    if verdict.status is Status.PASS:
        assert is_proven(facts, expected, mode, proofs=("kernel",))
    assert (verdict.exit_code == EXIT_OK) == (verdict.status in OK)
    assert verdict.exit_code in (EXIT_OK, EXIT_UNKNOWN, EXIT_NODE, EXIT_JOB)


@FAST
@given(facts=machines(), expected=intents(), mode=MODES)
def test_ok_only_with_every_proof_on_a_damaged_machine(facts: Facts, expected: Expected, mode: str) -> None:
    holds(facts, expected, mode)


@FAST
@given(facts=machines(), mode=MODES)
def test_ok_only_with_every_proof_for_a_sound_intent(facts: Facts, mode: str) -> None:
    holds(facts, of_node() if mode in modes.ON_THE_NODE else of_job(gpus=2), mode)


@FAST
@given(facts=nudged(), mode=MODES)
def test_ok_only_with_every_proof_where_a_few_fields_lie(facts: Facts, mode: str) -> None:
    holds(facts, of_node() if mode in modes.ON_THE_NODE else of_job(gpus=2), mode)


@FAST
@given(facts=wholly_wild(), expected=intents(), mode=MODES)
def test_ok_only_with_every_proof_on_a_machine_that_makes_no_sense(facts: Facts, expected: Expected, mode: str) -> None:
    holds(facts, expected, mode)


NODE_FILES = known(healthy().device_nodes)

# What one thing wrong does to a healthy machine; the verdict must not stay PASS or WARN in any mode.
FATAL: dict[str, Facts] = {
    "no GPU on the bus": replace(healthy(), pci=Known(())),
    "no module": with_module(healthy(), loaded=False),
    "no device node": replace(healthy(), device_nodes=Known(())),
    "no node to open": replace(healthy(), device_nodes=Known((DeviceNode("/dev/nvidiactl", "EPERM", True),))),
    "no NVML": replace(without_nvml(healthy(), 12), nvml_library=Known(missing("libnvidia-ml.so.1"))),
    "no libcuda": replace(healthy(), cuda=Known(Cuda(missing("libcuda.so.1")))),
    "a lost GPU": with_gpu(healthy(), error=15),
    "a GPU that is lost in a call": with_gpu(healthy(), errors=(("nvmlDeviceGetName", 15),)),
    "ECC": with_gpu(healthy(), ecc_uncorrected_volatile=1),
    "a reboot asked for": with_gpu(healthy(), recovery_action=2),
    "no number of GPUs": with_nvml(healthy(), count=None),
    "no GPU in NVML": with_nvml(healthy(), count=0, devices=()),
    "no number of devices": with_cuda(healthy(), count=None),
    "no CUDA device": with_cuda(healthy(), count=0, devices=()),
    "a device without a proof": with_cuda_device(healthy(), proof=None),
    "a proof that was skipped": with_cuda_device(healthy(), proof=None, skipped="held"),
    "a wrong result": with_cuda_device(healthy(), wrong_result=True),
    "a proof for one device of two": with_cuda(healthy(), devices=(cuda_device(0),)),
    "prohibited": with_every_gpu(without_cuda(healthy(), 46), compute_mode=2),
    "hidden": with_variables(healthy(), CUDA_VISIBLE_DEVICES=""),
    "a proof that is there and was skipped": with_cuda_device(healthy(), skipped="held"),
    "no uvm": with_nodes(healthy(), *(node for node in NODE_FILES if "uvm" not in node.path)),
    "no control node": with_nodes(healthy(), *(node for node in NODE_FILES if "ctl" not in node.path)),
    "no node of a GPU": with_nodes(healthy(), *(node for node in NODE_FILES if not node.path[-1].isdigit())),
    "a sandbox": replace(healthy(), environment=Known(Environment({}, sandbox="Kata"))),
}

# Enough for a job that says nothing, too little where two GPUs are meant.
TOO_FEW: dict[str, Facts] = {
    "on the bus": replace(healthy(), pci=Known(known(healthy().pci)[:1])),
    "of device nodes": with_nodes(healthy(), *(node for node in NODE_FILES if node.path != "/dev/nvidia1")),
    "in NVML": with_nvml(healthy(), count=1, devices=known(healthy().nvml).devices[:1]),
    "in CUDA": with_cuda(healthy(), count=1, devices=(cuda_device(0),)),
}


@pytest.mark.parametrize("mode", modes.EVERY_MODE)
@pytest.mark.parametrize("facts", FATAL.values(), ids=FATAL)
def test_each_thing_wrong_by_itself_ends_the_ok(facts: Facts, mode: str) -> None:
    expected = of_node() if mode in modes.ON_THE_NODE else of_job()
    assert judge_facts(facts, expected, mode).status not in OK


@pytest.mark.parametrize("mode", modes.EVERY_MODE)
@pytest.mark.parametrize("facts", TOO_FEW.values(), ids=TOO_FEW)
def test_one_of_two_gpus_is_not_ok_where_two_are_meant(facts: Facts, mode: str) -> None:
    expected = of_node() if mode in modes.ON_THE_NODE else of_job(gpus=2)
    assert judge_facts(facts, expected, mode).status not in OK


@pytest.mark.parametrize("mode", modes.EVERY_MODE)
@pytest.mark.parametrize(
    "intent",
    [{"problem": "label is no number"}, {"gpus": 0}, {"gpus": -1}, {"gpus": 0, "vm_size": None}],
    ids=["unreadable", "no GPU", "less than none", "no GPU and no size"],
)
def test_an_intent_that_says_nothing_is_not_ok(intent: dict[str, Any], mode: str) -> None:
    expected = replace(of_node() if mode in modes.ON_THE_NODE else of_job(), **intent)
    assert judge_facts(healthy(), expected, mode).status not in OK


@pytest.mark.parametrize("mode", modes.ON_THE_NODE)
@pytest.mark.parametrize("intent", [{"declared_by": ""}, {"gpus": None}], ids=["undeclared", "without a number"])
def test_a_node_without_an_intent_is_not_ok(intent: dict[str, Any], mode: str) -> None:
    assert judge_facts(healthy(), replace(of_node(), **intent), mode).status not in OK


@pytest.mark.parametrize("mode", modes.EVERY_MODE)
def test_no_error_code_of_nvml_or_cuda_is_ok(mode: str) -> None:
    expected = of_node() if mode in modes.ON_THE_NODE else of_job()
    for code in [*range(1, 1000), 4242, -1]:
        refused = with_cuda_device(healthy(), proof=None, error=code, step="cuCtxSynchronize")
        for facts in (without_nvml(healthy(), code), without_cuda(healthy(), code), refused):
            verdict = judge_facts(facts, expected, mode)
            assert verdict.status not in OK
            assert any(str(code) in finding.seen for finding in verdict.findings)


PROOF_READINGS = {"pci", "device_nodes", "nvml", "cuda", "environment"}
READINGS = [field.name for field in dataclasses.fields(Facts) if field.name != "durations"]


@FAST
@given(names=st.sets(st.sampled_from(READINGS), min_size=1), unread=st.sampled_from(UNREAD), mode=MODES)
def test_reading_less_never_makes_it_better(names: set[str], unread: Unknown, mode: str) -> None:
    expected = of_node() if mode in modes.ON_THE_NODE else of_job()
    facts = with_readings(healthy(), dict.fromkeys(names, unread))
    before = judge_facts(healthy(), expected, mode).status
    after = judge_facts(facts, expected, mode).status
    assert before is Status.PASS
    assert after >= before
    if names & PROOF_READINGS:
        assert after not in OK


@pytest.mark.parametrize("mode", modes.EVERY_MODE)
@pytest.mark.parametrize("name", ["vm_size_metadata", "boot_id"])
def test_what_no_proof_needs_may_be_missing(name: str, mode: str) -> None:
    expected = of_node() if mode in modes.ON_THE_NODE else of_job()
    assert judge_facts(with_readings(healthy(), {name: UNREAD[0]}), expected, mode).status is Status.PASS


@FAST
@given(check=st.sampled_from(CHECKS), facts=machines(), expected=intents(), mode=MODES)
def test_every_check_says_something_and_never_fails_itself(
    check: Check, facts: Facts, expected: Expected, mode: str
) -> None:
    findings = list(check.check(facts, replace(expected, mode=mode)))
    assert findings
    assert {finding.id for finding in findings} == {check.ID}
    for finding in findings:
        assert finding.problem
        if finding.status > Status.PASS:
            assert finding.next_step


@FAST
@given(facts=machines(), mode=MODES, waived=st.sets(st.sampled_from([check.ID for check in CHECKS])))
def test_a_waiver_never_hides_a_fault(facts: Facts, mode: str, waived: set[str]) -> None:
    expected = of_node() if mode in modes.ON_THE_NODE else of_job()
    plain = judge_facts(facts, expected, mode)
    with_waivers = judge_facts(facts, replace(expected, waived=tuple((one, "known") for one in waived)), mode)
    assert (plain.status is Status.FAIL) == (with_waivers.status is Status.FAIL)
    assert with_waivers.status >= min(plain.status, Status.WARN)


@pytest.mark.parametrize("mode", modes.ON_THE_NODE)
@pytest.mark.parametrize(
    "intent", [{"declared_by": "", "gpus": None}, {"vm_size": "Standard_D4s_v5"}], ids=["none", "contradictory"]
)
def test_the_intent_cannot_be_waived(intent: dict[str, Any], mode: str) -> None:
    expected = replace(of_node(), waived=(("intent", "trust me"),), **intent)
    assert judge_facts(healthy(), expected, mode).status is Status.UNKNOWN


@pytest.mark.parametrize("mode", modes.EVERY_MODE)
def test_a_waiver_hides_no_fault_in_a_sandbox_either(mode: str) -> None:
    sandboxed = replace(healthy(), environment=Known(Environment({}, sandbox="gVisor")))
    facts = with_cuda_device(sandboxed, wrong_result=True, proof=None)
    expected = of_node() if mode in modes.ON_THE_NODE else of_job(gpus=2)
    waived = tuple((check.ID, "known") for check in CHECKS)
    assert judge_facts(facts, replace(expected, waived=waived), mode).status not in OK


def test_frameworks_without_cuda_end_the_ok_of_a_wrapper() -> None:
    verdict = judge_facts(with_wheels(healthy(), torch(cuda=None)), of_job(), modes.EXEC)
    assert verdict.exit_code == EXIT_JOB
