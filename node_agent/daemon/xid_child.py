"""The child process that waits for XIDs with NVML's event set, and tells each of them in a line.

NVML tells only what comes after the registration. The silence of this process is normal; its end is not. It ends by
itself when its standard input does: nobody listens any more.
"""

from __future__ import annotations

import ctypes
import json
import select
import sys

from node_agent.probes import shared_library
from node_agent.probes.channel import Channel
from node_agent.probes.nvml_child import BINDING, LIBRARY, PROBLEM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

XID_CRITICAL = 0x8
RECOVERY_ACTION = 0x8000
TIMEOUT = 10
WAIT_MS = 1000


def main(_name: str) -> None:
    """Listen until there is nobody to tell."""
    channel = Channel()
    options = json.loads(sys.stdin.readline() or "{}")
    handle, library = shared_library.load(options.get("library") or LIBRARY)
    if handle is None or PROBLEM:
        channel.send("refused", library["error"] if handle is None else PROBLEM)
        return
    BINDING.nvmlLib = handle
    try:
        _listen(BINDING, channel)
    except BINDING.NVMLError as error:
        channel.send("refused", str(error))


def _listen(nvml: Any, channel: Channel) -> None:
    nvml.nvmlInitWithFlags(0)
    events = nvml.nvmlEventSetCreate()
    heard: dict[int, str] = {}
    for index in range(nvml.nvmlDeviceGetCount()):
        heard.update(_register(nvml, events, index))
    if not heard:
        channel.send("refused", "no GPU of this node tells XIDs")
        return
    channel.send("listening", list(heard.values()))
    while not select.select([0], [], [], 0)[0]:
        try:
            event = nvml.nvmlEventSetWait_v2(events, WAIT_MS)
        except nvml.NVMLError as error:
            if error.value != TIMEOUT:
                raise
            continue
        if event.eventType == XID_CRITICAL:
            channel.send("xid", {"number": int(event.eventData), "gpu": heard.get(_address(event.device), "")})
        else:
            channel.send("changed", event.eventType)


def _register(nvml: Any, events: Any, index: int) -> dict[int, str]:
    """Register for what the GPU can tell; return its UUID by its handle, nothing where it tells nothing or is lost.

    The UUID is asked for now: a GPU that falls off the bus cannot tell it any more when its XID comes.
    """
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        wanted = nvml.nvmlDeviceGetSupportedEventTypes(handle) & (XID_CRITICAL | RECOVERY_ACTION)
        if not wanted & XID_CRITICAL:
            return {}
        nvml.nvmlDeviceRegisterEvents(handle, wanted, events)
        return {_address(handle): str(nvml.nvmlDeviceGetUUID(handle))}
    except nvml.NVMLError:
        return {}


def _address(handle: Any) -> int:
    """Return the number that NVML knows a GPU by, for as long as the library stays started."""
    return ctypes.cast(handle, ctypes.c_void_p).value or 0
