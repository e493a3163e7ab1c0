"""Which names a driver's libraries export, of those that the stub has.

Read with `nm -D` from NVIDIA's libraries of 470.256, 525.147, 535.261 and 550.163 in Debian's non-free packages, and,
for the newer branches, from the headers of the packages nvidia-nvml-dev-cu12 12.8 and nvidia-nvml-dev 13.0.
"""

from __future__ import annotations

# Driver branch, and the names that came with it or with a branch between it and the one before.
_NVML_SINCE: tuple[tuple[int, tuple[str, ...]], ...] = (
    (
        525,
        (
            "nvmlDeviceGetComputeRunningProcesses_v3",
            "nvmlDeviceGetGpuFabricInfo",
            "nvmlDeviceGetGraphicsRunningProcesses_v3",
            "nvmlDeviceGetGspFirmwareVersion",
            "nvmlDeviceGetMPSComputeRunningProcesses_v3",
            "nvmlDeviceGetMemoryInfo_v2",
            "nvmlDeviceGetNumGpuCores",
        ),
    ),
    (
        535,
        (
            "nvmlDeviceGetCurrentClocksEventReasons",
            "nvmlDeviceGetSramEccErrorStatus",
            "nvmlDeviceGetSupportedClocksEventReasons",
        ),
    ),
    (550, ("nvmlDeviceGetGpuFabricInfoV", "nvmlDeviceGetNumaNodeId")),
    (570, ("nvmlDeviceGetMarginTemperature", "nvmlDeviceGetTemperatureV", "nvmlSystemGetDriverBranch")),
    (580, ("nvmlDeviceGetRepairStatus",)),
)
_CUDA_SINCE: tuple[tuple[int, tuple[str, ...]], ...] = (
    (525, ("cuGetProcAddress_v2",)),
    (570, ("cuCtxCreate_v4",)),
)


def absent_from(branch: int) -> tuple[str, ...]:
    """The names of either library that drivers of `branch` (such as 535) do not export yet."""
    return tuple(name for since, names in (*_NVML_SINCE, *_CUDA_SINCE) if since > branch for name in names)
