"""A pretended GPU node: everything that its driver, its libraries and its file system say.

The names of a GPU's fields are the keys of the state file. None means that the board has no such thing, which NVML
answers with NOT_SUPPORTED; `Refused(code)` makes the call for this one value answer `code`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from testbeds.nvidia_stub.faults import Fault

XID = 0x8
"""The event type of nvml.h for a critical XID; the event's data is its number."""
EVENT_TYPES = 0xC11B
RECOVERY_ACTION = 230
"""NVML_FI_DEV_GET_GPU_RECOVERY_ACTION: 0 none, 1 reset, 2 reboot, 3 drain P2P, 4 drain and reset."""


@dataclass(frozen=True)
class Refused:
    """In place of a value: the call for it answers this code."""

    code: int


Text: TypeAlias = str | Refused | None
Number: TypeAlias = int | Refused | None


@dataclass(frozen=True)
class MigDevice:
    """A MIG device. `slot` is its index below its GPU; slots in between may be empty."""

    slot: int
    name: str
    uuid: str
    memory_mib: int
    multiprocessors: int
    gpu_instance: int
    compute_instance: int = 0
    slices: int = 1
    memory_reserved_mib: int = 0
    memory_used_mib: int = 0


@dataclass(frozen=True)
class Gpu:
    """A GPU as NVML and CUDA describe it. Enumerations are the numbers of nvml.h."""

    name: Text
    uuid: Text
    pci: str
    capability: str
    architecture: Number
    multiprocessors: int
    memory_mib: Number
    minor: Number = 0
    serial: Text = None
    brand: Number = 14
    cores: Number = None
    vbios: Text = None
    part_number: Text = None
    inforom: Text = None
    inforom_valid: Number = None
    gsp_firmware: Text = None
    numa_node: Number = None
    memory_reserved_mib: int = 0
    memory_used_mib: int = 0
    bar1_mib: Number = None
    context_mib: int = 500
    """What a CUDA context takes of the GPU's memory."""
    pci_device_id: int = 0
    pci_subsystem_id: int = 0
    pcie_generation: Number = None
    pcie_generation_max: Number = None
    pcie_width: Number = None
    pcie_width_max: Number = None
    pcie_replays: Number = 0
    persistence_mode: Number = 1
    compute_mode: Number = 0
    """0 default, 2 prohibited, 3 exclusive process."""
    virtualization_mode: Number = 1
    """0 none, 1 pass-through, 2 vGPU."""
    performance_state: Number = 0
    clock: Mapping[int, int] = field(default_factory=dict)
    """MHz by clock type: 0 graphics, 1 SM, 2 memory, 3 video."""
    clock_max: Mapping[int, int] = field(default_factory=dict)
    clocks_event_reasons: Number = 0x1
    clocks_event_reasons_supported: Number = 0x1FF
    violation_ns: Mapping[int, int] = field(default_factory=dict)
    temperature: Mapping[int, int] = field(default_factory=dict)
    temperature_threshold: Mapping[int, int] = field(default_factory=dict)
    """Degrees by threshold: 0 shutdown, 1 slowdown, 3 highest for operation. None of them since Hopper."""
    temperature_margin: Number = None
    power_mw: Number = None
    power_limit_mw: Number = None
    utilization_gpu: Number = 0
    utilization_memory: Number = 0
    ecc_mode: Number = 1
    ecc_mode_pending: Number = None
    ecc_volatile_corrected_sram: Number = 0
    ecc_volatile_corrected_dram: Number = 0
    ecc_volatile_uncorrected_sram: Number = 0
    ecc_volatile_uncorrected_dram: Number = 0
    ecc_aggregate_corrected_sram: Number = 0
    ecc_aggregate_corrected_dram: Number = 0
    ecc_aggregate_uncorrected_sram: Number = 0
    ecc_aggregate_uncorrected_dram: Number = 0
    sram_threshold_exceeded: Number = 0
    remapped_corrected: Number = 0
    remapped_uncorrected: int = 0
    remap_pending: int = 0
    remap_failed: int = 0
    remap_histogram: tuple[int, ...] | None = None
    """Banks by spare rows left: all, high, partial, low, none."""
    retired_single_bit: Number = None
    retired_double_bit: Number = None
    retired_pending: Number = None
    channel_repair_pending: Number = None
    tpc_repair_pending: int = 0
    mig_mode: Number = None
    mig_mode_pending: Number = None
    mig_devices: tuple[MigDevice, ...] = ()
    nvlinks: Number = None
    nvlinks_down: tuple[int, ...] = ()
    nvlink_version: int = 0
    fabric_state: Number = None
    """0 not supported, 1 not started, 2 in progress, 3 completed."""
    fabric_status: int = 0
    fabric_cluster: str | None = None
    fabric_clique: int = 0
    fabric_health_mask: int = 0
    fabric_health_summary: int = 0
    event_types: Number = EVENT_TYPES
    field_values: Mapping[int, int | Refused] = field(default_factory=lambda: {RECOVERY_ACTION: 0})
    """Field values by their id."""
    kernel_wrong_at: int | None = None
    """Index of the one number that a kernel computes wrong."""
    copy_damage_mask: int | None = None
    """Bits that a copy to the host turns over in one byte."""


@dataclass(frozen=True)
class Process:
    """A process that holds a GPU, as NVML lists it; it need not exist."""

    pid: int
    gpu: int = 0
    kind: str = "compute"
    """compute, graphics or mps"""
    memory_mib: int | None = None
    slot: int | None = None
    utilization: int | None = None
    name: str | None = None


@dataclass(frozen=True)
class Event:
    """An event that callers of nvmlEventSetWait get, once per event set."""

    gpu: int = 0
    data: int = 0
    type: int = XID
    after_ms: int = 0


class LibraryFile(enum.Enum):
    """What stands in the place of a library."""

    WHOLE = "whole"
    MISSING = "missing"
    EMPTY = "empty"
    TEXT = "text"
    OTHER_CLASS = "other class"
    """An ELF file for machines of 32 bits."""


class CudaLibrary(enum.Enum):
    """Which libcuda the linker finds first."""

    DRIVER = "driver"
    COMPAT = "compat"
    STUBS = "stubs"
    """The toolkit's library for linking: each call answers STUB_LIBRARY (34)."""


@dataclass(frozen=True)
class Node:
    """A node. `driver` is the version of the user-space libraries, and of the kernel module unless that is given."""

    gpus: tuple[Gpu, ...] = ()
    driver: str = "580.105.08"
    cuda: int = 13000
    module_loaded: bool = True
    module_version: str | None = None
    module_is_open: bool = False
    has_nouveau: bool = False
    claimed_count: int | None = None
    """The number that nvmlDeviceGetCount says, where it differs from what it hands out."""
    fabric_manager: bool = True
    """Whether it runs; without it cuInit answers 802 on boards that need it."""
    needs_fabric_manager: bool = False
    has_jit: bool = True
    is_mps_client: bool = False
    makes_control_node: bool = True
    processes: tuple[Process, ...] = ()
    events: tuple[Event, ...] = ()
    faults: tuple[Fault, ...] = ()
    nvml_library: LibraryFile = LibraryFile.WHOLE
    cuda_library: LibraryFile = LibraryFile.WHOLE
    first_cuda_library: CudaLibrary = CudaLibrary.DRIVER
    compat_cuda: int = 13020
    compat_version: str = "595.58.03"
    compat_code: int | None = None
    """What cuInit of a compat library answers: 803, 804, or None where the pair works."""
    switches: tuple[str, ...] = ()
    """PCI addresses of NVSwitches: NVIDIA's devices too, but no GPUs."""
    only_on_bus: tuple[Gpu, ...] = ()
    """GPUs that the PCI bus has and the driver does not."""
    off_bus: tuple[int, ...] = ()
    """Indices of GPUs that NVML still lists and the PCI bus has lost."""
    missing_device_nodes: frozenset[str] = frozenset()
    """Names below /dev that are not there: `nvidia-uvm`, `nvidia0`."""
    device_errors: Mapping[str, int] = field(default_factory=dict)
    """errno that opening a node gives, by name; takes effect with StubNode.environment(log_opens=True)."""

    @property
    def branch(self) -> int:
        """The driver's branch, such as 580."""
        return int(self.driver.partition(".")[0])

    @property
    def module(self) -> str | None:
        """The version of the loaded kernel module; None where none is loaded."""
        return (self.module_version or self.driver) if self.module_loaded else None
