"""Compiles the stub libraries; what was compiled once is used again as long as the sources stay the same."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testbeds.nvidia_stub.symbols import absent_from

NEWEST_BRANCH = 580
_SOURCES = Path(__file__).parent / "src"
_FLAGS = ("-std=gnu11", "-O1", "-fPIC", "-fvisibility=hidden", "-pthread", "-Wall", "-Wextra", "-Werror")
_SHARED = ("state.c", "calls.c", "device_nodes.c", "processes.c")
_NVML, _CUDA, _DEVICE_OPEN = "libnvidia-ml.so.1", "libcuda.so.1", "libdevice-open.so"


@dataclass(frozen=True)
class Libraries:
    """The compiled files. `device_open` is for LD_PRELOAD: it logs and refuses opens of device nodes."""

    nvml: Path
    cuda: Path
    device_open: Path


def build(directory: Path, branch: int = NEWEST_BRANCH) -> Libraries:
    """Compile into a folder below `directory`, with the symbols that drivers of `branch` (470 to 580) have.

    Several processes may do so at the same time. Raises RuntimeError where there is no C compiler, or it refuses.
    """
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    if compiler is None:
        raise RuntimeError(
            "no C compiler was found, which the NVIDIA stub libraries need: install gcc with the C library's headers "
            "(Debian and Ubuntu: apt-get install gcc libc6-dev), or name another compiler in CC"
        )
    objects = _make_once(directory / f"objects-{_digest()}", lambda work: _compile(compiler, work))
    made = _make_once(
        directory / f"nvidia-stub-{_digest(*absent_from(branch))}", lambda work: _link(compiler, objects, work, branch)
    )
    return Libraries(made / _NVML, made / _CUDA, made / _DEVICE_OPEN)


def _make_once(made: Path, make: Callable[[Path], None]) -> Path:
    """Fill the folder `made` unless it is there. It appears whole, and is never changed afterwards."""
    if not made.is_dir():
        made.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=made.parent, prefix=f"{made.name}-") as work:
            fresh = Path(work, "made")
            fresh.mkdir()
            make(fresh)
            # Another process may have been faster; its folder is as good.
            with contextlib.suppress(OSError):
                fresh.rename(made)
    return made


def _digest(*hidden: str) -> str:
    content = hashlib.sha256(repr((_FLAGS, hidden)).encode())
    for source in sorted(_SOURCES.iterdir()):
        content.update(source.read_bytes())
    return content.hexdigest()[:16]


def _compile(compiler: str, objects: Path) -> None:
    sources = {
        _NVML: [*_SHARED, *sorted(source.name for source in _SOURCES.glob("nvml_*.c"))],
        _CUDA: [*_SHARED, *sorted(source.name for source in _SOURCES.glob("cuda_*.c"))],
        _DEVICE_OPEN: ["state.c", "calls.c", "device_open.c"],
    }
    _run([[compiler, *_FLAGS, "-r", "-nostdlib", "-o", str(objects / f"{name}.o"), *sources[name]] for name in sources])


def _link(compiler: str, objects: Path, libraries: Path, branch: int) -> None:
    exports = libraries / "exports"
    hidden = "".join(f" {name};" for name in absent_from(branch))
    exports.write_text("{ global: nvml*; cu*; open*; local:" + (hidden or " nothing;") + " };\n", encoding="ascii")
    options = ("-shared", "-pthread", "-ldl", f"-Wl,--version-script={exports}")
    names = (_NVML, _CUDA, _DEVICE_OPEN)
    _run(
        [
            [compiler, str(objects / f"{name}.o"), *options, f"-Wl,-soname,{name}", "-o", str(libraries / name)]
            for name in names
        ]
    )


def _run(commands: list[list[str]]) -> None:
    """Run them at the same time. Raises RuntimeError with what they said where one fails."""
    pipe = subprocess.PIPE
    jobs = [subprocess.Popen(one, cwd=_SOURCES, stdout=pipe, stderr=subprocess.STDOUT, text=True) for one in commands]
    said = [job.communicate(timeout=120)[0] for job in jobs]
    if any(job.returncode for job in jobs):
        raise RuntimeError(f"{commands[0][0]} could not make the NVIDIA stub libraries:\n{''.join(said)}")
