"""libnvidia-ml and libcuda load, are NVIDIA's real ones, and are of the kernel module's version."""

from __future__ import annotations

from typing import Iterator, Optional

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known, Unknown
from node_agent import modes
from node_agent.checks import container, device_nodes, kernel_module, libc, pci_devices, visible_devices
from node_agent.checks.devices import running_cuda, running_nvml
from node_agent.checks.earlier import cause_among
from node_agent.checks.findings import (
    Words,
    job_fault,
    merge,
    node_fault,
    not_reached,
    not_read,
    passed,
    unclear,
    warning,
)
from node_agent.checks.next_steps import MORE_FACTS, REBOOT_OR_REPLACE
from node_agent.expected import Expected
from node_agent.facts import Facts, Library

ID = "driver-library"
MODES = modes.EVERY_MODE

_ABSENT = "no such file"


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge both libraries. One that CUDA itself accepted is good, whatever its version."""
    judged = (_nvml_missing(facts, expected), _cuda_missing(facts, expected), _stub(facts, expected))
    found = merge(finding for finding in judged if finding is not None)
    yield from found or [_compare_versions(facts, expected)]


def is_compat(library: Library) -> bool:
    """Return whether this libcuda is of a forward-compatibility package, as NGC images carry it."""
    return "compat" in (library.path or "")


def cuda_library(facts: Facts) -> Optional[Library]:
    """Return libcuda as it was found, or None where nobody looked."""
    return facts.cuda.value.library if isinstance(facts.cuda, Known) else None


def _is_absent(library: Library) -> bool:
    error = (library.error or "").lower()
    # Where another library that it needs is missing, the linker names that one.
    return _ABSENT in error and library.name.lower() in error


def _nvml_missing(facts: Facts, expected: Expected) -> Optional[Finding]:
    if not isinstance(facts.nvml_library, Known) or facts.nvml_library.value.error is None:
        return None
    cause = cause_among([pci_devices, kernel_module, device_nodes], facts, expected)
    if cause is not None:
        return not_reached(ID, cause)
    library = facts.nvml_library.value
    if not _is_absent(library):
        return _unloadable(expected, library, "NVMLLibraryUnloadable")
    seen = f"{library.name}: {library.error}"
    if expected.on_the_node:
        step = "ldconfig -p | grep nvidia-ml, on the node; reinstall the driver, or "
        words = Words("NVML's library is missing", seen, "libnvidia-ml.so.1 of the driver", step + REBOOT_OR_REPLACE)
        return node_fault(ID, "NVMLLibraryMissing", words)
    return _nvml_missing_in_job(facts, expected, seen)


def _nvml_missing_in_job(facts: Facts, expected: Expected, seen: str) -> Finding:
    words = Words(
        "NVML's library is not in the container, so the GPUs cannot be counted",
        seen,
        wanted="libnvidia-ml.so.1 of the driver",
        next_step="set NVIDIA_DRIVER_CAPABILITIES=compute,utility in the pod's env or the image",
    )
    if running_cuda(facts) is not None:
        return unclear(ID, "NVMLLibraryMissing", words)
    if not container.has_utility(facts):
        return job_fault(expected, ID, "NVMLLibraryMissing", words)
    return node_fault(ID, "NVMLLibraryMissing", words)


def _cuda_missing(facts: Facts, expected: Expected) -> Optional[Finding]:
    library = cuda_library(facts)
    if library is None or library.error is None:
        return None
    cause = cause_among([pci_devices, kernel_module, visible_devices, device_nodes], facts, expected)
    if cause is not None:
        return not_reached(ID, cause)
    is_musl = any(finding.reason == "MuslLibc" for finding in libc.check(facts, expected))
    if is_musl or not _is_absent(library):
        return _unloadable(expected, library, "CUDALibraryUnloadable")
    words = Words(
        "the driver's CUDA library is missing: frameworks count no device and say nothing",
        seen=f"{library.name}: {library.error}",
        wanted="libcuda.so.1 of the driver",
        next_step="ldconfig -p | grep libcuda, here and on the node; the container toolkit brings it in with compute "
        "in NVIDIA_DRIVER_CAPABILITIES",
    )
    return node_fault(ID, "CUDALibraryMissing", words)


def _unloadable(expected: Expected, library: Library, reason: str) -> Finding:
    words = Words(
        f"{library.name} is there and cannot be loaded",
        seen=library.error or "",
        wanted="the driver's own library, whole and of this machine's architecture",
        next_step=f"ls -lL {library.path or library.name}; an image must bring no library of the driver (empty ones "
        "come from committing a running container), and needs glibc",
    )
    return node_fault(ID, reason, words) if expected.on_the_node else job_fault(expected, ID, reason, words)


def _stub(facts: Facts, expected: Expected) -> Optional[Finding]:
    library = cuda_library(facts)
    if library is None or "/stubs/" not in (library.path or ""):
        return None
    words = Words(
        "libcuda is the toolkit's stub, made for linking: it can do nothing",
        seen=library.path or "",
        wanted="libcuda.so.1 of the driver",
        next_step="take the stubs folder out of LD_LIBRARY_PATH and /etc/ld.so.conf.d of the image",
    )
    return job_fault(expected, ID, "StubLibrary", words)


def _compare_versions(facts: Facts, expected: Expected) -> Finding:
    if isinstance(facts.nvml_library, Unknown):
        cause = cause_among([pci_devices, kernel_module, device_nodes], facts, expected)
        return not_read(ID, "NVML's library", facts.nvml_library) if cause is None else not_reached(ID, cause)
    if isinstance(facts.cuda, Unknown):
        return not_reached(ID, "cuda-init")
    driver = _driver_version(facts)
    if driver is None:
        cause = cause_among([pci_devices, kernel_module], facts, expected)
        return _driver_unknown() if cause is None else not_reached(ID, cause)
    return _nvml_differs(facts, driver) or _cuda_differs(facts, expected, driver) or _same(facts, driver)


def _driver_version(facts: Facts) -> Optional[str]:
    if isinstance(facts.module, Known) and facts.module.value.version:
        return facts.module.value.version
    nvml = running_nvml(facts)
    return nvml.driver_version if nvml is not None else None


def _driver_unknown() -> Finding:
    words = Words(
        "the version of the kernel module could not be read, so the libraries cannot be compared with it",
        seen="neither /sys/module/nvidia/version nor /proc/driver/nvidia/version nor NVML",
        wanted="one of them",
        next_step=MORE_FACTS,
    )
    return unclear(ID, "ReadingUnknown", words)


def _nvml_differs(facts: Facts, driver: str) -> Optional[Finding]:
    library = facts.nvml_library.value if isinstance(facts.nvml_library, Known) else None
    if library is None or library.version in {None, driver}:
        return None
    return _mismatch(f"libnvidia-ml is {library.version}, the kernel module {driver}", driver)


def _mismatch(seen: str, driver: str) -> Finding:
    words = Words(
        "library and kernel module are of different drivers: an upgrade without a reload of the module",
        seen,
        wanted=f"libraries of {driver}",
        next_step="reboot the node (or unload and load the nvidia modules), then recreate the pods on it",
    )
    return node_fault(ID, "DriverLibraryMismatch", words)


def _cuda_differs(facts: Facts, expected: Expected, driver: str) -> Optional[Finding]:
    library = cuda_library(facts)
    if library is None or library.version in {None, driver} or is_compat(library):
        return None
    seen = f"libcuda is {library.version} ({library.path}), the kernel module {driver}"
    words = Words(
        "libcuda is not the driver's own, and no compat package either",
        seen,
        wanted=f"libcuda of {driver}",
        next_step="take libcuda.so* out of the image; the container runtime brings in the driver's",
    )
    if running_cuda(facts) is not None:
        return warning(ID, "DriverLibraryMismatch", words)
    # Where NVML's library fits, the runtime did its part, and libcuda comes from the image.
    fits = isinstance(facts.nvml_library, Known) and facts.nvml_library.value.version == driver
    return job_fault(expected, ID, "DriverLibraryMismatch", words) if fits else _mismatch(seen, driver)


def _same(facts: Facts, driver: str) -> Finding:
    library = cuda_library(facts)
    note = f"; libcuda is a compat one: {library.path}" if library is not None and is_compat(library) else ""
    return passed(ID, "both libraries load and belong to the driver", f"driver {driver}{note}")
