"""The CUDA driver's answers, with one real computation on every device."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, Mapping, Optional

from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.facts import Cuda, CudaDevice, Library, Nvml, NvmlDevice
from node_agent.probes.child import Child

HELD_MIB = 500
HELD_PART = 0.05
"""More memory in use than an idle GPU shows: somebody holds it, also where the process list cannot name whom, as in a
PID namespace of our own. The part is for GPUs whose memory the kernel uses too (Grace), where idle is not zero."""
WHOLE_GPU = (None, 0, 1)
"""NVML's virtualization modes of a GPU that is all ours: none, pass-through. A vGPU's idle use is not documented."""


def allow_load(child: Child, library: Optional[str]) -> None:
    """Let the child load the library, by the linker's rules or from a path: the device nodes have been looked at."""
    child.send(json.dumps({"library": library}))


def allow_kernel(child: Child, held: Mapping[str, str], skip: Optional[str]) -> None:
    """Let the child compute on all devices but those `held`, or on none where `skip` says why."""
    bare = {_bare(uuid): reason for uuid, reason in held.items()}
    child.send(json.dumps({"skip": skip, "held": bare}))


def read_cuda(child: Child, nvml: Reading[Nvml]) -> Reading[Cuda]:
    """Wait for the end of the child and return what the CUDA driver said and did."""
    failure = child.finish()
    if failure is not None:
        return failure
    library, cuda = child.reading("library"), child.reading("cuda")
    if isinstance(library, Unknown):
        return library
    if isinstance(cuda, Unknown):
        return cuda
    return Known(build_cuda(library.value, cuda.value, _mig_uuids(nvml)))


def build_cuda(library: Mapping[str, Any], data: Mapping[str, Any], mig_uuids: Iterable[str] = ()) -> Cuda:
    """Return the child's data as facts."""
    instances = {_bare(uuid) for uuid in mig_uuids}
    values: Dict[str, Any] = dict(data, library=Library(**library))
    values["devices"] = tuple(_build_device(device, instances) for device in values.get("devices", ()))
    return Cuda(**values)


def held_devices(nvml: Nvml, own: int) -> Dict[str, str]:
    """Return the UUIDs of devices that somebody else computes on, each with what shows it; `own` is our child's pid."""
    held = {
        device.uuid: f"{device.memory_used_mib} MiB of its memory are in use"
        for device in nvml.devices
        if device.uuid and _memory_is_held(device)
    }
    if isinstance(nvml.processes, Known):
        others = [one for one in nvml.processes.value if one.kind != "graphics" and one.pid != own]
        held.update({one.device: f"process {one.pid} holds it ({one.kind})" for one in others})
    return held


def _memory_is_held(device: NvmlDevice) -> bool:
    if device.memory_used_mib is None or device.mig_enabled or device.virtualization not in WHOLE_GPU:
        return False
    return device.memory_used_mib > max(HELD_MIB, HELD_PART * (device.memory_mib or 0))


def _build_device(data: Mapping[str, Any], instances: Iterable[str]) -> CudaDevice:
    values: Dict[str, Any] = dict(data)
    capability = values.get("compute_capability")
    values["compute_capability"] = None if capability is None else (capability[0], capability[1])
    if values.get("uuid"):
        # CUDA gives the bytes only; NVML and the device plugin write which kind of device they name.
        values["uuid"] = ("MIG-" if values["uuid"] in instances else "GPU-") + values["uuid"]
    return CudaDevice(**values)


def _mig_uuids(nvml: Reading[Nvml]) -> Iterable[str]:
    return [uuid for device in nvml.value.devices for uuid in device.mig_uuids] if isinstance(nvml, Known) else []


def _bare(uuid: str) -> str:
    return uuid.partition("-")[2] if uuid.startswith(("GPU-", "MIG-")) else uuid
