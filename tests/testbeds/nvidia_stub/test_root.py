from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from testbeds.nvidia_stub import DeviceFiles, Libraries, StubNode, nodes
from testbeds.nvidia_stub.node import CudaLibrary, LibraryFile, Node
from testbeds.nvidia_stub.root import LIBRARY_FOLDER, put_device_node
from testbeds.nvidia_stub.state import ptx_version
from tests.testbeds.nvidia_stub.programs import Start


def read(node: StubNode, path: str) -> str:
    return (node.root / path).read_text().strip()


def bus(node: StubNode) -> dict[str, tuple[str, str, str | None]]:
    """Class, device and driver of NVIDIA's devices by address."""
    seen = {}
    for place in sorted((node.root / "sys/bus/pci/devices").iterdir()):
        if (place / "vendor").read_text().strip() == "0x10de":
            driver = (place / "driver").resolve().name if (place / "driver").exists() else None
            seen[place.name] = ((place / "class").read_text().strip(), (place / "device").read_text().strip(), driver)
    return seen


def names_in(node: StubNode, folder: str) -> set[str]:
    return {path.name for path in (node.root / folder).iterdir()}


def test_a_gpu_node_shows_its_gpus_its_driver_and_its_device_nodes(start: Start) -> None:
    node = start(nodes.H100_X8)
    devices = bus(node)
    assert sorted(devices) == sorted([*(gpu.pci for gpu in nodes.H100_X8.gpus), *nodes.H100_X8.switches])
    assert devices["0001:00:00.0"] == ("0x030200", "0x2330", "nvidia")
    assert devices["000d:00:00.0"] == ("0x068000", "0x22a3", "nvidia")
    assert (read(node, "sys/module/nvidia/version"), read(node, "sys/module/nvidia/initstate")) == (
        "580.105.08",
        "live",
    )
    assert "Open Kernel Module for x86_64  580.105.08 " in read(node, "proc/driver/nvidia/version")
    gpus = {f"nvidia{index}" for index in range(8)}
    assert names_in(node, "dev") == {"nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", *gpus}
    assert names_in(node, "proc/driver/nvidia/gpus") == {gpu.pci for gpu in nodes.H100_X8.gpus}


def test_the_proprietary_module_says_so_in_its_own_words(start: Start) -> None:
    banner = read(start(nodes.T4), "proc/driver/nvidia/version").splitlines()[0]
    assert banner.startswith("NVRM version: NVIDIA UNIX x86_64 Kernel Module  595.91.07  ")


def test_a_cpu_node_shows_nothing_of_nvidias(start: Start) -> None:
    node = start(nodes.CPU)
    assert (bus(node), names_in(node, "dev"), names_in(node, "sys/module")) == ({}, set(), set())
    assert not (node.root / "proc/driver/nvidia").exists()
    assert names_in(node, LIBRARY_FOLDER) == set()


@pytest.mark.parametrize(
    ("node", "driver", "modules"),
    [
        pytest.param(nodes.without_driver(nodes.T4), None, set(), id="not-loaded"),
        pytest.param(replace(nodes.T4, module_loaded=False, has_nouveau=True), "nouveau", {"nouveau"}, id="nouveau"),
    ],
)
def test_without_the_driver_the_gpus_stay_on_the_bus(
    start: Start, node: Node, driver: str | None, modules: set[str]
) -> None:
    laid_out = start(node)
    assert bus(laid_out) == {"0001:00:00.0": ("0x030200", "0x1eb8", driver)}
    assert (names_in(laid_out, "dev"), names_in(laid_out, "sys/module")) == (set(), modules)


def test_bus_and_driver_can_disagree_both_ways(start: Start) -> None:
    node = start(nodes.lose_from_driver(nodes.H200_X8, 2))
    gpus = [address for address, (class_, _, _) in bus(node).items() if class_ == "0x030200"]
    assert (len(gpus), len(node.node.gpus), (node.root / "dev/nvidia2").exists()) == (8, 7, False)
    node.become(replace(nodes.B200_X8, off_bus=(7,)))
    assert len(bus(node)) == 7


def test_a_container_without_a_gpu_still_shows_the_bus_and_the_module(start: Start) -> None:
    node = start(nodes.not_injected(nodes.T4))
    assert (len(bus(node)), names_in(node, "dev"), names_in(node, LIBRARY_FOLDER)) == (1, set(), set())
    assert read(node, "sys/module/nvidia/initstate") == "live"


def test_libraries_carry_the_version_of_the_driver_in_their_names(start: Start) -> None:
    node = start(nodes.A10_FULL)
    folder = node.root / LIBRARY_FOLDER
    assert (folder / "libcuda.so.1").resolve().name == "libcuda.so.570.211.01"
    assert (folder / "libnvidia-ml.so.1").resolve().name == "libnvidia-ml.so.570.211.01"
    node.become(replace(nodes.A10_FULL, nvml_library=LibraryFile.EMPTY, has_jit=False))
    assert (folder / "libnvidia-ml.so.1").stat().st_size == 0
    assert not (folder / "libnvidia-ptxjitcompiler.so.1").exists()


@pytest.mark.parametrize(
    ("first", "path"),
    [
        (CudaLibrary.COMPAT, "usr/local/cuda/compat/libcuda.so.595.58.03"),
        (CudaLibrary.STUBS, "usr/local/cuda/lib64/stubs/libcuda.so"),
    ],
    ids=["compat", "stubs"],
)
def test_another_libcuda_may_come_first(start: Start, first: CudaLibrary, path: str) -> None:
    node = start(replace(nodes.T4, first_cuda_library=first))
    found = node.library_folders[0] / "libcuda.so.1"
    assert found.resolve() == (node.root / path).resolve()
    assert node.environment()["LD_LIBRARY_PATH"].split(":")[0] == str(found.parent)


@pytest.mark.parametrize("kind", list(DeviceFiles), ids=lambda kind: kind.value)
def test_device_files_can_be_opened_as_what_they_are(tmp_path: Path, libraries: Libraries, kind: DeviceFiles) -> None:
    if kind is DeviceFiles.CHARACTER and os.geteuid() != 0:
        pytest.skip("only root may make device nodes")
    try:
        put_device_node(tmp_path / "trial", kind)
    except PermissionError:
        pytest.skip("this machine lets nobody make device nodes")
    node = StubNode(nodes.T4, tmp_path / "node", libraries, kind)
    path = node.root / "dev/nvidia0"
    assert stat.S_ISCHR(path.stat().st_mode) is (kind is not DeviceFiles.PLAIN)
    with path.open("rb+", buffering=0):
        pass
    major = f"{os.major(Path(os.devnull).stat().st_rdev):3} nvidia"
    assert major in (node.root / "proc/devices").read_text().splitlines()


def test_the_boot_id_changes_with_a_boot_only(start: Start) -> None:
    node = start(nodes.T4)
    first = read(node, "proc/sys/kernel/random/boot_id")
    node.become(nodes.without_driver(nodes.T4))
    assert read(node, "proc/sys/kernel/random/boot_id") == first
    node.boot()
    assert read(node, "proc/sys/kernel/random/boot_id") != first


def test_only_the_variables_of_the_one_who_tests_stay_outside(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "AIGPU_EXPECT_GPUS"):
        monkeypatch.setenv(name, "0")
    node = start(nodes.T4)
    ours = {name for name in node.environment() if name.startswith(("CUDA_", "NVIDIA_", "AIGPU_"))}
    assert ours == {"AIGPU_NVIDIA_STUB_STATE"}
    given = node.environment({"CUDA_VISIBLE_DEVICES": "", "LD_LIBRARY_PATH": "/opt"})
    assert set(given) == {"CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "AIGPU_NVIDIA_STUB_STATE"}
    assert given["LD_LIBRARY_PATH"].endswith(":/opt")


def test_everything_is_gone_at_the_end(tmp_path: Path, libraries: Libraries) -> None:
    with StubNode(nodes.T4, tmp_path / "node", libraries) as node:
        assert node.root.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_a_driver_compiles_the_ptx_of_its_own_cuda() -> None:
    versions = {11040: "7.4", 12020: "8.2", 12040: "8.4", 12080: "8.7", 13000: "9.0", 13020: "9.2"}
    assert {cuda: ptx_version(cuda) for cuda in versions} == versions
