"""Installed frameworks against GPU and driver."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Unknown
from node_agent.checks import framework
from node_agent.expected import Expected
from node_agent.facts import Facts, Wheel
from tests.node_agent.healthy import (
    healthy,
    of_job,
    reasons,
    told,
    torch,
    with_cuda,
    with_cuda_device,
    with_wheels,
    without_cuda,
)

PASSED = ("PASS", "Passed", "none")
JOB = of_job()
CPU_TORCH = torch(version="2.13.0+cpu", cuda=None)
PLAIN_TF = Wheel("tensorflow", "tensorflow", "2.21.0", (12, 5), cuda_libraries=False)
ORT = Wheel("onnxruntime", "onnxruntime", "1.32.0", None)
ORT_GPU = Wheel("onnxruntime", "onnxruntime-gpu", "1.31.1", (13,))
JAX = Wheel("jax", "jax", "0.10.2", (12,))
UNREADABLE = torch(cuda=None, problem="version.py is no Python")
WITHOUT = ("FAIL", "FrameworkWithoutCUDA", "job")
BESIDE = ("WARN", "CPUFrameworkBeside", "none")
TOO_OLD = ("FAIL", "DriverTooOldForFramework", "job")
NO_CODE = ("FAIL", "ArchitectureNotInFramework", "job")


def on(capability: tuple[int, int], *wheels: Wheel) -> Facts:
    facts = with_wheels(healthy(), *wheels)
    for ordinal in (0, 1):
        facts = with_cuda_device(facts, ordinal, compute_capability=capability)
    return facts


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), JOB, PASSED, id="torch with CUDA"),
        pytest.param(with_wheels(healthy()), JOB, ("SKIPPED", "NotApplicable", "none"), id="a C++ program"),
        pytest.param(with_wheels(healthy(), CPU_TORCH), JOB, WITHOUT, id="F2: torch for the CPU"),
        pytest.param(with_wheels(healthy(), PLAIN_TF), JOB, WITHOUT, id="F9: tensorflow without its libraries"),
        pytest.param(with_wheels(healthy(), ORT), JOB, WITHOUT, id="F10: onnxruntime for the CPU"),
        pytest.param(with_wheels(healthy(), CPU_TORCH, ORT), JOB, WITHOUT, id="none of two"),
        pytest.param(with_wheels(healthy(), torch(), ORT), JOB, BESIDE, id="one of two"),
        pytest.param(with_wheels(healthy(), ORT, ORT_GPU), JOB, BESIDE, id="both builds of one"),
        pytest.param(with_wheels(healthy(), torch(), ORT), of_job(frameworks=("torch",)), PASSED, id="the one named"),
        pytest.param(
            with_wheels(healthy(), torch(), ORT), of_job(frameworks=("onnxruntime",)), WITHOUT, id="the other named"
        ),
        pytest.param(healthy(), of_job(frameworks=("PyTorch",)), PASSED, id="named by its other name"),
        pytest.param(
            healthy(), of_job(frameworks=("jax",)), ("FAIL", "FrameworkNotInstalled", "job"), id="named and missing"
        ),
        pytest.param(with_wheels(healthy(), UNREADABLE), JOB, ("WARN", "FrameworkUnreadable", "none"), id="unreadable"),
        pytest.param(
            with_wheels(healthy(), UNREADABLE),
            of_job(frameworks=("torch",)),
            ("UNKNOWN", "FrameworkUnreadable", "none"),
            id="unreadable and named",
        ),
        pytest.param(with_cuda(healthy(), driver_version=12080), JOB, TOO_OLD, id="D6: torch 2.13 on driver 570"),
        pytest.param(
            with_wheels(with_cuda(healthy(), driver_version=12040), JAX),
            JOB,
            PASSED,
            id="within a major any minor runs",
        ),
        pytest.param(
            with_cuda(healthy(), library=replace(healthy().cuda.value.library), driver_version=13020),  # type: ignore[union-attr]
            JOB,
            PASSED,
            id="a compat libcuda offers enough",
        ),
        pytest.param(on((7, 0), torch()), JOB, NO_CODE, id="D10: torch 2.13 on V100"),
        pytest.param(on((7, 0), torch(version="2.10.0", cuda=(12, 8))), JOB, PASSED, id="torch 2.10 on V100"),
        pytest.param(on((10, 3), torch()), JOB, PASSED, id="code of the same major"),
        pytest.param(on((7, 0), JAX), JOB, PASSED, id="CUDA 12 compiles for V100"),
        pytest.param(on((7, 0), replace(JAX, cuda=(13,))), JOB, NO_CODE, id="CUDA 13 does not"),
        pytest.param(
            replace(healthy(), interpreter=Unknown("no such file: ./run")),
            JOB,
            ("WARN", "InterpreterUnknown", "none"),
            id="no interpreter found",
        ),
        pytest.param(
            replace(healthy(), interpreter=Unknown("no such file: ./run")),
            of_job(frameworks=("torch",)),
            ("UNKNOWN", "InterpreterUnknown", "none"),
            id="no interpreter found, and a framework named",
        ),
        pytest.param(without_cuda(healthy(), 999), JOB, PASSED, id="the driver's version is known without a device"),
    ],
)
def test_wheels_are_judged(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(framework, facts, expected) == verdict


def test_driver_and_architecture_are_two_findings() -> None:
    facts = with_cuda(on((7, 0), torch()), driver_version=12080)
    assert reasons(framework.check(facts, JOB)) == ["DriverTooOldForFramework", "ArchitectureNotInFramework"]


def test_without_libcuda_the_branch_of_the_driver_tells_its_cuda() -> None:
    facts = with_wheels(with_cuda(healthy(), driver_version=None), torch(cuda=(14, 0)))
    assert told(framework, facts, JOB) == TOO_OLD
