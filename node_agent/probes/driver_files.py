"""What the kernel says of NVIDIA's driver in /sys and /proc, and the boot that it says it in."""

from __future__ import annotations

import os
import re
from typing import Optional

from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.facts import KernelModule
from node_agent.probes.rooted import read_line, reason, under

MODULES = "/sys/module"
PROC_VERSION = "/proc/driver/nvidia/version"
BOOT_ID = "/proc/sys/kernel/random/boot_id"
_NVRM = re.compile(r"^NVRM version:.*?\s(\d+\.\d+(?:\.\d+)?)\s", re.MULTILINE)


def read_module(root: str) -> Reading[KernelModule]:
    """Return the state of the kernel module; Unknown where sysfs cannot be read or contradicts /proc."""
    try:
        loaded_modules = os.listdir(under(root, MODULES))
        state = _optional_line(root, MODULES + "/nvidia/initstate")
        version = _optional_line(root, MODULES + "/nvidia/version")
        banner = _optional_line(root, PROC_VERSION)
    except OSError as error:
        return Unknown("the kernel's modules could not be read: " + reason(error))
    told = _NVRM.search((banner or "") + "\n")
    if version and told and told.group(1) != version:
        return Unknown(f"{MODULES}/nvidia/version says {version} and {PROC_VERSION} says {told.group(1)}")
    return Known(
        KernelModule(
            loaded="nvidia" in loaded_modules and state in (None, "live"),
            version=version or (told.group(1) if told else None),
            is_open=None if banner is None else "Open Kernel Module" in banner,
            nouveau_loaded="nouveau" in loaded_modules,
            state=state,
        )
    )


def read_boot_id(root: str) -> Reading[str]:
    """Return the id that the kernel draws at each boot."""
    try:
        return Known(read_line(root, BOOT_ID))
    except OSError as error:
        return Unknown("the boot id could not be read: " + reason(error))


def _optional_line(root: str, path: str) -> Optional[str]:
    try:
        return read_line(root, path) or None
    except FileNotFoundError:
        return None
