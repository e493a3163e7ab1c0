"""The proof of each device: a kernel, only memory, a wrong result, none."""

from __future__ import annotations

from typing import Any

import pytest

from node_agent.checks import cuda_kernel
from node_agent.facts import Facts
from tests.node_agent.healthy import (
    cuda_device,
    healthy,
    no_gpu,
    of_job,
    reasons,
    told,
    with_cuda,
    with_cuda_device,
    with_every_gpu,
    with_gpu,
)

FAILED = {"proof": None, "step": "cuCtxSynchronize"}


def second(**changes: Any) -> Facts:
    return with_cuda_device(healthy(), **changes)


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        pytest.param(healthy(), ("PASS", "Passed", "none"), id="on both"),
        pytest.param(second(wrong_result=True), ("FAIL", "WrongResult", "node"), id="a wrong result"),
        pytest.param(second(proof="memory", jit_error=221), ("WARN", "MemoryProofOnly", "none"), id="only memory"),
        pytest.param(second(proof=None), ("UNKNOWN", "ProofMissing", "none"), id="nothing"),
        pytest.param(second(proof="magic"), ("UNKNOWN", "ProofMissing", "none"), id="no known proof"),
        pytest.param(second(proof=None, skipped="held by 4711"), ("UNKNOWN", "GPUBusy", "none"), id="held by another"),
        pytest.param(second(skipped="held by 4711"), ("UNKNOWN", "GPUBusy", "none"), id="skipped and proven at once"),
        pytest.param(second(error=2, **FAILED), ("UNKNOWN", "GPUBusy", "none"), id="out of memory"),
        pytest.param(second(error=46, **FAILED), ("UNKNOWN", "GPUBusy", "none"), id="D14: taken by another"),
        pytest.param(second(error=214, **FAILED), ("FAIL", "ECCUncorrectable", "node"), id="D13: ECC"),
        pytest.param(second(error=719, **FAILED), ("FAIL", "CUDAKernelFailed", "node"), id="D13: the kernel failed"),
        pytest.param(second(error=999, **FAILED), ("FAIL", "CUDAKernelFailed", "node"), id="999"),
        pytest.param(second(error=220, **FAILED), ("FAIL", "NVLinkError", "node"), id="NVLink"),
        pytest.param(second(error=304, **FAILED), ("UNKNOWN", "CUDAFailed", "none"), id="304"),
        pytest.param(second(error=4242, **FAILED), ("UNKNOWN", "CUDAFailed", "none"), id="a code in no table"),
        pytest.param(second(error=719), ("FAIL", "CUDAKernelFailed", "node"), id="proven and failed at once"),
        pytest.param(
            with_gpu(second(error=46, **FAILED), compute_mode=2),
            ("UNKNOWN", "NotReached", "none"),
            id="the compute mode says why",
        ),
        pytest.param(
            with_cuda(healthy(), devices=(cuda_device(0),)), ("UNKNOWN", "ProofMissing", "none"), id="one was left out"
        ),
        pytest.param(
            with_cuda(healthy(), devices=(cuda_device(0), cuda_device(0))),
            ("UNKNOWN", "ProofMissing", "none"),
            id="one was proven twice",
        ),
        pytest.param(no_gpu(), ("UNKNOWN", "NotReached", "none"), id="CUDA did not start"),
        pytest.param(
            with_every_gpu(healthy(), mig_enabled=True), ("PASS", "Passed", "none"), id="parts of GPUs are proven too"
        ),
    ],
)
def test_proofs_are_judged(facts: Facts, verdict: tuple[str, str, str]) -> None:
    assert told(cuda_kernel, facts, of_job()) == verdict


def test_every_kind_of_trouble_is_told() -> None:
    facts = with_cuda_device(second(wrong_result=True), 0, error=719)
    assert reasons(cuda_kernel.check(facts, of_job())) == ["CUDAKernelFailed", "WrongResult"]


def test_the_jit_error_is_in_the_message() -> None:
    (finding,) = cuda_kernel.check(second(proof="memory", jit_error=222), of_job())
    assert "222 (CUDA_ERROR_UNSUPPORTED_PTX_VERSION)" in finding.seen
