"""The variables that steer NVIDIA's runtime, CUDA and the frameworks, the C library, and the kind of sandbox.

Only variables of the list are read, so that no secret of a job ends up in a report.
"""

from __future__ import annotations

import os
from typing import Mapping, Optional

from aigpu_contract.reading import Known, Reading
from node_agent.facts import Environment
from node_agent.probes.rooted import read_line, under

VARIABLES = (
    "ACCELERATE_USE_CPU",
    "CUDA_CACHE_DISABLE",
    "CUDA_DEVICE_ORDER",
    "CUDA_DISABLE_PTX_JIT",
    "CUDA_FORCE_PTX_JIT",
    "CUDA_INJECTION64_PATH",
    "CUDA_MODULE_LOADING",
    "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE",
    "CUDA_MPS_LOG_DIRECTORY",
    "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT",
    "CUDA_MPS_PIPE_DIRECTORY",
    "CUDA_VISIBLE_DEVICES",
    "DS_ACCELERATOR",
    "JAX_PLATFORMS",
    "JAX_PLATFORM_NAME",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "NUMBA_DISABLE_CUDA",
    "NUMBA_ENABLE_CUDASIM",
    "NVIDIA_DISABLE_REQUIRE",
    "NVIDIA_DRIVER_CAPABILITIES",
    "NVIDIA_REQUIRE_CUDA",
    "NVIDIA_VISIBLE_DEVICES",
    "PYTORCH_NVML_BASED_CUDA_CHECK",
)
LONGEST_VALUE = 4096
GVISOR_BUILD = "Sun Jan 10 15:06:54 PST 2016"
"""The build date of the Linux version that gVisor claims to be, in its every release."""


def read_environment(root: str, environ: Mapping[str, str]) -> Reading[Environment]:
    """Return what of the process's surroundings may send a job to the CPU."""
    variables = {name: environ[name][:LONGEST_VALUE] for name in VARIABLES if name in environ}
    return Known(Environment(variables, libc=read_libc(root), sandbox=read_sandbox(root)))


def read_libc(root: str) -> str:
    """Return the C library that this interpreter runs on: `glibc`, `musl` or `unknown`."""
    try:
        told = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):  # musl has no such name
        told = ""
    if told.startswith("glibc"):
        return "glibc"
    try:
        names = os.listdir(under(root, "/lib"))
    except OSError:
        return "unknown"
    return "musl" if any(name.startswith("ld-musl-") for name in names) else "unknown"


def read_sandbox(root: str) -> Optional[str]:
    """Return `gVisor` or `Kata` where the container's kernel is not the node's, else None."""
    version = _text(root, "/proc/version")
    if GVISOR_BUILD in version or "gvisor" in version.lower():
        return "gVisor"
    # Kata shares the container's files by a mount of this name, and boots its guest into a target of its own.
    if "kata-containers.target" in _text(root, "/proc/cmdline") or "kataShared " in _text(root, "/proc/self/mounts"):
        return "Kata"
    return None


def _text(root: str, path: str) -> str:
    try:
        return read_line(root, path)
    except OSError:
        return ""
