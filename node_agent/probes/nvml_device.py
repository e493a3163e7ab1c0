"""Everything that is asked of one device. Each call may be refused by itself; no refusal hides another answer.

Numbers are those of nvml.h; what each call raises was tried with nvidia-ml-py 13.615 on libraries of four drivers.
"""

from __future__ import annotations

import ctypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INVALID_ARGUMENT = 2
NOT_SUPPORTED = 3
NOT_FOUND = 6
FUNCTION_NOT_FOUND = 13
VERSION_MISMATCH = 25
UNCORRECTED = 1
VOLATILE = 0
RECOVERY_ACTION = 230
"""NVML_FI_DEV_GET_GPU_RECOVERY_ACTION"""
RETIREMENT_CAUSES = (0, 1)
MOST_LINKS = 36
MIB = 1 << 20


class Asked:
    """The questions put to one device or to the system, and the refusals, by the call's name."""

    def __init__(self, nvml: Any) -> None:
        self.nvml = nvml
        self.errors: list[list[object]] = []

    def attempt(self, call: str, *arguments: object) -> tuple[Any, int | None]:
        """Return the answer and None, or None and the nvmlReturn of the refusal."""
        function = getattr(self.nvml, call, None)
        if function is None:
            return None, FUNCTION_NOT_FOUND
        try:
            return function(*arguments), None
        except self.nvml.NVMLError as error:
            return None, int(error.value)
        except self.nvml.NVMLLibraryMismatchError:  # what the unversioned process calls raise on an old library
            return None, FUNCTION_NOT_FOUND

    def ask(self, call: str, *arguments: object) -> Any:
        """Return the answer, or None after a refusal; NotSupported is not noted: the device has no such thing."""
        answer, error = self.attempt(call, *arguments)
        if error not in (None, NOT_SUPPORTED):
            self.errors.append([call, error])
        return answer

    def ask_either(self, call: str, older: str, *arguments: object) -> Any:
        """Return the answer of `call`, or of the name that drivers before it have."""
        answer, error = self.attempt(call, *arguments)
        return self.ask(older, *arguments) if error == FUNCTION_NOT_FOUND else self._noted(call, answer, error)

    def _noted(self, call: str, answer: Any, error: int | None) -> Any:
        if error not in (None, NOT_SUPPORTED):
            self.errors.append([call, error])
        return answer


def read_device(nvml: Any, index: int) -> tuple[dict[str, Any], list[dict[str, Any]] | str]:
    """Return what NVML says of a device, and its processes or why they cannot be listed."""
    asked = Asked(nvml)
    handle, error = asked.attempt("nvmlDeviceGetHandleByIndex", index)
    if error is not None:
        return {"index": index, "error": error}, f"device {index} gives no handle (NVML error {error})"
    device: dict[str, Any] = {"index": index}
    device.update(_identity(asked, handle))
    device.update(_memory(asked, handle))
    mig, instances = _mig(asked, handle)
    device.update(mig)
    device.update(_modes(asked, handle))
    device.update(_health(asked, handle))
    device.update(_links(asked, handle))
    processes = _processes(asked, handle, device["uuid"], instances)
    return dict(device, errors=asked.errors), processes


def _identity(asked: Asked, handle: Any) -> dict[str, Any]:
    pci = asked.ask("nvmlDeviceGetPciInfo", handle)
    return {
        "uuid": asked.ask("nvmlDeviceGetUUID", handle),
        "name": asked.ask("nvmlDeviceGetName", handle),
        "pci_address": None if pci is None else sysfs_address(pci.busId),
        "compute_capability": asked.ask("nvmlDeviceGetCudaComputeCapability", handle),
    }


def sysfs_address(bus_id: str | bytes) -> str:
    """Return NVML's bus id as sysfs writes it: `00000001:00:00.0` is `0001:00:00.0`."""
    text = bus_id.decode("ascii", "replace") if isinstance(bus_id, bytes) else bus_id
    domain, _, rest = text.lower().partition(":")
    return "{}:{}".format(domain[-4:] if domain[:-4].strip("0") == "" else domain, rest)


def _memory(asked: Asked, handle: Any) -> dict[str, Any]:
    memory, error = asked.attempt("nvmlDeviceGetMemoryInfo", handle, asked.nvml.nvmlMemory_v2)
    if error is None:
        return {"memory_mib": memory.total // MIB, "memory_used_mib": memory.used // MIB}
    # The first version counts as used what the driver keeps for itself, so only its total is taken.
    memory = asked.ask("nvmlDeviceGetMemoryInfo", handle)
    return {"memory_mib": None if memory is None else memory.total // MIB}


def _mig(asked: Asked, handle: Any) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    mode = asked.ask("nvmlDeviceGetMigMode", handle)
    if mode is None or mode[0] == 0:
        return {"mig_enabled": None if mode is None else False}, []
    instances = []
    for place in range(asked.ask("nvmlDeviceGetMaxMigDeviceCount", handle) or 0):
        instance, error = asked.attempt("nvmlDeviceGetMigDeviceHandleByIndex", handle, place)
        if error is None:
            uuid = asked.ask("nvmlDeviceGetUUID", instance)
            instances.append((uuid or f"MIG device {place}", instance))
        elif error != NOT_FOUND:  # an empty place
            asked.errors.append(["nvmlDeviceGetMigDeviceHandleByIndex", error])
    return {"mig_enabled": True, "mig_uuids": [uuid for uuid, _ in instances]}, instances


def _modes(asked: Asked, handle: Any) -> dict[str, Any]:
    persistence = asked.ask("nvmlDeviceGetPersistenceMode", handle)
    return {
        "compute_mode": asked.ask("nvmlDeviceGetComputeMode", handle),
        "persistence": None if persistence is None else bool(persistence),
        "virtualization": asked.ask("nvmlDeviceGetVirtualizationMode", handle),
        "throttle_reasons": asked.ask_either(
            "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons", handle
        ),
        "pcie_width": asked.ask("nvmlDeviceGetCurrPcieLinkWidth", handle),
        "pcie_width_max": asked.ask("nvmlDeviceGetMaxPcieLinkWidth", handle),
    }


def _health(asked: Asked, handle: Any) -> dict[str, Any]:
    rows = asked.ask("nvmlDeviceGetRemappedRows", handle)
    pending = asked.ask("nvmlDeviceGetRetiredPagesPendingStatus", handle)
    pages = [asked.ask("nvmlDeviceGetRetiredPages", handle, cause) for cause in RETIREMENT_CAUSES]
    return {
        "ecc_uncorrected_volatile": asked.ask("nvmlDeviceGetTotalEccErrors", handle, UNCORRECTED, VOLATILE),
        "remap_pending": None if rows is None else bool(rows[2]),
        "remap_failed": None if rows is None else bool(rows[3]),
        "retired_pages_pending": None if pending is None else bool(pending),
        "retired_pages": None if None in pages else sum(len(of_cause) for of_cause in pages),
        "recovery_action": _recovery_action(asked, handle),
    }


def _recovery_action(asked: Asked, handle: Any) -> int | None:
    values = asked.ask("nvmlDeviceGetFieldValues", handle, [RECOVERY_ACTION])
    if values is None:
        return None
    # A refused field comes with the value 0, which would read as "no action needed".
    refusal = int(values[0].nvmlReturn)
    if refusal == 0:
        return int(values[0].value.uiVal)
    if refusal not in (NOT_SUPPORTED, INVALID_ARGUMENT):  # drivers before 555 do not know the field
        asked.errors.append(["nvmlDeviceGetFieldValues", refusal])
    return None


def _links(asked: Asked, handle: Any) -> dict[str, Any]:
    active = inactive = 0
    for link in range(MOST_LINKS):
        state, error = asked.attempt("nvmlDeviceGetNvLinkState", handle, link)
        if error is None:
            active += bool(state)
            inactive += not state
        elif error != NOT_SUPPORTED:  # NotSupported also stands for one link of a device that this board leaves out
            if error != INVALID_ARGUMENT:  # no link of this number, nor above
                asked.errors.append(["nvmlDeviceGetNvLinkState", error])
            break
        elif link == 0:
            break
    counted = {"nvlinks_active": active, "nvlinks_inactive": inactive} if active or inactive else {}
    return dict(counted, **_fabric(asked, handle))


def _fabric(asked: Asked, handle: Any) -> dict[str, Any]:
    """Read the fabric by the newest struct that the driver knows; each older one says less."""
    error: int | None = FUNCTION_NOT_FOUND
    call = "nvmlDeviceGetGpuFabricInfoV"
    for struct in ("c_nvmlGpuFabricInfo_v3_t", "c_nvmlGpuFabricInfo_v2_t", "c_nvmlGpuFabricInfo_t"):
        kind = getattr(asked.nvml, struct, None)
        if kind is None:
            continue
        call = "nvmlDeviceGetGpuFabricInfo" if struct == "c_nvmlGpuFabricInfo_t" else "nvmlDeviceGetGpuFabricInfoV"
        info = kind()
        _, error = asked.attempt(call, handle, ctypes.byref(info))
        if error is None:
            health = getattr(info, "healthSummary", None)
            return {"fabric_state": info.state, "fabric_status": info.status, "fabric_health": health}
        if error not in (FUNCTION_NOT_FOUND, VERSION_MISMATCH, INVALID_ARGUMENT):
            break
    if error not in (NOT_SUPPORTED, FUNCTION_NOT_FOUND):
        asked.errors.append([call, error])
    return {}


def _processes(asked: Asked, handle: Any, uuid: str | None, instances: list[Any]) -> list[dict[str, Any]] | str:
    """List who computes, draws or shares the device, per MIG device where there are any.

    On a device in MIG mode the whole GPU's list needs rights that a container has not.
    """
    found: list[dict[str, Any]] = []
    for device, where in instances or [(uuid, handle)]:
        for kind, call in (
            ("compute", "nvmlDeviceGetComputeRunningProcesses"),
            ("graphics", "nvmlDeviceGetGraphicsRunningProcesses"),
            ("mps", "nvmlDeviceGetMPSComputeRunningProcesses"),
        ):
            processes, error = asked.attempt(call, where)
            if error is not None and (kind == "compute" or error != NOT_SUPPORTED):
                return f"{call} was refused for {device} (NVML error {error})"
            found.extend({"pid": process.pid, "kind": kind, "device": device or ""} for process in processes or ())
    return found
