"""GPUs on the PCI bus, from sysfs: nothing is loaded and no driver is asked."""

from __future__ import annotations

import os
from typing import Optional, Tuple

from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.facts import NVIDIA_PCI_VENDOR, PciDevice
from node_agent.probes.rooted import read_line, reason, under

DEVICES = "/sys/bus/pci/devices"
GPU_CLASSES = ("0x0300", "0x0302")
"""VGA controller and 3D controller; bridges such as NVSwitch (0x0680) and audio functions are no GPUs."""


def read_pci(root: str) -> Reading[Tuple[PciDevice, ...]]:
    """Return NVIDIA's GPUs on the bus, sorted by address."""
    try:
        addresses = sorted(os.listdir(under(root, DEVICES)))
        gpus = [address for address in addresses if _is_gpu(root, address)]
        return Known(tuple(PciDevice(gpu, _attribute(root, gpu, "device"), _driver(root, gpu)) for gpu in gpus))
    except OSError as error:
        return Unknown("the PCI bus could not be read: " + reason(error))


def _is_gpu(root: str, address: str) -> bool:
    if _attribute(root, address, "vendor") != NVIDIA_PCI_VENDOR:
        return False
    return _attribute(root, address, "class").startswith(GPU_CLASSES)


def _attribute(root: str, address: str, name: str) -> str:
    return read_line(root, f"{DEVICES}/{address}/{name}").lower()


def _driver(root: str, address: str) -> Optional[str]:
    try:
        return os.path.basename(os.readlink(under(root, f"{DEVICES}/{address}/driver")))
    except FileNotFoundError:
        return None
