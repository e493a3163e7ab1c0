"""Lays out what the file system of a pretended node shows of its GPUs, below a folder to be given as `--root`."""

from __future__ import annotations

import enum
import filecmp
import os
import platform
import shutil
import stat
from pathlib import Path

from testbeds.nvidia_stub.node import Gpu, Node

LIBRARY_FOLDER = f"usr/lib/{platform.machine()}-linux-gnu"
_NVSWITCH_CLASS = "0x068000"
_GPU_CLASS = "0x030200"
_STORAGE = ("0000:00:07.1", "0x8086", "0x7111", "0x010180", "ata_piix")


class DeviceFiles(enum.Enum):
    """What stands for a character device of NVIDIA's."""

    CHARACTER = "character"
    """A character device, the one behind /dev/null: needs the right to make device nodes."""
    LINK = "link"
    """A link to /dev/null. An open file of it is listed as /dev/null in /proc/PID/fd."""
    PLAIN = "plain"
    """A plain file."""


def choose_device_files(directory: Path) -> DeviceFiles:
    """The best kind that this process may make in `directory`, and open there."""
    trial = directory / "device-trial"
    try:
        os.mknod(trial, stat.S_IFCHR | 0o666, Path(os.devnull).stat().st_rdev)
        with trial.open("rb+", buffering=0):
            return DeviceFiles.CHARACTER
    except OSError:
        return DeviceFiles.LINK
    finally:
        trial.unlink(missing_ok=True)


def bring_over(new: Path, old: Path) -> None:
    """Turn the tree `old` into `new`, which is used up. What is the same stays untouched, for those who look at it."""
    old.mkdir(parents=True, exist_ok=True)
    wanted = {path.name for path in new.iterdir()}
    for path in old.iterdir():
        if path.name not in wanted:
            _remove(path)
    for path in new.iterdir():
        target = old / path.name
        if path.is_dir() and not path.is_symlink():
            bring_over(path, target)
        elif not _is_same(path, target):
            path.replace(target)
    shutil.rmtree(new)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _is_same(one: Path, other: Path) -> bool:
    if not os.path.lexists(other):
        return False
    a, b = one.lstat(), other.lstat()
    if a.st_mode != b.st_mode or a.st_rdev != b.st_rdev:
        return False
    if stat.S_ISLNK(a.st_mode):
        return one.readlink() == other.readlink()
    return not stat.S_ISREG(a.st_mode) or a.st_ino == b.st_ino or filecmp.cmp(one, other, shallow=False)


def lay_out(root: Path, node: Node, kind: DeviceFiles, boot_id: str) -> None:
    """Make /sys, /proc and /dev below the empty folder `root`. Libraries are the caller's."""
    _lay_out_bus(root / "sys/bus/pci", node)
    _lay_out_modules(root, node)
    _write(root / "proc/sys/kernel/random/boot_id", boot_id)
    _lay_out_devices(root / "dev", node, kind)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


# ---- the PCI bus ----


def _lay_out_bus(bus: Path, node: Node) -> None:
    (bus / "devices").mkdir(parents=True)
    _put_device(bus, *_STORAGE)
    driver = "nouveau" if node.has_nouveau else "nvidia" if node.module else None
    gpus = [gpu for index, gpu in enumerate(node.gpus) if index not in node.off_bus]
    for gpu in (*gpus, *node.only_on_bus):
        place = _put_device(bus, gpu.pci, "0x10de", f"{gpu.pci_device_id >> 16:#06x}", _GPU_CLASS, driver)
        _write(place / "subsystem_vendor", f"{gpu.pci_subsystem_id & 0xFFFF:#06x}")
        _write(place / "subsystem_device", f"{gpu.pci_subsystem_id >> 16:#06x}")
        _write(place / "numa_node", str(gpu.numa_node if isinstance(gpu.numa_node, int) else -1))
        _write(place / "current_link_width", str(gpu.pcie_width or 0))
        _write(place / "max_link_width", str(gpu.pcie_width_max or 0))
    for address in node.switches:
        _put_device(bus, address, "0x10de", "0x22a3", _NVSWITCH_CLASS, driver)


def _put_device(bus: Path, address: str, vendor: str, device: str, class_: str, driver: str | None) -> Path:
    place = bus / "devices" / address
    for name, text in (("vendor", vendor), ("device", device), ("class", class_)):
        _write(place / name, text)
    if driver:
        (bus / "drivers" / driver).mkdir(parents=True, exist_ok=True)
        (place / "driver").symlink_to(f"../../drivers/{driver}")
    return place


# ---- the kernel module ----


def _lay_out_modules(root: Path, node: Node) -> None:
    modules = root / "sys/module"
    modules.mkdir(parents=True)
    loaded = [] if node.module is None else ["nvidia", "nvidia_uvm"]
    for name in [*loaded, *(["nouveau"] if node.has_nouveau else [])]:
        _write(modules / name / "initstate", "live")
        _write(modules / name / "refcnt", "1")
        if name != "nouveau":
            _write(modules / name / "version", str(node.module))
    _write(root / "proc/modules", "\n".join(f"{name} 65536 1 - Live 0x0" for name in loaded))
    # The number behind our nodes is /dev/null's, so that is the driver's number on this node.
    major = os.major(Path(os.devnull).stat().st_rdev)
    drivers = ["nvidia-frontend" if node.branch < 545 else "nvidia", "nvidia-uvm"] if loaded else []
    rows = [f"{major:3} {driver}" for driver in drivers]
    _write(root / "proc/devices", "\n".join(["Character devices:", "  5 tty", *rows, "", "Block devices:", "  8 sd"]))
    if node.module is not None:
        _lay_out_driver(root / "proc/driver/nvidia", node)


def _lay_out_driver(place: Path, node: Node) -> None:
    if node.module_is_open:
        banner = f"NVIDIA UNIX Open Kernel Module for x86_64  {node.module}  Release Build  (builder@host)"
    else:
        banner = f"NVIDIA UNIX x86_64 Kernel Module  {node.module}"
    compiler = "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)"
    _write(place / "version", f"NVRM version: {banner}  Tue Nov  4 00:00:00 UTC 2025\n{compiler}")
    _write(place / "params", "ModifyDeviceFiles: 1\nDeviceFileUID: 0\nDeviceFileGID: 0\nDeviceFileMode: 438")
    for gpu in node.gpus:
        _write(place / "gpus" / gpu.pci / "information", _information(gpu))


def _information(gpu: Gpu) -> str:
    rows = {"Model": gpu.name, "GPU UUID": gpu.uuid, "Bus Location": gpu.pci, "Device Minor": gpu.minor}
    return "\n".join(f"{name}: \t {value}" for name, value in rows.items())


# ---- device nodes ----


def _lay_out_devices(folder: Path, node: Node, kind: DeviceFiles) -> None:
    folder.mkdir(parents=True)
    gpus = [f"nvidia{gpu.minor}" for gpu in node.gpus]
    names = ["nvidiactl", *gpus, "nvidia-uvm", "nvidia-uvm-tools"] if node.module else []
    for name in names:
        if name not in node.missing_device_nodes:
            put_device_node(folder / name, kind)


def put_device_node(path: Path, kind: DeviceFiles) -> None:
    """Make one device node."""
    if kind is DeviceFiles.CHARACTER:
        os.mknod(path, stat.S_IFCHR | 0o666, Path(os.devnull).stat().st_rdev)
    elif kind is DeviceFiles.LINK:
        path.symlink_to(os.devnull)
    else:
        path.touch(0o666)
