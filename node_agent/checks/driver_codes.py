"""What each nvmlReturn and each CUresult means here, by value: the names of their classes differ between bindings.

Numbers and names: nvml.h as in nvidia-ml-py 13.615, cuda.h of CUDA 13.0. A number that is in no table is UNKNOWN, with
the number in its text.
"""

from __future__ import annotations

from typing import Mapping

from aigpu_contract.frozen import dataclass


@dataclass(frozen=True)
class Meaning:
    """A code's name, the reason to give for it, and whether it shows a fault of the node by itself."""

    code: int
    name: str
    reason: str
    is_fault: bool = False

    def __str__(self) -> str:
        return f"{self.code} ({self.name})"


_UNHEARD_OF = "a code in no table"

_NVML_NAMES: Mapping[int, str] = {
    1: "UNINITIALIZED",
    2: "INVALID_ARGUMENT",
    3: "NOT_SUPPORTED",
    4: "NO_PERMISSION",
    5: "ALREADY_INITIALIZED",
    6: "NOT_FOUND",
    7: "INSUFFICIENT_SIZE",
    8: "INSUFFICIENT_POWER",
    9: "DRIVER_NOT_LOADED",
    10: "TIMEOUT",
    11: "IRQ_ISSUE",
    12: "LIBRARY_NOT_FOUND",
    13: "FUNCTION_NOT_FOUND",
    14: "CORRUPTED_INFOROM",
    15: "GPU_IS_LOST",
    16: "RESET_REQUIRED",
    17: "OPERATING_SYSTEM",
    18: "LIB_RM_VERSION_MISMATCH",
    19: "IN_USE",
    20: "MEMORY",
    21: "NO_DATA",
    22: "VGPU_ECC_NOT_SUPPORTED",
    23: "INSUFFICIENT_RESOURCES",
    24: "FREQ_NOT_SUPPORTED",
    25: "ARGUMENT_VERSION_MISMATCH",
    26: "DEPRECATED",
    27: "NOT_READY",
    28: "GPU_NOT_FOUND",
    29: "INVALID_STATE",
    30: "RESET_TYPE_NOT_SUPPORTED",
    999: "UNKNOWN",
}

_NVML_REASONS: Mapping[str, str] = {
    "NO_PERMISSION": "NoPermission",
    "INSUFFICIENT_POWER": "GPUHardwareFault",
    "DRIVER_NOT_LOADED": "DriverNotLoaded",
    "TIMEOUT": "DriverUnresponsive",
    "IRQ_ISSUE": "GPUHardwareFault",
    "LIBRARY_NOT_FOUND": "NVMLLibraryMissing",
    "CORRUPTED_INFOROM": "GPUHardwareFault",
    "GPU_IS_LOST": "GPULost",
    "RESET_REQUIRED": "GPUResetRequired",
    "LIB_RM_VERSION_MISMATCH": "DriverLibraryMismatch",
    "IN_USE": "GPUBusy",
    "NOT_READY": "FabricNotReady",
    "GPU_NOT_FOUND": "NoDevices",
}

_NVML_FAULTS = frozenset(_NVML_REASONS.values()) - {"NoPermission", "DriverUnresponsive", "GPUBusy"}

_CUDA_NAMES: Mapping[int, str] = {
    1: "INVALID_VALUE",
    2: "OUT_OF_MEMORY",
    3: "NOT_INITIALIZED",
    4: "DEINITIALIZED",
    34: "STUB_LIBRARY",
    36: "CALL_REQUIRES_NEWER_DRIVER",
    46: "DEVICE_UNAVAILABLE",
    100: "NO_DEVICE",
    101: "INVALID_DEVICE",
    102: "DEVICE_NOT_LICENSED",
    200: "INVALID_IMAGE",
    201: "INVALID_CONTEXT",
    202: "CONTEXT_ALREADY_CURRENT",
    205: "MAP_FAILED",
    209: "NO_BINARY_FOR_GPU",
    214: "ECC_UNCORRECTABLE",
    216: "CONTEXT_ALREADY_IN_USE",
    218: "INVALID_PTX",
    220: "NVLINK_UNCORRECTABLE",
    221: "JIT_COMPILER_NOT_FOUND",
    222: "UNSUPPORTED_PTX_VERSION",
    223: "JIT_COMPILATION_DISABLED",
    224: "UNSUPPORTED_EXEC_AFFINITY",
    226: "CONTAINED",
    300: "INVALID_SOURCE",
    301: "FILE_NOT_FOUND",
    302: "SHARED_OBJECT_SYMBOL_NOT_FOUND",
    303: "SHARED_OBJECT_INIT_FAILED",
    304: "OPERATING_SYSTEM",
    400: "INVALID_HANDLE",
    401: "ILLEGAL_STATE",
    500: "NOT_FOUND",
    600: "NOT_READY",
    700: "ILLEGAL_ADDRESS",
    701: "LAUNCH_OUT_OF_RESOURCES",
    702: "LAUNCH_TIMEOUT",
    709: "CONTEXT_IS_DESTROYED",
    710: "ASSERT",
    714: "HARDWARE_STACK_ERROR",
    715: "ILLEGAL_INSTRUCTION",
    716: "MISALIGNED_ADDRESS",
    717: "INVALID_ADDRESS_SPACE",
    718: "INVALID_PC",
    719: "LAUNCH_FAILED",
    800: "NOT_PERMITTED",
    801: "NOT_SUPPORTED",
    802: "SYSTEM_NOT_READY",
    803: "SYSTEM_DRIVER_MISMATCH",
    804: "COMPAT_NOT_SUPPORTED_ON_DEVICE",
    805: "MPS_CONNECTION_FAILED",
    806: "MPS_RPC_FAILURE",
    807: "MPS_SERVER_NOT_READY",
    808: "MPS_MAX_CLIENTS_REACHED",
    809: "MPS_MAX_CONNECTIONS_REACHED",
    810: "MPS_CLIENT_TERMINATED",
    909: "TIMEOUT",
    911: "EXTERNAL_DEVICE",
    999: "UNKNOWN",
}

_CUDA_REASONS: Mapping[str, str] = {
    "OUT_OF_MEMORY": "GPUBusy",
    "STUB_LIBRARY": "StubLibrary",
    "DEVICE_UNAVAILABLE": "GPUBusy",
    "NO_DEVICE": "NoCUDADevice",
    "INVALID_DEVICE": "CUDAInitFailed",
    "DEVICE_NOT_LICENSED": "GRIDNotLicensed",
    "ECC_UNCORRECTABLE": "ECCUncorrectable",
    "CONTEXT_ALREADY_IN_USE": "GPUBusy",
    "NVLINK_UNCORRECTABLE": "NVLinkError",
    "CONTAINED": "CUDAKernelFailed",
    "ILLEGAL_ADDRESS": "CUDAKernelFailed",
    "LAUNCH_TIMEOUT": "CUDAKernelFailed",
    "HARDWARE_STACK_ERROR": "CUDAKernelFailed",
    "ILLEGAL_INSTRUCTION": "CUDAKernelFailed",
    "MISALIGNED_ADDRESS": "CUDAKernelFailed",
    "INVALID_ADDRESS_SPACE": "CUDAKernelFailed",
    "INVALID_PC": "CUDAKernelFailed",
    "LAUNCH_FAILED": "CUDAKernelFailed",
    "SYSTEM_NOT_READY": "FabricNotReady",
    "SYSTEM_DRIVER_MISMATCH": "DriverLibraryMismatch",
    "COMPAT_NOT_SUPPORTED_ON_DEVICE": "CompatLibraryRefused",
    "MPS_CONNECTION_FAILED": "MPSUnavailable",
    "MPS_RPC_FAILURE": "MPSUnavailable",
    "MPS_SERVER_NOT_READY": "MPSUnavailable",
    "MPS_MAX_CLIENTS_REACHED": "GPUBusy",
    "MPS_MAX_CONNECTIONS_REACHED": "GPUBusy",
    "MPS_CLIENT_TERMINATED": "MPSUnavailable",
    "UNKNOWN": "CUDAInitFailed",
}

_CUDA_FAULTS = frozenset(_CUDA_REASONS.values()) - {"GPUBusy", "MPSUnavailable"}


def nvml_meaning(code: int) -> Meaning:
    """Return the meaning of an nvmlReturn."""
    name = _NVML_NAMES.get(code, "")
    reason = _NVML_REASONS.get(name, "NVMLFailed")
    return Meaning(code, f"NVML_ERROR_{name}" if name else _UNHEARD_OF, reason, reason in _NVML_FAULTS)


def cuda_meaning(code: int) -> Meaning:
    """Return the meaning of a CUresult."""
    name = _CUDA_NAMES.get(code, "")
    reason = _CUDA_REASONS.get(name, "CUDAFailed")
    return Meaning(code, f"CUDA_ERROR_{name}" if name else _UNHEARD_OF, reason, reason in _CUDA_FAULTS)
