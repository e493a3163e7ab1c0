"""How calls of the stub libraries misbehave.

A fault is bound to the calls that a pattern matches (`nvmlInit*`, `nvmlDevice*`, `cuCtxCreate*`) and, where `gpu` is
given, to calls about that GPU, by NVML's index in both libraries.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One misbehaviour. `after` calls pass before it begins, then it hits `times` calls, or all where that is 0.

    `shared` counts calls over all processes of the node since the state was written, otherwise each process counts
    for itself.
    """

    call: str
    action: str = "answer"
    code: int = 999
    gpu: int | None = None
    after: int = 0
    times: int = 0
    shared: bool = False
    delay_ms: int = 0


def answer(call: str, code: int, gpu: int | None = None, *, after: int = 0, times: int = 0) -> Fault:
    """The call answers `code` instead of doing anything."""
    return Fault(call, "answer", code, gpu, after, times)


def hang(call: str, gpu: int | None = None, *, after: int = 0) -> Fault:
    """The call never returns, and only SIGKILL ends the process."""
    return Fault(call, "hang", gpu=gpu, after=after)


def crash(call: str, gpu: int | None = None, *, after: int = 0) -> Fault:
    """The call ends the process with SIGSEGV."""
    return Fault(call, "crash", gpu=gpu, after=after)


def abort(call: str, gpu: int | None = None, *, after: int = 0) -> Fault:
    """The call ends the process with SIGABRT."""
    return Fault(call, "abort", gpu=gpu, after=after)


def leave(call: str, code: int, *, after: int = 0) -> Fault:
    """The call ends the process with the exit code `code`, which no handler sees."""
    return Fault(call, "exit", code, after=after)


def delay(call: str, milliseconds: int, gpu: int | None = None, *, times: int = 0) -> Fault:
    """The call does its work `milliseconds` late."""
    return Fault(call, "delay", gpu=gpu, times=times, delay_ms=milliseconds)


def gpu_lost(gpu: int, *, after: int = 0) -> tuple[Fault, ...]:
    """The GPU falls off the bus: NVML says GPU_IS_LOST (15), CUDA 999, each after so many calls about it."""
    return (answer("nvmlDevice*", 15, gpu, after=after), answer("cu*", 999, gpu, after=after))
