"""A healthy machine with A100s as plain facts, and small ways to make it less healthy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known, Reading
from node_agent import modes
from node_agent.checks.check import Check
from node_agent.expected import Expected
from node_agent.facts import (
    ComputeProcess,
    Cuda,
    CudaDevice,
    DeviceNode,
    Environment,
    Facts,
    Interpreter,
    KernelModule,
    Library,
    Nvml,
    NvmlDevice,
    PciDevice,
    Wheel,
)

DRIVER = "580.159.04"
SIZES = {1: "Standard_NC24ads_A100_v4", 2: "Standard_NC48ads_A100_v4", 4: "Standard_NC96ads_A100_v4"}
NAME = "NVIDIA A100 80GB PCIe"


def uuid(index: int) -> str:
    """The UUID of a GPU as NVML writes it."""
    return f"GPU-{index + 1:08x}-0000-4000-8000-00000000000{index}"


def nvml_device(index: int, **changes: Any) -> NvmlDevice:
    """A healthy A100 80GB, with what the driver tells about it."""
    device = NvmlDevice(
        index=index,
        uuid=uuid(index),
        name=NAME,
        pci_address=f"000{index + 1}:00:00.0",
        memory_mib=81920,
        memory_used_mib=0,
        mig_enabled=False,
        compute_mode=0,
        compute_capability=(8, 0),
        persistence=False,
        virtualization=1,
        ecc_uncorrected_volatile=0,
        remap_pending=False,
        remap_failed=False,
        recovery_action=0,
        nvlinks_active=12,
        nvlinks_inactive=0,
        throttle_reasons=1,
        pcie_width=8,
        pcie_width_max=16,
    )
    return replace(device, **changes)


def cuda_device(ordinal: int, **changes: Any) -> CudaDevice:
    """The same GPU as CUDA shows it, with its kernel run."""
    device = CudaDevice(
        ordinal=ordinal,
        name=NAME,
        uuid=uuid(ordinal).partition("-")[2],
        compute_capability=(8, 0),
        memory_mib=81037,
        proof="kernel",
    )
    return replace(device, **changes)


def library(name: str, **changes: Any) -> Library:
    """A library of the driver, loaded."""
    path = f"/usr/lib/x86_64-linux-gnu/{name.replace('.so.1', '.so.' + DRIVER)}"
    return replace(Library(name, path=path, version=DRIVER, size=2_000_000), **changes)


def missing(name: str) -> Library:
    """A library that is nowhere."""
    return Library(name, error=f"{name}: cannot open shared object file: No such file or directory")


def node_file(path: str, error: str | None = None, **changes: Any) -> DeviceNode:
    """A device file that opens, or does not."""
    examined = None if error == "ENOENT" else True
    return replace(DeviceNode(path, error, is_character_device=examined, is_drivers=examined), **changes)


def healthy(gpus: int = 2) -> Facts:
    """A node, or a container that holds all GPUs of one, with nothing wrong."""
    cuda = Cuda(
        library=library("libcuda.so.1"),
        driver_version=13000,
        count=gpus,
        devices=tuple(cuda_device(ordinal) for ordinal in range(gpus)),
    )
    nvml = Nvml(
        library_version="13." + DRIVER,
        driver_version=DRIVER,
        cuda_version=13000,
        count=gpus,
        devices=tuple(nvml_device(index) for index in range(gpus)),
        processes=Known(()),
    )
    return Facts(
        vm_size_label=Known(SIZES[gpus]),
        vm_size_metadata=Known(SIZES[gpus]),
        pci=Known(tuple(PciDevice(f"000{index + 1}:00:00.0", "0x20b5", "nvidia") for index in range(gpus))),
        module=Known(KernelModule(loaded=True, version=DRIVER, is_open=True, state="live")),
        nvml_library=Known(library("libnvidia-ml.so.1")),
        device_nodes=Known(
            tuple(
                node_file(path)
                for path in ("/dev/nvidiactl", *(f"/dev/nvidia{index}" for index in range(gpus)), "/dev/nvidia-uvm")
            )
        ),
        environment=Known(Environment({"NVIDIA_VISIBLE_DEVICES": ",".join(uuid(index) for index in range(gpus))})),
        nvml=Known(nvml),
        cuda=Known(cuda),
        interpreter=Known(Interpreter("/usr/bin/python3", "3.12.3", (torch(),))),
        kubelet_resources=Known({"nvidia.com/gpu": gpus, "cpu": 24}),
        boot_id=Known("b"),
    )


def torch(**changes: Any) -> Wheel:
    """The default torch of today."""
    return replace(Wheel("torch", "torch", "2.13.0+cu130", (13, 0), evidence="version.py"), **changes)


def of_node(gpus: int | None = 2, **changes: Any) -> Expected:
    """What the labels of the pool say, judged by the agent at bootstrap."""
    expected = Expected(
        declared_by="labels of the pool",
        gpus=gpus,
        model="a100-80gb",
        vm_size=SIZES.get(gpus or 0, SIZES[2]),
        min_driver=(580, 65, 6),
        resource="nvidia.com/gpu",
        resource_count=gpus,
        mode=modes.BOOTSTRAP,
    )
    return replace(expected, **changes)


def of_job(**changes: Any) -> Expected:
    """What a job that says nothing is held to, judged by its wrapper."""
    return replace(Expected(declared_by="", mode=modes.EXEC), **changes)


def known(reading: Reading[Any]) -> Any:
    """The value of a reading that these facts hold."""
    assert isinstance(reading, Known)
    return reading.value


def with_module(facts: Facts, **changes: Any) -> Facts:
    return replace(facts, module=Known(replace(known(facts.module), **changes)))


def with_nvml(facts: Facts, **changes: Any) -> Facts:
    return replace(facts, nvml=Known(replace(known(facts.nvml), **changes)))


def with_gpu(facts: Facts, index: int = 1, **changes: Any) -> Facts:
    """The facts with one GPU as NVML shows it changed."""
    devices = list(known(facts.nvml).devices)
    devices[index] = replace(devices[index], **changes)
    return with_nvml(facts, devices=tuple(devices))


def with_every_gpu(facts: Facts, **changes: Any) -> Facts:
    return with_nvml(facts, devices=tuple(replace(device, **changes) for device in known(facts.nvml).devices))


def with_cuda(facts: Facts, **changes: Any) -> Facts:
    return replace(facts, cuda=Known(replace(known(facts.cuda), **changes)))


def with_cuda_device(facts: Facts, ordinal: int = 1, **changes: Any) -> Facts:
    devices = list(known(facts.cuda).devices)
    devices[ordinal] = replace(devices[ordinal], **changes)
    return with_cuda(facts, devices=tuple(devices))


def without_cuda(facts: Facts, code: int) -> Facts:
    """The facts where cuInit gave `code`."""
    return with_cuda(facts, init_error=code, count=None, devices=())


def without_nvml(facts: Facts, code: int, text: str = "") -> Facts:
    """The facts where nvmlInit gave `code`."""
    return replace(facts, nvml=Known(Nvml(init_error=code, init_error_text=text)))


def with_variables(facts: Facts, **variables: str | None) -> Facts:
    """The facts with variables set, or taken out by None."""
    surroundings = known(facts.environment)
    given = {**surroundings.variables, **variables}
    kept = {name: value for name, value in given.items() if value is not None}
    return replace(facts, environment=Known(replace(surroundings, variables=kept)))


def with_nodes(facts: Facts, *nodes: DeviceNode) -> Facts:
    return replace(facts, device_nodes=Known(tuple(nodes)))


def with_wheels(facts: Facts, *wheels: Wheel) -> Facts:
    return replace(facts, interpreter=Known(replace(known(facts.interpreter), wheels=wheels)))


def no_gpu() -> Facts:
    """The machine of the story that all this was built for: a CPU size, read from inside a CUDA image."""
    return Facts(
        vm_size_label=Known("Standard_D16s_v5"),
        vm_size_metadata=Known("Standard_D16s_v5"),
        pci=Known(()),
        module=Known(KernelModule(loaded=False)),
        nvml_library=Known(missing("libnvidia-ml.so.1")),
        device_nodes=Known((node_file("/dev/nvidiactl", "ENOENT"), node_file("/dev/nvidia-uvm", "ENOENT"))),
        environment=Known(Environment({"NVIDIA_VISIBLE_DEVICES": "all"})),
        nvml=Known(Nvml(init_error=12, init_error_text="NVML Shared Library Not Found")),
        cuda=Known(Cuda(library=missing("libcuda.so.1"))),
        interpreter=Known(Interpreter("/usr/bin/python3", "3.12.3", (torch(),))),
        kubelet_resources=Known({"cpu": 16}),
        boot_id=Known("b"),
    )


def process(pid: int) -> ComputeProcess:
    return ComputeProcess(pid, "compute", uuid(0))


def reasons(findings: Iterable[Finding]) -> list[str]:
    return [finding.reason for finding in findings]


def told(check: Check, facts: Facts, expected: Expected) -> tuple[str, str, str]:
    """Status, reason and blame of a check's one finding."""
    (finding,) = check.check(facts, expected)
    return finding.status.name, finding.reason, finding.blame.value
