"""The child process that opens the device nodes and then asks NVML, through pynvml, for everything it knows."""

from __future__ import annotations

import sys
import types

from node_agent.probes import device_nodes, nvml_device, shared_library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from node_agent.probes.channel import Channel

LIBRARY = "libnvidia-ml.so.1"
LIBRARY_NOT_FOUND = 12
"""The nvmlReturn that pynvml gives for every library that does not load, whatever the linker said."""
MOST_DEVICES = 256
NEEDED = ("nvmlInitWithFlags", "nvmlDeviceGetHandleByIndex", "NVMLError", "NVMLLibraryMismatchError", "nvmlMemory_v2")
"""Names that NVIDIA's binding has and its namesakes (nvidia-ml-py3, py3nvml's shim) have not."""


def import_binding() -> tuple[Any, str]:
    """Return the module `pynvml`, and why it cannot be used: empty where it is NVIDIA's. It loads no library yet."""
    # pynvml imports find_library and calls it nowhere; the module behind it takes longer to import than all of pynvml.
    stand_in = types.ModuleType("ctypes.util")
    stand_in.find_library = str  # type: ignore[attr-defined]
    sys.modules.setdefault("ctypes.util", stand_in)
    try:
        import pynvml  # type: ignore[import-untyped]  # noqa: PLC0415 (may be missing, or somebody else's)
    except (ImportError, SyntaxError, AttributeError, NameError) as error:
        return None, f"the module pynvml cannot be imported: {error}"
    missing = [name for name in NEEDED if not hasattr(pynvml, name)]
    if missing:
        place = getattr(pynvml, "__file__", "an unknown place")
        return None, f"the module pynvml at {place} is not that of nvidia-ml-py: it has no {missing[0]}"
    return pynvml, ""


BINDING, PROBLEM = import_binding()


def run(options: dict[str, Any], channel: Channel) -> None:
    """Report `device_nodes`, then `library`, then `nvml`, or `binding` with what is wrong with pynvml."""
    try:
        channel.send("device_nodes", device_nodes.open_nodes(options["root"], channel.step))
    except OSError as error:
        channel.send("device_nodes", f"{error.filename}: {error.strerror}")
    name = options["library"] or LIBRARY
    channel.step("loading " + name)
    handle, library = shared_library.load(name)
    channel.send("library", library)
    if handle is None:
        channel.send("nvml", {"init_error": LIBRARY_NOT_FOUND, "init_error_text": library["error"]})
    elif PROBLEM:
        channel.send("binding", PROBLEM)
    else:
        BINDING.nvmlLib = handle
        channel.send("nvml", read_nvml(BINDING, channel))


def read_nvml(nvml: Any, channel: Channel) -> dict[str, Any]:
    """Start NVML and read it; what it refuses stands beside what it told."""
    channel.step("nvmlInit")
    asked = nvml_device.Asked(nvml)
    found: dict[str, Any] = {"init_error": None, "init_error_text": ""}
    try:
        nvml.nvmlInitWithFlags(0)
    except nvml.NVMLError as error:
        found.update(init_error=error.value, init_error_text=str(error))
    # Readable even when NVML could not start: it is what the version of the module is compared with.
    found["library_version"] = asked.ask("nvmlSystemGetNVMLVersion")
    if found["init_error"] is None:
        channel.step("nvmlDeviceGetCount")
        found.update(_read_started(nvml, asked, channel))
    return dict(found, errors=asked.errors)


def _read_started(nvml: Any, asked: nvml_device.Asked, channel: Channel) -> dict[str, Any]:
    found: dict[str, Any] = {
        "driver_version": asked.ask("nvmlSystemGetDriverVersion"),
        "cuda_version": asked.ask("nvmlSystemGetCudaDriverVersion_v2"),
    }
    try:
        found["count"] = nvml.nvmlDeviceGetCount()
    except nvml.NVMLError as error:
        return dict(found, count_error=error.value)
    devices, lists = [], []
    for index in range(min(found["count"], MOST_DEVICES)):
        channel.step(f"device {index}")
        device, processes = nvml_device.read_device(nvml, index)
        devices.append(device)
        lists.append(processes)
    return dict(found, devices=devices, processes=_join(lists))


def _join(lists: list[list[dict[str, Any]] | str]) -> list[dict[str, Any]] | str:
    """Return the processes of all devices, or why one list could not be had: a part of them is no answer."""
    joined: list[dict[str, Any]] = []
    for processes in lists:
        if isinstance(processes, str):
            return processes
        joined.extend(processes)
    return joined
