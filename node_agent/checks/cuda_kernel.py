"""A real kernel ran on every device that CUDA shows, and its result was right: the only proof that counts."""

from __future__ import annotations

from typing import Iterator, Optional

from aigpu_contract.finding import Finding
from aigpu_contract.rendering import count
from node_agent import modes
from node_agent.checks import compute_mode, cuda_init, gpu_errors
from node_agent.checks.cuda_refusals import judge_refusal
from node_agent.checks.devices import running_cuda
from node_agent.checks.driver_codes import cuda_meaning
from node_agent.checks.earlier import cause_among
from node_agent.checks.findings import Words, merge, node_fault, not_reached, passed, unclear, warning
from node_agent.checks.next_steps import REBOOT_OR_REPLACE
from node_agent.expected import Expected
from node_agent.facts import Cuda, CudaDevice, Facts

ID = "cuda-kernel"
MODES = modes.EVERY_MODE

KERNEL = "kernel"
MEMORY = "memory"


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge the proof of each device; one device without proof leaves the whole unproven."""
    cuda = running_cuda(facts)
    if cuda is None:
        yield not_reached(ID, cuda_init.ID)
        return
    judged = [_judge(device, facts, expected) for device in cuda.devices] + [_incomplete(cuda)]
    found = merge(finding for finding in judged if finding is not None)
    yield from found or [passed(ID, f"a kernel computed the right result on {count(cuda.count or 0, 'device')}")]


def _judge(device: CudaDevice, facts: Facts, expected: Expected) -> Optional[Finding]:
    where = f"device {device.ordinal} ({device.name or 'no name'}, {device.uuid or 'no UUID'})"
    if device.wrong_result:
        words = Words(
            "a GPU computed a wrong result: nothing that it computes can be trusted",
            seen=where,
            wanted="the result that the kernel must have",
            next_step=f"nvidia-smi -q -d ECC, on the node; {REBOOT_OR_REPLACE}",
        )
        return node_fault(ID, "WrongResult", words)
    if device.error is not None:
        cause = cause_among([compute_mode, gpu_errors], facts, expected)
        refusal = judge_refusal(ID, f"{where}: {device.step or 'a call'}", device.error, facts, expected)
        return refusal if cause is None else not_reached(ID, cause)
    if device.skipped:
        step = "check again when the device is free; a proof of an earlier time stands in the agent's annotation"
        return unclear(ID, "GPUBusy", Words("no kernel was run", f"{where}: {device.skipped}", "a free device", step))
    if device.proof == MEMORY:
        return _memory_only(where, device)
    return None if device.proof == KERNEL else _unproven(where)


def _memory_only(where: str, device: CudaDevice) -> Finding:
    why = "" if device.jit_error is None else f": {cuda_meaning(device.jit_error)}"
    words = Words(
        "only memory was proven: the driver could not compile the kernel, and compiled programs may still run",
        seen=f"{where}{why}",
        wanted="a kernel that ran",
        next_step="ldconfig -p | grep ptxjitcompiler; unset CUDA_DISABLE_PTX_JIT; libnvidia-ptxjitcompiler comes with "
        "compute in NVIDIA_DRIVER_CAPABILITIES",
    )
    return warning(ID, "MemoryProofOnly", words)


def _unproven(where: str) -> Finding:
    words = Words("a device was not proven", where, "a kernel that ran on it", "check again, and read the facts")
    return unclear(ID, "ProofMissing", words)


def _incomplete(cuda: Cuda) -> Optional[Finding]:
    counted = cuda.count or 0
    if sorted(device.ordinal for device in cuda.devices) == list(range(counted)):
        return None
    words = Words(
        "not every device that CUDA counts was proven",
        seen=f"{len(cuda.devices)} of {count(counted, 'device')}",
        wanted=f"devices 0 to {counted - 1}, each once",
        next_step="check again, and read the facts",
    )
    return unclear(ID, "ProofMissing", words)
