"""A pretended GPU node on this machine: a folder for `--root`, and the environment that loads the stub libraries."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from testbeds.nvidia_stub.libraries import Libraries
from testbeds.nvidia_stub.node import CudaLibrary, LibraryFile, Node
from testbeds.nvidia_stub.root import LIBRARY_FOLDER, DeviceFiles, bring_over, choose_device_files, lay_out
from testbeds.nvidia_stub.state import STATE_NAME, write_state

if TYPE_CHECKING:
    from typing_extensions import Self

_COMPAT = "usr/local/cuda/compat"
_STUBS = "usr/local/cuda/lib64/stubs"
_OWN_VARIABLES = ("AIGPU_", "CUDA_", "NVIDIA_")
# The first bytes of an ELF file of 32 bits, little endian; the linker reads no further.
_OTHER_CLASS = b"\x7fELF\x01\x01\x01".ljust(64, b"\0")


@dataclass(frozen=True)
class Call:
    """A line of the call log: a call, `load:LIBRARY`, or `open:NODE:ERRNO`. `gpu` is -1 for calls that name none."""

    monotonic_ns: int
    pid: int
    gpu: int
    name: str


class StubNode:
    """A node laid out in `directory`; as a context manager it takes everything away at the end.

    `root` is the folder for `--root`. Programs that load the libraries need `environment()`.
    """

    def __init__(
        self,
        node: Node,
        directory: Path,
        libraries: Libraries,
        device_files: DeviceFiles | None = None,
        *,
        logs_calls: bool = True,
    ) -> None:
        """Lay the node out.

        Without `device_files` the best kind is taken that this process may make. The log of calls costs each call some
        ten microseconds: switch it off to measure.
        """
        self.directory = directory
        self.root = directory / "root"
        self.state_file = directory / STATE_NAME
        self.log_file = directory / "calls.log"
        self.run = directory / "run"
        self.run.mkdir(parents=True, exist_ok=True)
        self._libraries = libraries
        self._logs_calls = logs_calls
        self._boot_id = str(uuid.uuid4())
        self._device_files = device_files or choose_device_files(directory)
        self.become(node)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)

    def become(self, node: Node) -> None:
        """Turn into another node, for running processes too: their next call sees it. Faults count anew."""
        self.node = node
        fresh = self.directory / "root.next"
        lay_out(fresh, node, self._device_files, self._boot_id)
        self._put_libraries(fresh, node)
        bring_over(fresh, self.root)
        counts = self.directory / "counts"
        counts.unlink(missing_ok=True)
        log = self.log_file if self._logs_calls else None
        own = {"devices": self.root / "dev", "run": self.run, "log": log, "counts": counts}
        write_state(self.state_file, node, own)

    def boot(self) -> None:
        """Give the node another boot id, as after a restart."""
        self._boot_id = str(uuid.uuid4())
        self.become(self.node)

    @property
    def boot_id(self) -> str:
        """What the node's kernel says of its last start, as the kubelet reports it."""
        return self._boot_id

    @property
    def library_folders(self) -> tuple[Path, ...]:
        """What LD_LIBRARY_PATH must hold, in its order."""
        first = {CudaLibrary.COMPAT: (_COMPAT,), CudaLibrary.STUBS: (_STUBS,)}.get(self.node.first_cuda_library, ())
        return tuple(self.root / folder for folder in (*first, LIBRARY_FOLDER))

    def environment(self, base: Mapping[str, str] | None = None, *, log_opens: bool = False) -> dict[str, str]:
        """The environment of a process on this node: `base`, or ours without the variables of CUDA and of aigpu.

        With `log_opens` opens of device nodes are logged, the node's `device_errors` come true, and /dev/nvidia* is
        the node's.
        """
        if base is None:
            base = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_VARIABLES)}
        folders = [*map(str, self.library_folders), *filter(None, [base.get("LD_LIBRARY_PATH")])]
        own = {"LD_LIBRARY_PATH": ":".join(folders), "AIGPU_NVIDIA_STUB_STATE": str(self.state_file)}
        if log_opens:
            own["LD_PRELOAD"] = " ".join(filter(None, [str(self._libraries.device_open), base.get("LD_PRELOAD")]))
        return {**base, **own}

    def calls(self) -> list[Call]:
        """What was called so far, in order."""
        if not self.log_file.exists():
            return []
        rows = (line.split(maxsplit=3) for line in self.log_file.read_text(encoding="utf-8").splitlines())
        return [Call(int(time), int(pid), int(gpu), name) for time, pid, gpu, name in rows]

    def forget_calls(self) -> None:
        """Empty the call log."""
        self.log_file.unlink(missing_ok=True)

    # ---- libraries ----

    def _put_libraries(self, root: Path, node: Node) -> None:
        built = self._libraries
        folder = root / LIBRARY_FOLDER
        folder.mkdir(parents=True)
        _put_library(folder, "libnvidia-ml.so", node.driver, built.nvml, node.nvml_library)
        _put_library(folder, "libcuda.so", node.driver, built.cuda, node.cuda_library)
        if node.has_jit and node.cuda_library is not LibraryFile.MISSING:
            (folder / "libnvidia-ptxjitcompiler.so.1").touch()
        if node.first_cuda_library is CudaLibrary.COMPAT:
            (root / _COMPAT).mkdir(parents=True)
            _put_library(root / _COMPAT, "libcuda.so", node.compat_version, built.cuda, LibraryFile.WHOLE)
        if node.first_cuda_library is CudaLibrary.STUBS:
            (root / _STUBS).mkdir(parents=True)
            _copy(built.cuda, root / _STUBS / "libcuda.so")
            (root / _STUBS / "libcuda.so.1").symlink_to("libcuda.so")


def _put_library(folder: Path, name: str, version: str, built: Path, file: LibraryFile) -> None:
    place = folder / f"{name}.{version}"
    if file is LibraryFile.MISSING:
        return
    if file is LibraryFile.WHOLE:
        _copy(built, place)
    else:
        contents = {LibraryFile.TEXT: b"not a library\n" * 8, LibraryFile.OTHER_CLASS: _OTHER_CLASS}
        place.write_bytes(contents.get(file, b""))
    (folder / f"{name}.1").symlink_to(place.name)


def _copy(built: Path, place: Path) -> None:
    """Put a library under another name, without taking room for it where the file system allows."""
    try:
        place.hardlink_to(built)
    except OSError:
        shutil.copyfile(built, place)
