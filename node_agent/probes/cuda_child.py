"""The child process that asks the CUDA driver and computes on every device, one at a time.

It waits twice: to load the library until the device nodes have been looked at, and to compute until the parent knows
from NVML that nobody else holds the device. Both permissions come as a line on standard input, the first one with the
options; the end of it means no.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from node_agent.probes import shared_library
from node_agent.probes.cuda_driver import Driver, Refused
from node_agent.probes.cuda_proof import prove

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from node_agent.probes.channel import Channel

LIBRARY = "libcuda.so.1"
MOST_DEVICES = 256


def run(options: dict[str, Any], channel: Channel) -> None:
    """Report `library` and then `cuda`, with a proof for each device that the parent does not except."""
    # A GPU whose process is killed in the middle of a call may need a reset: end between two calls, and release.
    signal.signal(signal.SIGTERM, _end)
    # The driver's cache would leave files in the home folder, and hide a compiler that is missing.
    os.environ.setdefault("CUDA_CACHE_DISABLE", "1")
    name = options["library"] or LIBRARY
    channel.step("loading " + name)
    handle, library = shared_library.load(name)
    channel.send("library", library)
    if handle is None:
        channel.send("cuda", {})
        return
    driver = Driver(handle, channel.step)
    found, handles = _start(driver)
    permission = sys.stdin.readline()
    if not permission:
        return
    _prove_all(driver, found.get("devices", []), handles, json.loads(permission))
    channel.send("cuda", found)


def _end(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _start(driver: Driver) -> tuple[dict[str, Any], list[int]]:
    """Initialize the driver and name its devices; no context is made yet."""
    found: dict[str, Any] = {"driver_version": driver.version()}
    try:
        driver.start()
    except Refused as refused:
        return dict(found, init_error=refused.code), []
    try:
        count = driver.count()
    except Refused as refused:
        return dict(found, count_error=refused.code), []
    described = [_describe(driver, ordinal) for ordinal in range(min(count, MOST_DEVICES))]
    return dict(found, count=count, devices=[device for device, _ in described]), [handle for _, handle in described]


def _describe(driver: Driver, ordinal: int) -> tuple[dict[str, Any], int]:
    device: dict[str, Any] = {"ordinal": ordinal}
    handle = -1
    driver.about(f"device {ordinal}")
    try:
        handle = driver.device(ordinal)
        device["name"] = driver.name(handle)
        device["uuid"] = driver.uuid(handle)
        device["compute_capability"] = driver.capability(handle)
        device["memory_mib"] = driver.memory_mib(handle)
    except Refused as refused:
        device.update(error=refused.code, step=refused.call)
    return device, handle


def _prove_all(driver: Driver, devices: list[dict[str, Any]], handles: list[int], permission: dict[str, Any]) -> None:
    """Add to each device what a computation on it gave, or why none was tried."""
    for device, handle in zip(devices, handles):
        if "error" in device:
            continue
        skipped = permission["skip"] or permission["held"].get(device.get("uuid"))
        driver.about("device {}".format(device["ordinal"]))
        device.update({"skipped": skipped} if skipped else prove(driver, handle))
