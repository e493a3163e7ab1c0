"""Each known cause of a silent fallback, as facts: the verdict is the one that the page of causes promises."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known
from aigpu_contract.verdict import judge
from node_agent import modes
from node_agent.checks import judge_facts
from node_agent.expected import Expected
from node_agent.facts import Environment, Facts, Wheel
from node_agent.preflight.tripwire import Look, State, TripwireSettings, judge_look
from tests.node_agent.healthy import (
    cuda_device,
    healthy,
    known,
    library,
    missing,
    no_gpu,
    node_file,
    of_job,
    of_node,
    torch,
    uuid,
    with_cuda,
    with_cuda_device,
    with_every_gpu,
    with_gpu,
    with_module,
    with_nodes,
    with_variables,
    with_wheels,
    without_cuda,
    without_nvml,
)

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "causes.md"
JOB = of_job()
WRAPPER = of_job(mode=modes.EXEC)
NODE = of_node()
LOOP = of_node(mode=modes.LOOP)
COMPAT = library("libcuda.so.1", path="/usr/local/cuda/compat/libcuda.so.595.58.03", version="595.58.03")
STUB = library("libcuda.so.1", path="/usr/local/cuda/lib64/stubs/libcuda.so", version=None)
NOTHING_INJECTED = without_nvml(
    replace(
        with_nodes(with_cuda(healthy(), library=missing("libcuda.so.1"), count=None, devices=(), driver_version=None)),
        nvml_library=Known(missing("libnvidia-ml.so.1")),
    ),
    12,
)
NO_LIBCUDA = with_cuda(healthy(), library=missing("libcuda.so.1"), count=None, devices=(), driver_version=None)
NODES = known(healthy().device_nodes)


def refused(error: str) -> Facts:
    """The facts where no node may be opened: NVML and CUDA then say what they really say."""
    return without_nvml(
        without_cuda(with_nodes(healthy(), *(node_file(node.path, error) for node in NODES)), 100), 999, "Unknown Error"
    )


def alpine() -> Facts:
    return replace(NO_LIBCUDA, environment=Known(Environment(known(healthy().environment).variables, libc="musl")))


def wheel(name: str, cuda: tuple[int, ...] | None = None, libraries: bool | None = None) -> Facts:
    return with_wheels(healthy(), Wheel(name, name, "1.0", cuda, cuda_libraries=libraries))


def hidden(value: str) -> Facts:
    return with_variables(healthy(), CUDA_VISIBLE_DEVICES=value)


def injected(value: str | None) -> Facts:
    return with_variables(NOTHING_INJECTED, NVIDIA_VISIBLE_DEVICES=value)


ALL_VISIBLE = with_variables(healthy(4), NVIDIA_VISIBLE_DEVICES="all")
ONE_OF_TWO = with_cuda(hidden("0"), count=1, devices=(cuda_device(0),))
OWN_LIBCUDA = library("libcuda.so.1", path="/opt/x/libcuda.so.570.1", version="570.1")
NVML_570 = Known(library("libnvidia-ml.so.1", version="570.211.01"))

CASES = [
    pytest.param("P1", no_gpu(), LOOP, "WrongVMSize", 75, id="P1, on the node"),
    pytest.param("P1", no_gpu(), JOB, "NoPCIDevice", 78, id="P1, in a job"),
    pytest.param("P2", injected(None), JOB, "NoGPUInContainer", 78, id="P2, nothing injected"),
    pytest.param("P2", ALL_VISIBLE, of_job(gpus=1), "MoreDevicesThanExpected", 78, id="P2, everything injected"),
    pytest.param("P3", injected("all"), WRAPPER, "NoGPUInContainer", 78, id="P3"),
    pytest.param(
        "P4", replace(healthy(), kubelet_resources=Known({"cpu": 24})), LOOP, "PluginCountMismatch", 75, id="P4"
    ),
    pytest.param("P5", injected(uuid(0)), JOB, "RuntimeNotNVIDIA", 75, id="P5"),
    pytest.param("P6", injected("void"), JOB, "NoGPUInContainer", 78, id="P6"),
    pytest.param(
        "P7",
        with_variables(NO_LIBCUDA, NVIDIA_DRIVER_CAPABILITIES="utility"),
        JOB,
        "ComputeNotInCapabilities",
        78,
        id="P7",
    ),
    pytest.param(
        "P7",
        with_variables(healthy(), NVIDIA_DRIVER_CAPABILITIES="utility"),
        JOB,
        "ComputeNotInCapabilities",
        0,
        id="P7, and libcuda is there",
    ),
    pytest.param("P8", without_cuda(hidden(""), 100), JOB, "CUDAVisibleDevicesEmpty", 78, id="P8, empty"),
    pytest.param("P8", without_cuda(hidden("7"), 100), JOB, "CUDAVisibleDevicesInvalid", 78, id="P8, a bad index"),
    pytest.param("P9", ONE_OF_TWO, of_job(gpus=2), "CUDAVisibleDevicesShort", 0, id="P9"),
    pytest.param("P10", injected(uuid(0)), JOB, "RuntimeNotNVIDIA", 75, id="P10, given"),
    pytest.param("P10", injected("all"), JOB, "NoGPUInContainer", 78, id="P10, not given"),
    pytest.param("P11", no_gpu(), WRAPPER, "NoPCIDevice", 78, id="P11"),
    pytest.param(
        "P11", no_gpu(), of_job(vm_size="Standard_NC24ads_A100_v4"), "WrongVMSize", 78, id="P11, the size is known"
    ),
    pytest.param("D1", with_module(refused("ENXIO"), loaded=False), JOB, "DriverNotLoaded", 75, id="D1"),
    pytest.param(
        "D2", without_nvml(replace(healthy(), nvml_library=NVML_570), 18), NODE, "DriverLibraryMismatch", 75, id="D2"
    ),
    pytest.param("D2", without_nvml(healthy(), 18), JOB, "DriverLibraryMismatch", 75, id="D2, by the code"),
    pytest.param(
        "D2",
        with_cuda(without_cuda(healthy(), 803), library=OWN_LIBCUDA),
        JOB,
        "DriverLibraryMismatch",
        78,
        id="D2, the image's own libcuda",
    ),
    pytest.param("D3", refused("EPERM"), JOB, "DeviceCgroupLost", 75, id="D3"),
    pytest.param("D3", refused("EPERM"), NODE, "DeviceCgroupLost", 70, id="D3, in the agent's own container"),
    pytest.param(
        "D4",
        without_cuda(with_nodes(healthy(), *(node for node in NODES if "uvm" not in node.path)), 999),
        JOB,
        "DeviceNodeMissing",
        75,
        id="D4",
    ),
    pytest.param("D5", without_cuda(healthy(), 802), JOB, "FabricNotReady", 75, id="D5, by the code"),
    pytest.param(
        "D5",
        with_every_gpu(without_cuda(healthy(), 802), fabric_state=1),
        JOB,
        "FabricNotReady",
        75,
        id="D5, by the state",
    ),
    pytest.param(
        "D6", with_cuda(healthy(), driver_version=12080), WRAPPER, "DriverTooOldForFramework", 78, id="D6, the wheel"
    ),
    pytest.param("D6", healthy(), of_job(min_driver=(590,)), "DriverTooOld", 75, id="D6, the driver"),
    pytest.param("D6", healthy(), of_job(min_cuda=(13, 2)), "CUDAVersionTooLow", 75, id="D6, CUDA"),
    pytest.param("D7", NO_LIBCUDA, JOB, "CUDALibraryMissing", 75, id="D7"),
    pytest.param(
        "D8", with_cuda(without_cuda(healthy(), 804), library=COMPAT), JOB, "CompatLibraryRefused", 78, id="D8, 804"
    ),
    pytest.param(
        "D8", with_cuda(without_cuda(healthy(), 803), library=COMPAT), JOB, "CompatLibraryRefused", 78, id="D8, 803"
    ),
    pytest.param("D9", with_cuda(without_cuda(healthy(), 34), library=STUB), JOB, "StubLibrary", 78, id="D9"),
    pytest.param("D9", without_cuda(healthy(), 34), JOB, "StubLibrary", 78, id="D9, by the code"),
    pytest.param(
        "D10",
        with_cuda_device(healthy(), compute_capability=(7, 0)),
        WRAPPER,
        "ArchitectureNotInFramework",
        78,
        id="D10",
    ),
    pytest.param(
        "D11", with_every_gpu(without_cuda(healthy(), 100), mig_enabled=True), JOB, "MIGWithoutInstances", 75, id="D11"
    ),
    pytest.param(
        "D12",
        with_variables(
            with_cuda(with_every_gpu(healthy(), mig_enabled=True), count=1, devices=(cuda_device(0),)),
            NVIDIA_VISIBLE_DEVICES=",".join(f"MIG-{part}" for part in range(7)),
        ),
        of_job(gpus=7),
        "Passed",
        0,
        id="D12",
    ),
    pytest.param("D13", with_gpu(healthy(), error=15), NODE, "GPULost", 75, id="D13, lost"),
    pytest.param("D13", with_gpu(healthy(), error=16), NODE, "GPUResetRequired", 75, id="D13, wants a reset"),
    pytest.param("D13", with_gpu(healthy(), recovery_action=7), NODE, "NodeRebootRequired", 75, id="D13, a reboot"),
    pytest.param("D13", with_gpu(healthy(), ecc_uncorrected_volatile=1), NODE, "ECCUncorrectable", 75, id="D13, ECC"),
    pytest.param("D13", with_gpu(healthy(), remap_pending=True), NODE, "RowRemapPending", 75, id="D13, a row"),
    pytest.param("D13", with_gpu(healthy(), remap_failed=True), NODE, "RowRemapFailed", 75, id="D13, no spare row"),
    pytest.param(
        "D13", with_gpu(healthy(), retired_pages_pending=True), NODE, "RetiredPagesPending", 75, id="D13, a page"
    ),
    pytest.param(
        "D13", with_cuda_device(healthy(), proof=None, error=719), JOB, "CUDAKernelFailed", 75, id="D13, by the kernel"
    ),
    pytest.param(
        "D14",
        with_every_gpu(with_cuda_device(healthy(), proof=None, error=46), compute_mode=2),
        JOB,
        "ComputeModeProhibited",
        75,
        id="D14, prohibited",
    ),
    pytest.param("D14", with_every_gpu(healthy(), compute_mode=3), JOB, "ComputeModeExclusive", 0, id="D14, exclusive"),
    pytest.param(
        "D14",
        with_every_gpu(with_cuda_device(healthy(), proof=None, error=46), compute_mode=3),
        JOB,
        "GPUBusy",
        70,
        id="D14, exclusive and taken",
    ),
    pytest.param("D14", without_cuda(healthy(), 805), JOB, "MPSUnavailable", 70, id="D14, no MPS daemon"),
    pytest.param("D15", without_cuda(healthy(), 102), NODE, "GRIDNotLicensed", 75, id="D15"),
    pytest.param("D16", alpine(), JOB, "CUDALibraryUnloadable", 78, id="D16"),
    pytest.param("D16", replace(healthy(), environment=alpine().environment), JOB, "MuslLibc", 0, id="D16, it loads"),
    pytest.param(
        "D17",
        with_variables(with_cuda(healthy(), driver_version=12040), NVIDIA_DISABLE_REQUIRE="1"),
        WRAPPER,
        "DriverTooOldForFramework",
        78,
        id="D17",
    ),
    pytest.param("D17", healthy(), of_job(min_cuda=(13, 2)), "CUDAVersionTooLow", 75, id="D17, asked for"),
    pytest.param("F2", with_wheels(healthy(), torch(cuda=None)), WRAPPER, "FrameworkWithoutCUDA", 78, id="F2"),
    pytest.param("F5", with_variables(healthy(), ACCELERATE_USE_CPU="1"), WRAPPER, "FrameworkForcedToCPU", 0, id="F5"),
    pytest.param("F8", wheel("jax"), WRAPPER, "FrameworkWithoutCUDA", 78, id="F8, no plugin"),
    pytest.param(
        "F8", with_variables(healthy(), JAX_PLATFORMS="cuda,cpu"), WRAPPER, "FrameworkMayFallBack", 0, id="F8, a list"
    ),
    pytest.param("F9", wheel("tensorflow", (12, 5), libraries=False), WRAPPER, "FrameworkWithoutCUDA", 78, id="F9"),
    pytest.param("F10", wheel("onnxruntime"), WRAPPER, "FrameworkWithoutCUDA", 78, id="F10"),
    pytest.param(
        "F10",
        with_wheels(
            healthy(),
            Wheel("onnxruntime", "onnxruntime", "1.32.0", None),
            Wheel("onnxruntime", "onnxruntime-gpu", "1.31.1", (13,)),
        ),
        WRAPPER,
        "CPUFrameworkBeside",
        0,
        id="F10, both",
    ),
    pytest.param("F11", wheel("xgboost"), WRAPPER, "FrameworkWithoutCUDA", 78, id="F11"),
    pytest.param("F12", wheel("lightgbm"), WRAPPER, "FrameworkWithoutCUDA", 78, id="F12"),
    pytest.param("F14", with_variables(healthy(), DS_ACCELERATOR="cpu"), WRAPPER, "FrameworkForcedToCPU", 0, id="F14"),
]


def row_of(cause: str) -> list[str]:
    (row,) = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| {cause} |")]
    return [cell.strip() for cell in row.strip("|").split("|")]


def is_decisive(finding: Finding, exit_code: int) -> bool:
    blamed = {75: "node", 78: "job"}.get(exit_code)
    return finding.blame.value == blamed if blamed else finding.status >= Status.WARN or finding.reason == "Passed"


@pytest.mark.parametrize(("cause", "facts", "expected", "reason", "exit_code"), CASES)
def test_a_cause_is_named_and_blamed_as_the_page_says(
    cause: str, facts: Facts, expected: Expected, reason: str, exit_code: int
) -> None:
    verdict = judge_facts(facts, expected, expected.mode)
    _, _, _, reasons, exit_codes = row_of(cause)
    assert verdict.exit_code == exit_code
    assert reason in {finding.reason for finding in verdict.findings if is_decisive(finding, exit_code)}
    assert f"`{reason}`" in reasons
    assert re.search(rf"\b{exit_code}\b", exit_codes)


@pytest.mark.parametrize(("on_fallback", "exit_code"), [("warn", 0), ("stop", 78)])
def test_a_fall_back_is_named_and_blamed_as_the_page_says(on_fallback: str, exit_code: int) -> None:
    settings = TripwireSettings(deadline_s=1800.0, on_fallback=on_fallback)
    on_the_cpu = Look(1810.0, cpu_s=Known(3600.0), holder=Known(None), context=Known(None))
    state, _ = judge_look(State(), on_the_cpu, settings)
    verdict = judge(judge_look(state, on_the_cpu, settings)[1].findings, ())

    _, _, _, reasons, exit_codes = row_of("F1")
    assert [finding.reason for finding in verdict.findings] == ["SilentCPUFallback"]
    assert "`SilentCPUFallback`" in reasons
    assert verdict.exit_code == exit_code
    assert re.search(rf"\b{exit_code}\b", exit_codes)


def test_no_reason_of_the_page_is_without_a_case() -> None:
    tried = {(str(case.values[0]), case.values[3]) for case in CASES}
    for cause in re.findall(r"^\| ([PDF]\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE):
        named = set(re.findall(r"`(\w+)`", row_of(cause)[3])) - {"SilentCPUFallback"}
        assert {(cause, reason) for reason in named} <= tried


def test_every_cause_that_facts_can_show_is_in_this_table() -> None:
    by_tripwire = {"F1", "F3", "F4", "F6", "F7", "F13", "F15"}
    page = re.findall(r"^\| ([PDF]\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert set(page) == by_tripwire | {str(case.values[0]) for case in CASES}
