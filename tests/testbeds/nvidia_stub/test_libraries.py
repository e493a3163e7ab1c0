from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from testbeds.nvidia_stub import Libraries, build
from testbeds.nvidia_stub.symbols import absent_from


def shown_by(tool: str, *arguments: str) -> list[str]:
    command = [shutil.which(tool) or tool, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def names_of(library: Path) -> set[str]:
    return {line.split()[-1] for line in shown_by("nm", "-D", "--defined-only", str(library))}


def test_a_build_is_done_once(tmp_path: Path) -> None:
    built = build(tmp_path)
    times = [path.stat().st_mtime_ns for path in (built.nvml, built.cuda, built.device_open)]
    assert build(tmp_path) == built
    assert times == [path.stat().st_mtime_ns for path in (built.nvml, built.cuda, built.device_open)]
    assert {path.name.rpartition("-")[0] for path in tmp_path.iterdir()} == {"objects", "nvidia-stub"}


def test_the_libraries_are_small_and_need_only_the_c_library(libraries: Libraries) -> None:
    for library in (libraries.nvml, libraries.cuda, libraries.device_open):
        shown = shown_by("readelf", "-d", str(library))
        needed = {line.split("[")[1].rstrip("]") for line in shown if "NEEDED" in line}
        # The dynamic linker itself is there for variables of threads.
        assert {name for name in needed if not name.startswith("ld-")} <= {"libc.so.6", "libdl.so.2", "libpthread.so.0"}
        assert any(f"[{library.name}]" in line for line in shown)  # its SONAME, by which the linker knows it again
        assert library.stat().st_size < 128 * 1024


def test_only_the_api_is_exported(libraries: Libraries) -> None:
    assert {name for name in names_of(libraries.nvml) if not name.startswith("nvml")} == set()
    assert {name for name in names_of(libraries.cuda) if not name.startswith("cu")} == set()
    assert names_of(libraries.device_open) == {"open", "open64", "openat", "openat64"}


@pytest.mark.parametrize(
    ("branch", "has", "lacks"),
    [
        (470, "nvmlDeviceGetRemappedRows", "nvmlDeviceGetMemoryInfo_v2"),
        (535, "nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetGpuFabricInfoV"),
        (550, "nvmlDeviceGetGpuFabricInfoV", "nvmlDeviceGetTemperatureV"),
        (570, "nvmlDeviceGetTemperatureV", "nvmlDeviceGetRepairStatus"),
    ],
)
def test_older_drivers_lack_newer_names(cache: Path, libraries: Libraries, branch: int, has: str, lacks: str) -> None:
    older = build(cache, branch)
    gone = (names_of(libraries.nvml) - names_of(older.nvml)) | (names_of(libraries.cuda) - names_of(older.cuda))
    assert gone == set(absent_from(branch))
    library = ctypes.CDLL(str(older.nvml))
    assert hasattr(library, has)
    assert not hasattr(library, lacks)


def test_every_newer_name_is_one_that_the_newest_library_has(libraries: Libraries) -> None:
    assert set(absent_from(0)) <= names_of(libraries.nvml) | names_of(libraries.cuda)
    assert absent_from(580) == ()


def test_without_a_compiler_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(RuntimeError, match="install gcc"):
        build(tmp_path)


def test_what_a_compiler_refuses_is_shown_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho no, thank you\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    with pytest.raises(RuntimeError, match="no, thank you"):
        build(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
