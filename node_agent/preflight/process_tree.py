"""Who runs in this container: processes and their CPU time from /proc, and who holds a device file of a GPU open.

Everything here only looks. What cannot be seen is Unknown, or is counted as hidden; it is never taken for absent.
"""

from __future__ import annotations

import os
import stat
from typing import Container, Dict, FrozenSet, Iterable, List, Mapping, Optional, Set, Tuple

from aigpu_contract.frozen import dataclass
from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.probes.rooted import reason, under

PROC = "/proc"
DEVICE_PREFIX = "/dev/nvidia"
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_OPEN_TO_ALL = ("0", "off")


@dataclass(frozen=True)
class Process:
    """A process as /proc/PID/stat shows it.

    `cpu_s` is user and system time in seconds, with that of the children that it has waited for.
    """

    pid: int
    parent: int
    group: int
    has_ended: bool
    cpu_s: float


@dataclass(frozen=True)
class Processes:
    """The processes of a PID namespace by number. `are_all` is False where some may be there that we cannot see."""

    by_pid: Mapping[int, Process]
    are_all: bool = True


@dataclass(frozen=True)
class DeviceFiles:
    """How an open device file of NVIDIA's is told: by its path, or by its device number where the path is another."""

    prefix: str
    numbers: FrozenSet[int]


@dataclass(frozen=True)
class Holder:
    """A process with a device file of a GPU open."""

    pid: int
    path: str


def parse_stat(text: bytes) -> Process:
    """Return what /proc/PID/stat says. The name in it may hold anything, brackets and spaces too.

    Raises ValueError or IndexError for text of another form.
    """
    number, _, rest = text.partition(b" (")
    fields = rest.rpartition(b")")[2].split()
    ticks = sum(int(field) for field in fields[11:15])
    return Process(
        pid=int(number),
        parent=int(fields[1]),
        group=int(fields[2]),
        has_ended=fields[0] in (b"Z", b"X"),
        cpu_s=ticks / _TICKS_PER_SECOND,
    )


def read_processes(proc: str = PROC) -> Reading[Processes]:
    """Return every process of our PID namespace that `proc` shows; Unknown where it shows another namespace's."""
    try:
        us = os.readlink(os.path.join(proc, "self"))
        names = os.listdir(proc)
    except OSError as error:
        return Unknown("the processes could not be read: " + reason(error))
    if us != str(os.getpid()):
        return Unknown(f"{proc} shows another PID namespace: we are {os.getpid()} here and {us} there")
    found: Dict[int, Process] = {}
    are_all = not _hides_processes(proc)
    for name in names:
        if not name.isdigit():
            continue
        try:
            process = parse_stat(_read(os.path.join(proc, name, "stat")))
        except PermissionError:
            are_all = False
        except (OSError, ValueError, IndexError):
            continue  # it ended meanwhile
        else:
            found[process.pid] = process
    return Known(Processes(found, are_all))


def _read(path: str) -> bytes:
    """Return the text of a small file; the file objects of Python cost three times as much."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


def _hides_processes(proc: str) -> bool:
    """Return whether `proc` is mounted so that it may hide other users' processes (`hidepid`)."""
    try:
        with open(os.path.join(proc, "self/mountinfo"), encoding="utf-8", errors="replace") as file:
            rows = [line.split() for line in file]
    except OSError:
        return False
    here = [row[-1] for row in rows if len(row) > 4 and row[4] == proc]
    options = [option for row in here for option in row.split(",")]
    return any(option.startswith("hidepid=") and option[8:] not in _OPEN_TO_ALL for option in options)


def find_descendants(processes: Processes, ancestor: int, leave_out: Container[int] = ()) -> List[Process]:
    """Return the processes below `ancestor`, without the process groups in `leave_out`."""
    children: Dict[int, List[Process]] = {}
    for process in processes.by_pid.values():
        if process.group not in leave_out:
            children.setdefault(process.parent, []).append(process)
    found: List[Process] = []
    seen: Set[int] = {ancestor}
    line = [ancestor]
    while line:
        for child in children.get(line.pop(), ()):
            if child.pid not in seen:
                seen.add(child.pid)
                found.append(child)
                line.append(child.pid)
    return found


def read_device_files(root: str) -> DeviceFiles:
    """Return how to tell the device files below `root`; where /dev cannot be listed, their paths still tell."""
    folder = under(os.path.realpath(root), "/dev")
    # Over what a container is not to see, runtimes mount /dev/null; half of all processes have that open.
    numbers = {_device_number(os.path.join(folder, name)) for name in _nvidia_names(folder)}
    return DeviceFiles(
        under(os.path.realpath(root), DEVICE_PREFIX),
        frozenset(number for number in numbers if number is not None) - {os.stat(os.devnull).st_rdev},
    )


def _nvidia_names(folder: str) -> List[str]:
    try:
        return [name for name in os.listdir(folder) if name.startswith("nvidia")]
    except OSError:
        return []


def _device_number(path: str) -> Optional[int]:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_rdev if stat.S_ISCHR(status.st_mode) else None


def read_open_device(pid: int, files: DeviceFiles, proc: str = PROC) -> Reading[Optional[str]]:
    """Return the path of a device file of a GPU that the process has open, None where it has none.

    Unknown where we may not look: another user's process, or one that made itself undumpable.
    """
    folder = os.path.join(proc, str(pid), "fd")
    try:
        for name in os.listdir(folder):
            path = _device_path(os.path.join(folder, name), files)
            if path is not None:
                return Known(path)
    except PermissionError as error:
        return Unknown("open files could not be read: " + reason(error))
    except OSError:
        return Known(None)  # the process ended meanwhile
    return Known(None)


def _device_path(place: str, files: DeviceFiles) -> Optional[str]:
    """Return the path of an open file that is a device of NVIDIA's.

    Raises PermissionError: the files of an undumpable process can be listed by root, and yet not be looked at.
    """
    try:
        path = os.readlink(place)
    except PermissionError:
        raise
    except OSError:
        return None  # closed meanwhile
    # Only what may be one is examined further: it costs a second call.
    return path if "nvidia" in path and _is_device(_device_number(place), path, files) else None


def _is_device(number: Optional[int], path: str, files: DeviceFiles) -> bool:
    return number is not None and (path.startswith(files.prefix) or number in files.numbers)


def read_holder(
    processes: Iterable[Process], files: DeviceFiles, ours: Container[int], proc: str = PROC
) -> Reading[Optional[Holder]]:
    """Return a process that has a device file of a GPU open, None where none has.

    Any process counts. Unknown where nobody was found and one of `ours` could not be looked at: the files of a process
    that did not come from the command say nothing about it.
    """
    hidden: Tuple[int, ...] = ()
    for process in processes:
        if process.has_ended:
            continue
        reading = read_open_device(process.pid, files, proc)
        if isinstance(reading, Unknown):
            hidden += (process.pid,) if process.pid in ours else ()
        elif reading.value is not None:
            return Known(Holder(process.pid, reading.value))
    if hidden:
        return Unknown(f"the open files of process {hidden[0]} may not be read")
    return Known(None)
