"""Programs that tests run on a pretended node, each in a process of its own, as the libraries stay loaded for ever."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from testbeds.nvidia_stub import StubNode
from testbeds.nvidia_stub.node import Node

Start: TypeAlias = Callable[[Node], StubNode]

_NVML = """
import ctypes, json, os, signal, sys, time
import pynvml as nvml

def ask(call, *arguments):
    try:
        return getattr(nvml, call)(*arguments)
    except nvml.NVMLError as error:
        return f"error {error.value}"
"""

# Each step of the proof that a GPU computes, up to the first that is refused.
_CUDA = """
import ctypes, json, os, signal, sys, time

PTX = b'''.version 6.0
.target sm_30
.address_size 64
.visible .entry aigpu_prove(.param .u64 out, .param .u32 n, .param .u32 seed) { ret; }
'''
COUNT, SEED = 1000, 7
cuda = ctypes.CDLL("libcuda.so.1")

class Refused(Exception):
    pass

def call(name, *arguments):
    code = getattr(cuda, name)(*arguments)
    if code:
        raise Refused(f"{name} {code}")

def number(name, *arguments, kind=ctypes.c_int):
    value = kind()
    call(name, ctypes.byref(value), *arguments)
    return value.value

def enter(ordinal=0):
    context = ctypes.c_void_p()
    call("cuDevicePrimaryCtxRetain", ctypes.byref(context), ordinal)
    call("cuCtxSetCurrent", context)
    return context

def load(ptx=PTX, name=b"aigpu_prove"):
    module, function = ctypes.c_void_p(), ctypes.c_void_p()
    call("cuModuleLoadData", ctypes.byref(module), ptx)
    call("cuModuleGetFunction", ctypes.byref(function), module, name)
    return function

def prove(ordinal=0, ptx=PTX, blocks=(COUNT + 255) // 256, seed_first=False):
    try:
        enter(ordinal)
        function = load(ptx)
        out = ctypes.c_ulonglong()
        call("cuMemAlloc_v2", ctypes.byref(out), ctypes.c_size_t(4 * COUNT))
        numbers = (ctypes.c_uint32 * COUNT)()
        values = [out, ctypes.c_uint32(COUNT), ctypes.c_uint32(SEED)]
        if seed_first:
            values[1:] = reversed(values[1:])
        arguments = (ctypes.c_void_p * 3)(*(ctypes.cast(ctypes.byref(v), ctypes.c_void_p) for v in values))
        call("cuLaunchKernel", function, blocks, 1, 1, 256, 1, 1, 0, None, arguments, None)
        call("cuCtxSynchronize")
        call("cuMemcpyDtoH_v2", numbers, out, ctypes.c_size_t(4 * COUNT))
        call("cuMemFree_v2", out)
        call("cuDevicePrimaryCtxRelease_v2", ordinal)
    except Refused as refused:
        return str(refused)
    wanted = [(i * 2654435761 + SEED) % 2**32 for i in range(COUNT)]
    return [i for i in range(COUNT) if numbers[i] != wanted[i]]

def init_and_prove():
    code = cuda.cuInit(0)
    return f"cuInit {code}" if code else prove()
"""


def run(
    node: StubNode,
    program: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    log_opens: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run Python text on the node, to its end."""
    command = [sys.executable, "-c", program, *arguments]
    own = {**node.environment(log_opens=log_opens), **(environment or {})}
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=30, check=False)


def _answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ask_nvml(node: StubNode, program: str, **options: Any) -> Any:
    """Run a program that has `nvml` and `ask()`, and return what it puts into `answer`."""
    return _answer(run(node, _NVML + program + "\nprint(json.dumps(answer))", **options))


def ask_cuda(node: StubNode, program: str, **options: Any) -> Any:
    """Run a program that has `cuda` and the steps of a proof, and return what it puts into `answer`."""
    return _answer(run(node, _CUDA + program + "\nprint(json.dumps(answer))", **options))


def nvml_program(program: str) -> str:
    """The text of a program that has `nvml` and `ask()`."""
    return _NVML + program


def cuda_program(program: str) -> str:
    """The text of a program that has `cuda` and the steps of a proof."""
    return _CUDA + program
