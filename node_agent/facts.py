"""What was observed on a machine, as plain data. Every reading is Known, or Unknown with the reason why.

Probes fill it, checks judge it; neither imports the other. An Unknown is never turned into an empty value: "no GPU
found" (`Known(())`) and "could not look" (`Unknown`) are different facts.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Mapping, Optional, Tuple

from aigpu_contract.frozen import dataclass
from aigpu_contract.reading import Reading, Unknown

NOT_READ = Unknown("it was not read")
NVIDIA_PCI_VENDOR = "0x10de"


@dataclass(frozen=True)
class NoAnswer(Unknown):
    """A process that asked the driver gave no answer by its deadline: the driver hangs.

    `seconds` is how long it was waited for; `abandoned` that the process could not even be killed.
    """

    seconds: float = 0.0
    abandoned: bool = False


@dataclass(frozen=True)
class Crashed(Unknown):
    """A process that asked the driver was ended by `signal` (`SIGSEGV`) inside NVIDIA's library."""

    signal: str = ""


@dataclass(frozen=True)
class BindingUnusable(Unknown):
    """The Python module `pynvml` is missing, or another module of that name stands before NVIDIA's."""


@dataclass(frozen=True)
class PciDevice:
    """A PCI function of NVIDIA's vendor id that is a display or 3D controller; `driver` is what is bound to it."""

    address: str
    device_id: str
    driver: Optional[str]


@dataclass(frozen=True)
class DeviceNode:
    """A device file that was opened read-write: `error` is the errno's name (`ENOENT`, `EPERM`), None when it opened.

    `is_character_device` is None where the file could not even be examined. `is_drivers` says whether its major number
    is the one that /proc/devices names for NVIDIA's driver; None where that cannot be told.
    """

    path: str
    error: Optional[str]
    is_character_device: Optional[bool] = None
    is_drivers: Optional[bool] = None


@dataclass(frozen=True)
class Library:
    """A shared library as the dynamic linker finds it. `error` is the linker's own text when it does not load.

    `path` is the file really mapped, `version` the one in its file name (`libcuda.so.580.105.08`).
    """

    name: str
    path: Optional[str] = None
    version: Optional[str] = None
    error: Optional[str] = None
    size: Optional[int] = None


@dataclass(frozen=True)
class KernelModule:
    """The NVIDIA kernel module: loaded or not, its version, and whether it is the open one.

    `state` is the kernel's own word (`live`, `coming`, `going`); only a live module counts as loaded.
    """

    loaded: bool
    version: Optional[str] = None
    is_open: Optional[bool] = None
    nouveau_loaded: bool = False
    state: Optional[str] = None


@dataclass(frozen=True)
class NvmlDevice:
    """One device as NVML shows it. Memory in MiB; `error` is set when its handle could not be had.

    Counters are None where the GPU does not have them (NVML answers NotSupported): that is not a zero. `errors` holds
    every other refusal, by the call's name. `memory_used_mib` leaves out what the driver reserves for itself.
    """

    index: int
    error: Optional[int] = None
    uuid: Optional[str] = None
    name: Optional[str] = None
    pci_address: Optional[str] = None
    memory_mib: Optional[int] = None
    memory_used_mib: Optional[int] = None
    mig_enabled: Optional[bool] = None
    mig_uuids: Tuple[str, ...] = ()
    compute_mode: Optional[int] = None
    compute_capability: Optional[Tuple[int, int]] = None
    persistence: Optional[bool] = None
    virtualization: Optional[int] = None
    ecc_uncorrected_volatile: Optional[int] = None
    remap_pending: Optional[bool] = None
    remap_failed: Optional[bool] = None
    retired_pages_pending: Optional[bool] = None
    retired_pages: Optional[int] = None
    recovery_action: Optional[int] = None
    fabric_state: Optional[int] = None
    fabric_status: Optional[int] = None
    fabric_health: Optional[int] = None
    nvlinks_active: Optional[int] = None
    nvlinks_inactive: Optional[int] = None
    throttle_reasons: Optional[int] = None
    pcie_width: Optional[int] = None
    pcie_width_max: Optional[int] = None
    errors: Tuple[Tuple[str, int], ...] = ()


@dataclass(frozen=True)
class ComputeProcess:
    """A process that NVML lists on a device; `kind` is `compute`, `graphics` or `mps`."""

    pid: int
    kind: str
    device: str


@dataclass(frozen=True)
class Nvml:
    """What NVML says as a whole. `init_error` is the nvmlReturn of nvmlInit (None when it worked)."""

    init_error: Optional[int] = None
    init_error_text: str = ""
    library_version: Optional[str] = None
    driver_version: Optional[str] = None
    cuda_version: Optional[int] = None
    count: Optional[int] = None
    count_error: Optional[int] = None
    devices: Tuple[NvmlDevice, ...] = ()
    processes: Reading[Tuple[ComputeProcess, ...]] = NOT_READ
    errors: Tuple[Tuple[str, int], ...] = ()


@dataclass(frozen=True)
class CudaDevice:
    """One device as the CUDA driver shows it, and what one real kernel did on it.

    `proof` is `kernel` (computed and compared), `memory` (only memory was written and read back, because the driver
    could not compile PTX) or None; `error` is the CUresult that ended the proof, `step` the call that returned it.
    `skipped` says why no proof was tried, such as another process that holds the device.
    """

    ordinal: int
    name: Optional[str] = None
    uuid: Optional[str] = None
    compute_capability: Optional[Tuple[int, int]] = None
    memory_mib: Optional[int] = None
    proof: Optional[str] = None
    wrong_result: bool = False
    error: Optional[int] = None
    step: str = ""
    jit_error: Optional[int] = None
    skipped: str = ""


@dataclass(frozen=True)
class Cuda:
    """What the CUDA driver says. `init_error` is the CUresult of cuInit, None when it worked."""

    library: Library
    driver_version: Optional[int] = None
    init_error: Optional[int] = None
    count: Optional[int] = None
    count_error: Optional[int] = None
    devices: Tuple[CudaDevice, ...] = ()


@dataclass(frozen=True)
class Wheel:
    """An installed framework, read without importing it. `cuda` is the CUDA version it was built for, None for none.

    `architectures` are the compute capabilities compiled in where that is known without importing (`sm_90`).
    `cuda_libraries` says whether the CUDA libraries that it loads at run time are installed, None where it brings its
    own or nobody can tell. Where `problem` is set, `cuda` could not be read: None then means nothing.
    """

    framework: str
    distribution: str
    version: str
    cuda: Optional[Tuple[int, ...]]
    architectures: Tuple[str, ...] = ()
    evidence: str = ""
    cuda_libraries: Optional[bool] = None
    problem: str = ""


@dataclass(frozen=True)
class Interpreter:
    """The Python that the wrapped command resolves to, and the frameworks installed for it."""

    path: str
    version: str
    wheels: Tuple[Wheel, ...] = ()


@dataclass(frozen=True)
class Environment:
    """The variables that steer NVIDIA's runtime and CUDA, and the C library; nothing else of the environment."""

    variables: Mapping[str, str]
    libc: str = "glibc"
    sandbox: Optional[str] = None


@dataclass(frozen=True)
class Facts:
    """Everything that the checks may look at."""

    vm_size_label: Reading[str] = NOT_READ
    vm_size_metadata: Reading[str] = NOT_READ
    pci: Reading[Tuple[PciDevice, ...]] = NOT_READ
    module: Reading[KernelModule] = NOT_READ
    nvml_library: Reading[Library] = NOT_READ
    device_nodes: Reading[Tuple[DeviceNode, ...]] = NOT_READ
    environment: Reading[Environment] = NOT_READ
    nvml: Reading[Nvml] = NOT_READ
    cuda: Reading[Cuda] = NOT_READ
    interpreter: Reading[Interpreter] = NOT_READ
    kubelet_resources: Reading[Mapping[str, int]] = NOT_READ
    boot_id: Reading[str] = NOT_READ
    durations: Mapping[str, float] = MappingProxyType({})
