"""One real computation on one device, its result compared on the host.

The kernel is PTX text for the oldest target that NVIDIA's assemblers take for every GPU from Turing to Blackwell, so
that one text runs anywhere. It therefore also needs the driver's compiler, which containers sometimes lack although
compiled programs run: then memory is written and read back instead, and the result says so.
"""

from __future__ import annotations

import ctypes
import os

from node_agent.probes.cuda_driver import Driver, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KERNEL = b"aigpu_prove"
PTX = b"""
.version 6.0
.target sm_30
.address_size 64
.visible .entry aigpu_prove(.param .u64 out, .param .u32 seed, .param .u32 count)
{
    .reg .pred %outside;
    .reg .b32 %r<8>;
    .reg .b64 %d<4>;
    mov.u32 %r1, %ctaid.x;
    mov.u32 %r2, %ntid.x;
    mov.u32 %r3, %tid.x;
    mad.lo.u32 %r4, %r1, %r2, %r3;
    ld.param.u32 %r5, [count];
    setp.ge.u32 %outside, %r4, %r5;
    @%outside ret;
    ld.param.u32 %r6, [seed];
    mad.lo.u32 %r7, %r4, 2654435761, %r6;
    ld.param.u64 %d1, [out];
    cvta.to.global.u64 %d1, %d1;
    mul.wide.u32 %d2, %r4, 4;
    add.u64 %d3, %d1, %d2;
    st.global.u32 [%d3], %r7;
    ret;
}
\0"""
FACTOR = 2654435761
THREADS = 256
COUNT = 4096
SIZE = COUNT * 4
NO_JIT = {209, 218, 221, 222, 223}
"""No image for this GPU, PTX not taken, no JIT compiler, PTX too new, JIT switched off: all say that PTX cannot be
compiled here, and nothing of the device."""


def expected(seed: int) -> list[int]:
    """Return what the kernel must write: thread i writes i x 2654435761 + seed, modulo 2^32."""
    return [(number * FACTOR + seed) & 0xFFFFFFFF for number in range(COUNT)]


def prove(driver: Driver, device: int) -> dict[str, Any]:
    """Compute on `device`; return `proof`, `wrong_result`, `jit_error`, or `error` and `step` where it ended early."""
    found: dict[str, Any] = {}
    try:
        context = ctypes.c_void_p(None)
        driver.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), ctypes.c_int(device))
    except Refused as refused:
        return {"error": refused.code, "step": refused.call}
    try:
        driver.call("cuCtxSetCurrent", context)
        _compute(driver, found)
    except Refused as refused:
        found.update(error=refused.code, step=refused.call, proof=None)
    finally:
        _release(driver, device, found)
    return found


def _compute(driver: Driver, found: dict[str, Any]) -> None:
    memory = ctypes.c_uint64(0)
    driver.call_newest(("cuMemAlloc_v2", "cuMemAlloc"), ctypes.byref(memory), ctypes.c_size_t(SIZE))
    seed = int.from_bytes(os.urandom(4), "little")
    # Memory may still hold the right answer of an earlier run.
    _fill(driver, memory, ~seed & 0xFFFFFFFF)
    try:
        _launch(driver, memory, seed)
        wanted, proof = expected(seed), "kernel"
    except Refused as refused:
        if refused.code not in NO_JIT:
            raise
        found["jit_error"] = refused.code
        _fill(driver, memory, seed)
        wanted, proof = [seed] * COUNT, "memory"
    right = _read(driver, memory) == wanted
    # After a refusal the context is released with everything in it; only a good run frees by itself.
    driver.call_newest(("cuMemFree_v2", "cuMemFree"), memory)
    found.update(proof=proof if right else None, wrong_result=not right)


def _launch(driver: Driver, memory: ctypes.c_uint64, seed: int) -> None:
    module, function = ctypes.c_void_p(None), ctypes.c_void_p(None)
    driver.call("cuModuleLoadData", ctypes.byref(module), PTX)
    driver.call("cuModuleGetFunction", ctypes.byref(function), module, KERNEL)
    values = (memory, ctypes.c_uint32(seed), ctypes.c_uint32(COUNT))
    pointers = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
    sizes = [ctypes.c_uint(size) for size in (COUNT // THREADS, 1, 1, THREADS, 1, 1, 0)]
    driver.call("cuLaunchKernel", function, *sizes, None, pointers, None)
    driver.call("cuCtxSynchronize")
    driver.call("cuModuleUnload", module)


def _fill(driver: Driver, memory: ctypes.c_uint64, value: int) -> None:
    driver.call_newest(("cuMemsetD32_v2", "cuMemsetD32"), memory, ctypes.c_uint(value), ctypes.c_size_t(COUNT))


def _read(driver: Driver, memory: ctypes.c_uint64) -> list[int]:
    buffer = (ctypes.c_uint32 * COUNT)()
    driver.call_newest(("cuMemcpyDtoH_v2", "cuMemcpyDtoH"), buffer, memory, ctypes.c_size_t(SIZE))
    return list(buffer)


def _release(driver: Driver, device: int, found: dict[str, Any]) -> None:
    try:
        driver.call_newest(("cuDevicePrimaryCtxRelease_v2", "cuDevicePrimaryCtxRelease"), ctypes.c_int(device))
    except Refused as refused:
        if "error" not in found:
            found.update(error=refused.code, step=refused.call, proof=None)
