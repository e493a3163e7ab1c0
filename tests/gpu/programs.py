"""Programs that come to a certain point with the GPU and stay there, each in a process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_STAY = "\nprint('there', flush=True)\nsys.stdin.read()\n"
_CUDA = """
import ctypes, sys
cuda = ctypes.CDLL("libcuda.so.1")
def call(name, *arguments):
    code = getattr(cuda, name)(*arguments)
    if code:
        raise SystemExit(f"{name}: {code}")
"""
_CONTEXT = """
device, context = ctypes.c_int(), ctypes.c_void_p()
call("cuInit", 0)
call("cuDeviceGet", ctypes.byref(device), 0)
call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
call("cuCtxSetCurrent", context)
"""

NVML_ONLY = "import sys, pynvml\npynvml.nvmlInit()\npynvml.nvmlDeviceGetHandleByIndex(0)\n"
CUINIT_ALONE = _CUDA + 'call("cuInit", 0)\n'
FAILED_CUINIT = _CUDA + "print(cuda.cuInit(0), file=sys.stderr)\n"
CONTEXT = _CUDA + _CONTEXT
ON_THE_CPU = "import sys\n"


@contextlib.contextmanager
def staying(program: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program until it is where it is to stay; it ends with the block. Raises AssertionError where it fails."""
    with started([sys.executable, "-c", program + _STAY], {**os.environ, **variables}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n", "the program ended before it was there"
        yield process


@contextlib.contextmanager
def started(command: list[str], environ: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command with pipes for input and output, and end it."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def device_files(pid: int) -> list[str]:
    """Return the device files of NVIDIA's that a process holds open, each as often as it does."""
    links = [entry.readlink() for entry in Path(f"/proc/{pid}/fd").iterdir()]
    return sorted(str(link) for link in links if str(link).startswith("/dev/nvidia"))
