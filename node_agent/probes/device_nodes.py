"""NVIDIA's device files, opened read and write before any library of NVIDIA is loaded.

Run as root, both libraries create /dev/nvidiactl themselves when it is missing (seen with 470, 535 and 550), so a look
afterwards proves nothing. Opening runs in a child process: with a wedged driver, open() is what hangs.
"""

from __future__ import annotations

import errno
import os
import re
import stat

CONTROL = "/dev/nvidiactl"
UVM = "/dev/nvidia-uvm"
_GPU = re.compile(r"nvidia(\d+)")
DRIVER_NAMES = {CONTROL: ("nvidiactl", "nvidia", "nvidia-frontend"), UVM: ("nvidia-uvm",)}
"""What /proc/devices calls the driver behind a node; drivers before 545 say `nvidia-frontend`."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def open_nodes(root: str, step: Callable[[str], None]) -> list[dict[str, object]]:
    """Open every node and leave those that opened open, so that the driver is started only once.

    Raises OSError where /dev cannot be listed.
    """
    gpus = sorted(int(match.group(1)) for match in map(_GPU.fullmatch, os.listdir(os.path.join(root, "dev"))) if match)
    majors = _read_majors(root)
    nodes = []
    for path in (CONTROL, *(f"/dev/nvidia{gpu}" for gpu in gpus), UVM):
        step("open " + path)
        nodes.append(_open_node(root, path, majors))
    return nodes


def _open_node(root: str, path: str, majors: dict[str, int]) -> dict[str, object]:
    place = os.path.join(root, path.lstrip("/"))
    node: dict[str, object] = {"path": path, "error": None, "is_character_device": None, "is_drivers": None}
    try:
        status = os.stat(place)
        node["is_character_device"] = stat.S_ISCHR(status.st_mode)
        node["is_drivers"] = _is_drivers(path, status, majors)
        os.open(place, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        node["error"] = errno.errorcode.get(error.errno or 0, str(error.errno))
    return node


def _is_drivers(path: str, status: os.stat_result, majors: dict[str, int]) -> bool | None:
    known = [majors[name] for name in DRIVER_NAMES.get(path, DRIVER_NAMES[CONTROL]) if name in majors]
    if not known or not stat.S_ISCHR(status.st_mode):
        return None
    return os.major(status.st_rdev) in known


def _read_majors(root: str) -> dict[str, int]:
    """Return the major numbers of character devices by driver; empty where the list cannot be read."""
    try:
        with open(os.path.join(root, "proc/devices"), encoding="utf-8", errors="replace") as file:
            text = file.read().partition("Block devices:")[0]
    except OSError:
        return {}
    rows = (line.split() for line in text.splitlines())
    return {row[1]: int(row[0]) for row in rows if len(row) == 2 and row[0].isdigit()}
