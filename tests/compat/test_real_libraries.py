"""NVIDIA's own libraries where there is no driver: what they answer, and what we make of it.

`python -m testbeds.real_libraries` brings them into the cache folder; without them these tests are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from testbeds.nvidia_stub import nodes
from testbeds.nvidia_stub.node import Node
from testbeds.real_libraries import BRANCHES, HOW, RealLibraries, find
from testbeds.real_libraries.private_dev import CONTROL_NODE, NOBODY, contained, in_private_dev, why_not
from tests.compat.conftest import Make

OLD, NEW = "535", "550"
NVML_NO_PERMISSION, NVML_DRIVER_NOT_LOADED, NVML_LIBRARY_NOT_FOUND = 4, 9, 12
CUDA_NO_DEVICE = 100


@dataclass(frozen=True)
class Answer:
    """What the whole program said: its exit code, its JSON, the rows that name a fault."""

    exit_code: int
    said: dict[str, Any]

    @property
    def faults(self) -> set[str]:
        return {one["reason"] for one in self.said["findings"] if one["status"] == "FAIL"}

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.said["facts"]
        return facts

    @property
    def codes(self) -> tuple[int | None, int | None]:
        """The codes of nvmlInit and cuInit."""
        return self.facts["nvml"].get("initError"), self.facts["cuda"].get("initError")


def real(branch: str) -> RealLibraries:
    found = find(branch)
    if found is None:
        pytest.skip(f"the libraries of driver {branch} are not in the cache folder: {HOW}")
    if os.geteuid() == 0 and why_not():
        pytest.skip(f"run as root they would make device nodes in /dev, and {why_not()}: run as another user")
    return found


@pytest.fixture(params=BRANCHES)
def driver(request: pytest.FixtureRequest) -> RealLibraries:
    return real(request.param)


@pytest.fixture(autouse=True)
def untouched_dev() -> Iterator[None]:
    before = set(Path("/dev").glob("nvidia*"))
    yield
    assert set(Path("/dev").glob("nvidia*")) == before


@pytest.fixture
def some(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder with those files of the given drivers' that match the patterns."""

    def gather(*chosen: tuple[RealLibraries, str]) -> Path:
        folder = tmp_path / "some"
        folder.mkdir()
        for libraries, pattern in chosen:
            for file in libraries.folder.glob(pattern):
                (folder / file.name).symlink_to(file)
        return folder

    return gather


def run(command: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def check(pyz: Path, environment: dict[str, str], root: Path | str = "/") -> Answer:
    arguments = [sys.executable, str(pyz), "check", "-o", "json", "--root", str(root)]
    done = run(contained(arguments), environment)
    assert done.stderr == ""
    return Answer(done.returncode, json.loads(done.stdout))


def nvidia_smi(libraries: RealLibraries, environment: dict[str, str]) -> int:
    return run(contained([str(libraries.nvidia_smi)]), environment).returncode


def with_driver(libraries: RealLibraries) -> Node:
    """A node whose kernel says that the driver of these libraries is loaded."""
    return replace(nodes.T4, driver=libraries.version)


def test_without_a_gpu_the_bus_is_blamed_and_not_the_codes(driver: RealLibraries, pyz: Path) -> None:
    if any(Path(file).read_text().strip() == "0x10de" for file in Path("/sys/bus/pci/devices").glob("*/vendor")):
        pytest.skip("this machine has a device of NVIDIA's")
    answer = check(pyz, driver.environment())
    assert answer.codes == (NVML_DRIVER_NOT_LOADED, CUDA_NO_DEVICE)
    assert answer.faults == {"NoPCIDevice"}
    assert answer.exit_code == 78
    assert nvidia_smi(driver, driver.environment()) == NVML_DRIVER_NOT_LOADED


def test_a_gpu_without_a_loaded_driver_is_the_node_s_fault(driver: RealLibraries, pyz: Path, stub: Make) -> None:
    answer = check(pyz, driver.environment(), stub(nodes.without_driver(with_driver(driver))).root)
    assert answer.codes == (NVML_DRIVER_NOT_LOADED, CUDA_NO_DEVICE)
    assert answer.faults == {"DriverNotLoaded"}
    assert answer.exit_code == 75


def test_a_driver_that_nothing_but_nvml_misses_is_no_pass(driver: RealLibraries, pyz: Path, stub: Make) -> None:
    answer = check(pyz, driver.environment(), stub(with_driver(driver)).root)
    assert answer.codes == (NVML_DRIVER_NOT_LOADED, CUDA_NO_DEVICE)
    assert answer.faults == {"DriverNotLoaded"}
    assert answer.exit_code == 75


def test_the_versions_are_those_of_the_files(driver: RealLibraries, pyz: Path) -> None:
    facts = check(pyz, driver.environment()).facts
    assert facts["nvml"]["libraryVersion"] == f"12.{driver.version}"
    assert facts["nvmlLibrary"]["version"] == facts["cuda"]["library"]["version"] == driver.version
    assert facts["cuda"]["driverVersion"] == {OLD: 12020, NEW: 12040}[driver.version.partition(".")[0]]


def test_libraries_of_another_driver_than_the_module_are_named(pyz: Path, stub: Make) -> None:
    old, new = real(OLD), real(NEW)
    answer = check(pyz, old.environment(), stub(with_driver(new)).root)
    assert answer.codes == (NVML_DRIVER_NOT_LOADED, CUDA_NO_DEVICE)
    assert answer.faults == {"DriverLibraryMismatch"}
    assert answer.exit_code == 75


@pytest.mark.parametrize(("odd", "exit_code"), [("libnvidia-ml", 75), ("libcuda", 78)])
def test_one_library_of_another_driver_is_named(
    odd: str, exit_code: int, pyz: Path, stub: Make, some: Callable[..., Path]
) -> None:
    """Neither library complains of the other, so nothing but the versions shows it.

    A libcuda alone is the image's; an upgrade of the driver would have changed both.
    """
    old, new = real(OLD), real(NEW)
    right = {"libnvidia-ml": "libcuda", "libcuda": "libnvidia-ml"}[odd]
    folder = some((old, odd + "*"), (new, right + "*"))
    answer = check(pyz, new.environment([folder]), stub(with_driver(new)).root)
    assert answer.codes == (NVML_DRIVER_NOT_LOADED, CUDA_NO_DEVICE)
    assert answer.faults == {"DriverLibraryMismatch"}
    assert answer.exit_code == exit_code


def test_a_missing_nvml_is_named(driver: RealLibraries, pyz: Path, stub: Make, some: Callable[..., Path]) -> None:
    environment = driver.environment([some((driver, "libcuda*"))])
    answer = check(pyz, environment, stub(with_driver(driver)).root)
    assert answer.codes == (NVML_LIBRARY_NOT_FOUND, CUDA_NO_DEVICE)
    assert answer.faults == {"NVMLLibraryMissing"}
    assert answer.exit_code == 75
    assert nvidia_smi(driver, environment) == NVML_LIBRARY_NOT_FOUND


def test_a_missing_libcuda_is_named(driver: RealLibraries, pyz: Path, stub: Make, some: Callable[..., Path]) -> None:
    """NVIDIA's own program does not see it: it gives the same 9 as with the library."""
    environment = driver.environment([some((driver, "libnvidia-ml*"))])
    answer = check(pyz, environment, stub(with_driver(driver)).root)
    assert answer.codes == (NVML_DRIVER_NOT_LOADED, None)
    assert "CUDALibraryMissing" in answer.faults
    assert answer.exit_code == 75
    assert nvidia_smi(driver, environment) == NVML_DRIVER_NOT_LOADED


def test_nvml_s_own_device_node_is_not_taken_for_the_driver_s(driver: RealLibraries, pyz: Path) -> None:
    """Run as root, NVML makes the node that it misses, and it stays; ours are opened before any library is loaded."""
    if why_not():
        pytest.skip(why_not())
    program = f"'{sys.executable}' '{pyz}' check -o json; ls /dev >&2"
    done = run(in_private_dev(["sh", "-c", program]), driver.environment())
    nodes_seen = {node["path"]: node.get("error") for node in json.loads(done.stdout)["facts"]["deviceNodes"]}
    assert nodes_seen["/dev/nvidiactl"] == "ENOENT"
    assert "nvidiactl" in done.stderr.split()


def test_a_device_node_of_root_s_own_is_the_job_s_fault(driver: RealLibraries, pyz: Path, stub: Make) -> None:
    if why_not():
        pytest.skip(why_not())
    node = stub(with_driver(driver))
    for file in (node.root / "dev").iterdir():
        file.chmod(0o600 if file.name == "nvidiactl" else 0o666)
    shutil.copy(pyz, node.root)  # its own folder is for this user alone
    binds = {"libraries": driver.folder, "program": driver.nvidia_smi.parent, "node": node.root}
    environment = driver.environment([Path("/dev/libraries")])

    def as_nobody(*command: str) -> subprocess.CompletedProcess[str]:
        return run(in_private_dev(command, [CONTROL_NODE + " 600"], binds, NOBODY), environment)

    # The first start may still be root's right; that of the probes' children is not.
    again = ("-I", "-c", "import os, sys; os.execv(sys.executable, [sys.executable, '-I', '-c', 'import ctypes'])")
    pythons = (sys.executable, "/usr/bin/python3")
    python = next((one for one in pythons if as_nobody(one, *again).returncode == 0), None)
    if python is None:
        pytest.skip("no Python on this machine may be run by another user")
    done = as_nobody(python, f"/dev/node/{pyz.name}", "check", "-o", "json", "--root", "/dev/node")
    answer = Answer(done.returncode, json.loads(done.stdout))
    assert answer.codes == (NVML_NO_PERMISSION, CUDA_NO_DEVICE)
    assert answer.faults == {"NoPermission"}
    assert answer.exit_code == 78
    assert as_nobody("/dev/program/nvidia-smi").returncode == NVML_NO_PERMISSION
