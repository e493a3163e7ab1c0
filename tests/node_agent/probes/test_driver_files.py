from __future__ import annotations

from pathlib import Path

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.facts import KernelModule
from node_agent.probes.driver_files import read_boot_id, read_module

CLOSED = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.148.08  Thu Apr 24 01:26:52 UTC 2025\nGCC version: 12\n"
OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.105.08  Release Build  (builder@host)  Wed\n"


def put(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize(
    ("files", "module"),
    [
        pytest.param({}, KernelModule(loaded=False), id="none"),
        pytest.param(
            {"sys/module/nvidia/initstate": "live\n", "sys/module/nvidia/version": "570.148.08\n"},
            KernelModule(loaded=True, version="570.148.08", state="live"),
            id="only sysfs",
        ),
        pytest.param(
            {"sys/module/nvidia/initstate": "live", "proc/driver/nvidia/version": CLOSED},
            KernelModule(loaded=True, version="570.148.08", is_open=False, state="live"),
            id="closed, version from proc",
        ),
        pytest.param(
            {
                "sys/module/nvidia/initstate": "live",
                "sys/module/nvidia/version": "580.105.08",
                "proc/driver/nvidia/version": OPEN,
            },
            KernelModule(loaded=True, version="580.105.08", is_open=True, state="live"),
            id="open",
        ),
        pytest.param(
            {"sys/module/nvidia/initstate": "coming"}, KernelModule(loaded=False, state="coming"), id="still loading"
        ),
        pytest.param(
            {"sys/module/nouveau/initstate": "live"}, KernelModule(loaded=False, nouveau_loaded=True), id="nouveau"
        ),
    ],
)
def test_the_module_is_read_from_sys_and_proc(files: dict[str, str], module: KernelModule, tmp_path: Path) -> None:
    (tmp_path / "sys/module").mkdir(parents=True)
    for path, text in files.items():
        put(tmp_path, path, text)
    assert read_module(str(tmp_path)) == Known(module)


def test_two_versions_of_one_module_are_believed_neither(tmp_path: Path) -> None:
    put(tmp_path, "sys/module/nvidia/version", "550.163.01")
    put(tmp_path, "proc/driver/nvidia/version", OPEN)
    reading = read_module(str(tmp_path))
    assert isinstance(reading, Unknown)
    assert "550.163.01" in reading.reason
    assert "580.105.08" in reading.reason


def test_without_sysfs_nothing_is_said_of_the_module(tmp_path: Path) -> None:
    assert isinstance(read_module(str(tmp_path)), Unknown)


def test_the_boot_id_is_the_kernels(tmp_path: Path) -> None:
    assert isinstance(read_boot_id(str(tmp_path)), Unknown)
    put(tmp_path, "proc/sys/kernel/random/boot_id", "4f9a1e9e-8a65-4a0e-8a55-0f6a6c9ef0a7\n")
    assert read_boot_id(str(tmp_path)) == Known("4f9a1e9e-8a65-4a0e-8a55-0f6a6c9ef0a7")
