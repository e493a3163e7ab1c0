"""The checks of a mode taken together: order, waivers, sandboxes, exit codes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.verdict import EXIT_JOB, EXIT_NODE, EXIT_OK, EXIT_UNKNOWN, judge
from node_agent import checks, modes
from node_agent.checks import CHECKS, judge_facts
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import (
    healthy,
    known,
    no_gpu,
    of_job,
    of_node,
    torch,
    with_cuda_device,
    with_gpu,
    with_module,
    with_variables,
    with_wheels,
    without_cuda,
)

SANDBOX = replace(healthy(), environment=Known(replace(known(healthy().environment), sandbox="gVisor")))


def expected_in(mode: str) -> Expected:
    return of_node() if mode in modes.ON_THE_NODE else of_job()


@pytest.mark.parametrize("mode", modes.EVERY_MODE)
def test_a_healthy_machine_passes(mode: str) -> None:
    verdict = judge_facts(healthy(), expected_in(mode), mode)
    assert (verdict.status, verdict.exit_code) == (Status.PASS, EXIT_OK)


@pytest.mark.parametrize("mode", modes.EVERY_MODE)
def test_nothing_read_is_unknown(mode: str) -> None:
    verdict = judge_facts(Facts(), expected_in(mode), mode)
    assert (verdict.status, verdict.exit_code) == (Status.UNKNOWN, EXIT_UNKNOWN)


@pytest.mark.parametrize("mode", modes.EVERY_MODE)
def test_a_bare_and_a_skipped_list_are_unknown(mode: str) -> None:
    skipped = [Finding(proof, "NotApplicable", Status.SKIPPED, "") for proof in modes.PROOFS[mode]]
    assert judge([], modes.PROOFS[mode]).status is Status.UNKNOWN
    assert judge(skipped, modes.PROOFS[mode]).status is Status.UNKNOWN


def test_an_unknown_mode_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        judge_facts(healthy(), of_job(), "dream")


@pytest.mark.parametrize(
    ("facts", "expected", "exit_code", "first"),
    [
        pytest.param(no_gpu(), of_node(), EXIT_NODE, "vm-size", id="P1: a CPU size in the GPU pool"),
        pytest.param(no_gpu(), of_job(), EXIT_JOB, "vm-size", id="P11: a job that landed there"),
        pytest.param(with_module(healthy(), loaded=False), of_job(), EXIT_NODE, "kernel-module", id="D1"),
        pytest.param(without_cuda(healthy(), 802), of_job(), EXIT_NODE, "cuda-init", id="D5"),
        pytest.param(with_gpu(healthy(), error=15), of_node(), EXIT_NODE, "gpu-count", id="D13"),
        pytest.param(with_wheels(healthy(), torch(cuda=None)), of_job(), EXIT_JOB, "framework", id="F2"),
        pytest.param(
            with_wheels(without_cuda(healthy(), 802), torch(cuda=None)),
            of_job(),
            EXIT_JOB,
            "cuda-init",
            id="node and job at fault: the job is told",
        ),
        pytest.param(
            with_cuda_device(healthy(), proof=None, error=2, step="cuMemAlloc"),
            of_job(),
            EXIT_UNKNOWN,
            "cuda-kernel",
            id="a busy GPU",
        ),
        pytest.param(SANDBOX, of_job(), EXIT_UNKNOWN, "sandbox", id="a sandbox"),
    ],
)
def test_the_first_cause_comes_first(facts: Facts, expected: Expected, exit_code: int, first: str) -> None:
    verdict = judge_facts(facts, expected, expected.mode)
    assert verdict.exit_code == exit_code
    assert verdict.findings[0].id == first


def test_the_worst_comes_before_what_is_only_context() -> None:
    verdict = judge_facts(no_gpu(), of_job(), modes.EXEC)
    statuses = [finding.status for finding in verdict.findings]
    assert statuses == sorted(statuses, reverse=True)


def test_a_machine_without_a_gpu_is_one_cause_and_not_twenty() -> None:
    verdict = judge_facts(no_gpu(), of_node(), modes.BOOTSTRAP)
    assert [finding.id for finding in verdict.worst] == ["vm-size", "pci-devices"]


def test_in_a_sandbox_nothing_is_a_fault() -> None:
    hidden = replace(no_gpu(), environment=SANDBOX.environment)
    assert judge_facts(hidden, of_job(), modes.INIT).status is Status.UNKNOWN


def busy() -> Facts:
    return with_cuda_device(healthy(), proof=None, error=2, step="cuMemAlloc")


def test_a_waived_doubt_is_a_warning_with_its_reason() -> None:
    verdict = judge_facts(busy(), of_job(waived=(("cuda-kernel", "GPUs are time-sliced"),)), modes.INIT)
    assert verdict.status is Status.WARN
    assert "GPUs are time-sliced" in verdict.findings[0].problem


def test_a_proof_that_no_check_looks_at_is_missing_unless_it_is_waived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "CHECKS", [check for check in CHECKS if check.ID != "cuda-kernel"])
    waived = (("cuda-kernel", "no compiler in the image"),)
    (missing,) = judge_facts(healthy(), of_job(), modes.INIT).worst
    assert (missing.id, missing.reason, missing.status) == ("cuda-kernel", "ProofMissing", Status.UNKNOWN)
    (told,) = judge_facts(healthy(), of_job(waived=waived), modes.INIT).worst
    assert (told.id, told.reason, told.status) == ("cuda-kernel", "ProofWaived", Status.WARN)
    assert "no compiler in the image" in told.problem


@pytest.mark.parametrize("reason", ["", "  "], ids=["empty", "blank"])
def test_a_waiver_without_a_reason_waives_nothing(reason: str) -> None:
    assert judge_facts(busy(), of_job(waived=(("cuda-kernel", reason),)), modes.INIT).status is Status.UNKNOWN


def test_a_waiver_of_another_check_waives_nothing() -> None:
    assert judge_facts(busy(), of_job(waived=(("gpu-count", "why not"),)), modes.INIT).status is Status.UNKNOWN


def test_a_fault_cannot_be_waived() -> None:
    facts = with_cuda_device(healthy(), wrong_result=True)
    assert judge_facts(facts, of_job(waived=(("cuda-kernel", "it is fine"),)), modes.INIT).status is Status.FAIL


@pytest.mark.parametrize("mode", modes.EVERY_MODE)
def test_the_mode_decides_whom_a_variable_of_the_container_blames(mode: str) -> None:
    hidden = with_variables(healthy(), CUDA_VISIBLE_DEVICES="")
    exit_code = judge_facts(hidden, expected_in(mode), mode).exit_code
    assert exit_code == (EXIT_UNKNOWN if mode in modes.ON_THE_NODE else EXIT_JOB)


@pytest.mark.parametrize("mode", [modes.INIT, modes.BOOTSTRAP, modes.LOOP])
def test_frameworks_are_judged_only_where_the_job_runs(mode: str) -> None:
    facts = replace(healthy(), interpreter=Unknown("no command"))
    assert not [
        finding for finding in judge_facts(facts, expected_in(mode), mode).findings if "framework" in finding.id
    ]
