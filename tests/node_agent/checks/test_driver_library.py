"""NVIDIA's two libraries: missing, unloadable, stub, compat, of another version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.checks import driver_library
from node_agent.expected import Expected
from node_agent.facts import Environment, Facts, Library
from tests.node_agent.healthy import (
    healthy,
    library,
    missing,
    no_gpu,
    of_job,
    of_node,
    reasons,
    told,
    with_cuda,
    with_module,
    with_nodes,
    with_variables,
    without_cuda,
    without_nvml,
)

PASSED = ("PASS", "Passed", "none")
MISMATCH = ("FAIL", "DriverLibraryMismatch", "node")
EMPTY = "/usr/lib/libcuda.so.1: file too short"
OTHER = "570.211.01"


def nvml(found: Library) -> Facts:
    return replace(healthy(), nvml_library=Known(found))


def cuda(found: Library, **changes: Any) -> Facts:
    return with_cuda(healthy(), library=found, **changes)


def broken_cuda(found: Library) -> Facts:
    return with_cuda(healthy(), library=found, driver_version=None, count=None, devices=())


def no_nvml(facts: Facts) -> Facts:
    return without_nvml(replace(facts, nvml_library=Known(missing("libnvidia-ml.so.1"))), 12)


COMPAT = library("libcuda.so.1", path="/usr/local/cuda-13.2/compat/libcuda.so.595.58.03", version="595.58.03")
OWN = library("libcuda.so.1", path="/opt/app/libcuda.so.570.211.01", version=OTHER)
STUB = library("libcuda.so.1", path="/usr/local/cuda/lib64/stubs/libcuda.so", version=None)


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), PASSED, id="both load"),
        pytest.param(no_nvml(healthy()), of_node(), ("FAIL", "NVMLLibraryMissing", "node"), id="no NVML on the node"),
        pytest.param(
            no_nvml(with_variables(without_cuda(healthy(), 100), NVIDIA_DRIVER_CAPABILITIES="compute")),
            of_job(),
            ("FAIL", "NVMLLibraryMissing", "job"),
            id="a job that left utility out",
        ),
        pytest.param(
            no_nvml(without_cuda(healthy(), 100)), of_job(), ("FAIL", "NVMLLibraryMissing", "node"), id="not brought in"
        ),
        pytest.param(
            no_nvml(healthy()), of_job(), ("UNKNOWN", "NVMLLibraryMissing", "none"), id="CUDA works without NVML"
        ),
        pytest.param(
            nvml(library("libnvidia-ml.so.1", error="/usr/lib/libnvidia-ml.so.1: file too short")),
            of_node(),
            ("FAIL", "NVMLLibraryUnloadable", "node"),
            id="an empty file on the node",
        ),
        pytest.param(
            nvml(Library("libnvidia-ml.so.1", error="libfoo.so.3: cannot open shared object file: No such file")),
            of_job(),
            ("FAIL", "NVMLLibraryUnloadable", "job"),
            id="a library that it needs is missing",
        ),
        pytest.param(
            broken_cuda(missing("libcuda.so.1")), of_job(), ("FAIL", "CUDALibraryMissing", "node"), id="D7: no libcuda"
        ),
        pytest.param(
            with_variables(broken_cuda(missing("libcuda.so.1")), NVIDIA_DRIVER_CAPABILITIES="utility"),
            of_job(),
            ("UNKNOWN", "NotReached", "none"),
            id="P7: the capabilities say why",
        ),
        pytest.param(
            broken_cuda(library("libcuda.so.1", error=EMPTY)),
            of_job(),
            ("FAIL", "CUDALibraryUnloadable", "job"),
            id="an empty libcuda in the image",
        ),
        pytest.param(
            broken_cuda(library("libcuda.so.1", error=EMPTY)),
            of_node(),
            ("FAIL", "CUDALibraryUnloadable", "node"),
            id="an empty libcuda on the node",
        ),
        pytest.param(
            replace(broken_cuda(missing("libcuda.so.1")), environment=Known(Environment({}, libc="musl"))),
            of_job(),
            ("FAIL", "CUDALibraryUnloadable", "job"),
            id="D16: musl",
        ),
        pytest.param(broken_cuda(STUB), of_job(), ("FAIL", "StubLibrary", "job"), id="D9: the stub"),
        pytest.param(broken_cuda(STUB), of_node(), ("UNKNOWN", "StubLibrary", "none"), id="the stub, in the agent"),
        pytest.param(cuda(COMPAT), of_job(), PASSED, id="a compat libcuda is no fault"),
        pytest.param(
            nvml(library("libnvidia-ml.so.1", version=OTHER)), of_node(), MISMATCH, id="D2: NVML of another driver"
        ),
        pytest.param(
            cuda(OWN, init_error=803, count=None, devices=()),
            of_job(),
            ("FAIL", "DriverLibraryMismatch", "job"),
            id="the image brings its own libcuda",
        ),
        pytest.param(
            cuda(OWN), of_job(), ("WARN", "DriverLibraryMismatch", "none"), id="its own libcuda, and it works"
        ),
        pytest.param(
            with_module(nvml(library("libnvidia-ml.so.1", version=None)), version=None),
            of_node(),
            PASSED,
            id="NVML tells the driver's version",
        ),
        pytest.param(
            without_nvml(with_module(healthy(), version=None), 999),
            of_node(),
            ("UNKNOWN", "ReadingUnknown", "none"),
            id="no version to compare with",
        ),
        pytest.param(
            replace(healthy(), nvml_library=Unknown("?")),
            of_node(),
            ("UNKNOWN", "ReadingUnknown", "none"),
            id="NVML's library not looked for",
        ),
        pytest.param(
            replace(healthy(), cuda=Unknown("?")), of_node(), ("UNKNOWN", "NotReached", "none"), id="CUDA not read"
        ),
        pytest.param(no_gpu(), of_job(), ("UNKNOWN", "NotReached", "none"), id="no GPU on the bus"),
        pytest.param(
            with_nodes(no_nvml(without_cuda(healthy(), 100))),
            of_node(),
            ("UNKNOWN", "NotReached", "none"),
            id="the agent was not injected",
        ),
    ],
)
def test_the_libraries_are_judged(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(driver_library, facts, expected) == verdict


def test_both_libraries_may_be_missing() -> None:
    facts = no_nvml(broken_cuda(missing("libcuda.so.1")))
    assert reasons(driver_library.check(facts, of_node())) == ["NVMLLibraryMissing", "CUDALibraryMissing"]
