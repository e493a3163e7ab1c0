"""What a CUresult of a refused call says, and whom it blames."""

from __future__ import annotations

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known
from node_agent.checks import container
from node_agent.checks.driver_codes import cuda_meaning
from node_agent.checks.driver_library import is_compat
from node_agent.checks.findings import Words, job_fault, node_fault, unclear
from node_agent.checks.next_steps import REBOOT_OR_REPLACE, look_at_node
from node_agent.expected import Expected
from node_agent.facts import Facts

INVALID_DEVICE = 101


def judge_refusal(check: str, seen: str, code: int, facts: Facts, expected: Expected) -> Finding:
    """Return the finding for CUDA's `code`; `seen` says which call gave it, and on which device."""
    meaning = cuda_meaning(code)
    told = f"{seen} gave {meaning}"
    if meaning.reason == "StubLibrary":
        step = "take the stubs folder out of LD_LIBRARY_PATH and /etc/ld.so.conf.d of the image"
        words = Words("libcuda is the toolkit's stub, made for linking", told, "the driver's libcuda.so.1", step)
        return job_fault(expected, check, meaning.reason, words)
    if meaning.reason == "CompatLibraryRefused" or (meaning.reason == "DriverLibraryMismatch" and _has_compat(facts)):
        return _compat_refused(check, told, expected)
    if code == INVALID_DEVICE and container.visible_to_cuda(facts) is not None:
        step = "take CUDA_VISIBLE_DEVICES out of the pod's env and of the image"
        words = Words("CUDA takes no device of CUDA_VISIBLE_DEVICES", told, "existing devices, or unset", step)
        return job_fault(expected, check, "CUDAVisibleDevicesInvalid", words)
    if meaning.reason == "GPUBusy":
        return _busy(check, told)
    return _by_table(check, told, code, expected)


def _has_compat(facts: Facts) -> bool:
    return isinstance(facts.cuda, Known) and is_compat(facts.cuda.value.library)


def _compat_refused(check: str, told: str, expected: Expected) -> Finding:
    words = Words(
        "the image's forward-compatibility libcuda does not work with this GPU and driver",
        told,
        wanted="the driver's own libcuda, or a compat package that this driver and GPU take (data center GPUs only)",
        next_step="take the compat folder out of LD_LIBRARY_PATH and /etc/ld.so.conf.d of the image, or take an image "
        "built for an older CUDA",
    )
    return job_fault(expected, check, "CompatLibraryRefused", words)


def _busy(check: str, told: str) -> Finding:
    words = Words(
        "the GPU is busy: another process holds its memory, or all of it",
        told,
        wanted="a free GPU; time-slicing, MPS and exclusive mode make this ordinary",
        next_step=f"nvidia-smi shows who holds it; check again when it is free, or waive {check} with a reason where "
        "GPUs are shared",
    )
    return unclear(check, "GPUBusy", words)


def _by_table(check: str, told: str, code: int, expected: Expected) -> Finding:
    meaning = cuda_meaning(code)
    starting = check == "cuda-init"
    if not meaning.is_fault:
        step = f"look {meaning.name} up in cuda.h; {look_at_node(expected)}"
        problem = "CUDA does not start" if starting else "CUDA could not compute on a GPU"
        return unclear(check, meaning.reason, Words(problem, told, "success", step))
    problem = "CUDA does not start on this node" if starting else "a GPU of this node cannot compute"
    if meaning.reason == "FabricNotReady":
        problem = "CUDA waits for the NVLink fabric: fabric manager is down, while nvidia-smi looks healthy"
        step = "systemctl status nvidia-fabricmanager, on the node"
        return node_fault(check, meaning.reason, Words(problem, told, "success", f"{step}; {REBOOT_OR_REPLACE}"))
    if meaning.reason == "GRIDNotLicensed":
        step = "systemctl status nvidia-gridd, and nvidia-smi -q | grep -i licen, on the node"
        return node_fault(check, meaning.reason, Words("the vGPU has no licence", told, "a licensed vGPU", step))
    reason = "CUDAKernelFailed" if meaning.reason == "CUDAInitFailed" and not starting else meaning.reason
    return node_fault(check, reason, Words(problem, told, "success", f"{look_at_node(expected)}; {REBOOT_OR_REPLACE}"))
