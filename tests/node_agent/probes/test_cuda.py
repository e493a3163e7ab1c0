from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.facts import NOT_READ, ComputeProcess, Crashed, Cuda, CudaDevice, Facts, NoAnswer, Nvml, NvmlDevice
from node_agent.modes import BOOTSTRAP, EXEC, INIT, LOOP
from node_agent.probes.child import Child, Deadline, start
from node_agent.probes.cuda import held_devices, read_cuda
from node_agent.probes.cuda_driver import Driver, Refused
from node_agent.probes.cuda_proof import COUNT, PTX, expected, prove
from node_agent.probes.round import Deadlines, ProbeRequest, read_facts
from testbeds.nvidia_stub import StubNode, faults, nodes
from testbeds.nvidia_stub.node import CudaLibrary, LibraryFile, Node, Process
from tests.node_agent.probes.conftest import Look

BOARDS = ("T4", "A10_SIXTH", "A100_80GB_MIG", "A100_40GB_X8", "H100_X8", "B200_X8", "GB200_X4")
INIT_CODES = (34, 46, 100, 102, 802, 803, 804, 999)
PROVED = {"proof": "kernel", "wrong_result": False, "error": None, "jit_error": None, "skipped": ""}
UNPROVED = {"proof": None, "wrong_result": False, "jit_error": None}


def said(facts: Facts) -> Cuda:
    assert isinstance(facts.cuda, Known), facts.cuda
    return facts.cuda.value


def device(facts: Facts, ordinal: int = 0) -> CudaDevice:
    return said(facts).devices[ordinal]


def has(found: CudaDevice, **wanted: Any) -> None:
    assert {name: getattr(found, name) for name in wanted} == wanted


def t4(**fields: Any) -> Node:
    return replace(nodes.T4, gpus=nodes.change_gpu(nodes.T4, 0, **fields))


@pytest.mark.parametrize("name", BOARDS)
def test_every_healthy_board_computes_on_every_device(name: str, look: Look) -> None:
    node = nodes.ALL[name]
    facts = look(node)
    cuda = said(facts)
    assert (cuda.init_error, cuda.count_error, cuda.driver_version) == (None, None, node.cuda)
    assert cuda.count == len(cuda.devices) > 0
    for one in cuda.devices:
        has(one, **PROVED)
    assert isinstance(facts.nvml, Known)
    assert {one.uuid for one in cuda.devices} <= {
        uuid for gpu in facts.nvml.value.devices for uuid in (gpu.mig_uuids or (gpu.uuid,))
    }


def test_a_device_is_described(look: Look) -> None:
    has(
        device(look(nodes.T4)),
        ordinal=0,
        name="Tesla T4",
        uuid=nodes.T4.gpus[0].uuid,
        compute_capability=(7, 5),
    )


@pytest.mark.parametrize("code", INIT_CODES)
def test_a_failed_start_keeps_its_code(code: int, look: Look) -> None:
    cuda = said(look(replace(nodes.T4, faults=(faults.answer("cuInit", code),))))
    assert (cuda.init_error, cuda.count, cuda.devices, cuda.driver_version) == (code, None, (), nodes.T4.cuda)


def test_a_fabric_manager_that_is_down_is_seen_by_cuda_and_not_by_nvml(look: Look) -> None:
    facts = look(nodes.without_fabric_manager(nodes.H100_X8))
    assert said(facts).init_error == 802
    assert isinstance(facts.nvml, Known)
    assert facts.nvml.value.count == 8


@pytest.mark.parametrize(
    ("first", "code", "folder"),
    [(CudaLibrary.STUBS, 34, "/stubs/"), (CudaLibrary.COMPAT, 803, "/compat/")],
    ids=["stubs", "compat"],
)
def test_the_wrong_libcuda_first_is_named_by_its_path(first: CudaLibrary, code: int, folder: str, look: Look) -> None:
    cuda = said(look(replace(nodes.T4, first_cuda_library=first, compat_code=803)))
    assert cuda.init_error == code
    assert folder in str(cuda.library.path)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (LibraryFile.MISSING, "cannot open shared object file"),
        (LibraryFile.EMPTY, "file too short"),
        (LibraryFile.OTHER_CLASS, "wrong ELF class"),
    ],
    ids=lambda value: value.name if isinstance(value, LibraryFile) else "",
)
def test_a_libcuda_that_does_not_load_leaves_everything_unsaid(file: LibraryFile, words: str, look: Look) -> None:
    cuda = said(look(replace(nodes.T4, cuda_library=file)))
    assert words in str(cuda.library.error)
    assert (cuda.driver_version, cuda.init_error, cuda.count, cuda.devices) == (None, None, None, ())


def test_a_library_that_is_no_cuda_has_no_start(look: Look) -> None:
    assert said(look(nodes.T4, cuda_library="libc.so.6")).init_error == 500


@pytest.mark.parametrize("visible", ["", "-1", "GPU-00000000-0000-0000-0000-000000000000"])
def test_a_job_that_hides_the_devices_from_itself_sees_none(visible: str, look: Look) -> None:
    assert said(look(nodes.T4, environ={"CUDA_VISIBLE_DEVICES": visible})).init_error == 100


def test_only_visible_devices_are_counted_and_proven(look: Look) -> None:
    cuda = said(look(nodes.H100_X8, environ={"CUDA_VISIBLE_DEVICES": "2,5"}))
    assert cuda.count == 2
    assert [one.uuid for one in cuda.devices] == [nodes.H100_X8.gpus[index].uuid for index in (2, 5)]


def test_a_count_that_is_refused_is_not_a_count_of_none(look: Look) -> None:
    cuda = said(look(replace(nodes.T4, faults=(faults.answer("cuDeviceGetCount", 3),))))
    assert (cuda.init_error, cuda.count, cuda.count_error) == (None, None, 3)


class DoesNothing:
    """A libcuda whose every call answers success and does nothing."""

    def __getattr__(self, name: str) -> Callable[..., int]:
        return lambda *_: 0


@pytest.fixture
def idle() -> Driver:
    library: Any = DoesNothing()
    return Driver(library, lambda _: None)


def test_a_success_that_fills_nothing_in_is_not_believed(idle: Driver) -> None:
    assert idle.version() is None
    for ask in (idle.count, lambda: idle.device(0), lambda: idle.capability(0)):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.code == 999


def test_a_proof_in_which_nothing_was_done_is_none(idle: Driver) -> None:
    assert prove(idle, 0) == {"proof": None, "wrong_result": True}


# ---- the proof ----

STEPS = (
    "cuDevicePrimaryCtxRetain",
    "cuCtxSetCurrent",
    "cuMemAlloc*",
    "cuMemsetD32*",
    "cuModuleLoadData",
    "cuModuleGetFunction",
    "cuLaunchKernel",
    "cuCtxSynchronize",
    "cuModuleUnload",
    "cuMemcpyDtoH*",
    "cuMemFree*",
    "cuDevicePrimaryCtxRelease*",
)


@pytest.mark.parametrize("call", STEPS)
def test_no_step_of_the_proof_may_fail(call: str, look: Look) -> None:
    found = device(look(replace(nodes.T4, faults=(faults.answer(call, 719),))))
    has(found, **UNPROVED, error=719)
    assert found.step.startswith(call.rstrip("*"))


@pytest.mark.parametrize(
    "fields", [{"kernel_wrong_at": 4095}, {"kernel_wrong_at": 0}, {"copy_damage_mask": 0x10}], ids=str
)
def test_one_wrong_number_is_no_proof(fields: dict[str, int], look: Look) -> None:
    has(device(look(t4(**fields))), proof=None, wrong_result=True, error=None)


@pytest.mark.parametrize(
    ("call", "code"),
    [("cuModuleLoadData", code) for code in (209, 218, 221, 222, 223)]
    + [("cuModuleGetFunction", 223), ("cuLaunchKernel", 209)],
)
def test_where_nothing_can_be_compiled_only_memory_is_proven(call: str, code: int, look: Look) -> None:
    has(
        device(look(replace(nodes.T4, faults=(faults.answer(call, code),)))),
        proof="memory",
        jit_error=code,
        error=None,
        wrong_result=False,
    )


def test_a_container_without_the_compiler_says_so(look: Look) -> None:
    has(device(look(replace(nodes.T4, has_jit=False))), proof="memory", jit_error=221)


def test_damaged_memory_is_no_proof_of_memory_either(look: Look) -> None:
    damaged = replace(t4(copy_damage_mask=0x1), has_jit=False)
    has(device(look(damaged)), proof=None, wrong_result=True, jit_error=221)


def test_a_prohibited_device_names_the_step_that_was_refused(look: Look) -> None:
    found = device(look(t4(compute_mode=2)))
    has(found, **UNPROVED)
    assert found.error is not None


def test_one_bad_device_leaves_the_others_proven(look: Look) -> None:
    node = replace(nodes.H100_X8, faults=(faults.answer("cuLaunchKernel", 719, gpu=6),))
    assert [one.error for one in said(look(node)).devices] == [None] * 6 + [719, None]


def test_every_proof_gives_back_what_it_took(stub: Callable[[Node], StubNode]) -> None:

    node = stub(nodes.H100_X8)
    read_facts(ProbeRequest(EXEC, str(node.root)), node.environment())
    names = [call.name for call in node.calls()]
    for taken, given in (
        ("cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2"),
        ("cuMemAlloc_v2", "cuMemFree_v2"),
        ("cuModuleLoadData", "cuModuleUnload"),
    ):
        assert names.count(taken) == names.count(given) == 8
    # One device at a time.
    order = [name for name in names if name.startswith("cuDevicePrimaryCtx")]
    assert order == ["cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2"] * 8


def test_the_kernels_text_is_for_every_gpu() -> None:
    assert b".target sm_30\n" in PTX
    assert PTX.endswith(b"\0")


def test_every_seed_has_its_own_answer() -> None:
    assert expected(0)[:3] == [0, 2654435761, 2 * 2654435761 % 2**32]
    assert expected(2**32 - 1)[0] == 2**32 - 1
    assert expected(2**32 - 1)[1] == 2654435760
    assert len(expected(7)) == COUNT
    assert not set(enumerate(expected(7))) & set(enumerate(expected(8)))


# ---- hangs and crashes ----


@pytest.mark.parametrize("call", ["cuInit", "cuCtxSynchronize"])
def test_a_hang_is_named_by_the_call(call: str, look: Look) -> None:
    facts = look(replace(nodes.T4, faults=(faults.hang(call),)), hasty=True)
    assert isinstance(facts.cuda, NoAnswer)
    assert call in facts.cuda.reason
    assert isinstance(facts.nvml, Known)


def test_a_crash_is_named_by_signal_call_and_device(look: Look) -> None:
    facts = look(replace(nodes.H100_X8, faults=(faults.crash("cuLaunchKernel", gpu=5),)))
    assert isinstance(facts.cuda, Crashed)
    assert facts.cuda.reason.endswith("SIGSEGV at: device 5: cuLaunchKernel")


def test_a_process_asked_to_end_between_two_calls_releases_its_context(stub: Callable[[Node], StubNode]) -> None:

    node = stub(replace(nodes.T4, faults=(faults.delay("cuCtxSynchronize", 1000),)))
    limits = Deadlines(cuda=Deadline(0.5, 10.0))
    facts = read_facts(ProbeRequest(EXEC, str(node.root), deadlines=limits), node.environment())
    assert isinstance(facts.cuda, NoAnswer)
    assert node.calls()[-1].name == "cuDevicePrimaryCtxRelease_v2"


# ---- when the kernel may run ----


@pytest.mark.parametrize("mode", [BOOTSTRAP, LOOP])
def test_on_a_node_no_kernel_runs_beside_another_process(mode: str, look: Look) -> None:
    node = replace(nodes.H100_X8, processes=(Process(4711, gpu=2),))
    devices = said(look(node, mode=mode)).devices
    assert [one.ordinal for one in devices if one.skipped] == [2]
    assert "4711" in devices[2].skipped
    has(devices[2], **UNPROVED, error=None)
    has(devices[3], **PROVED)


@pytest.mark.parametrize("mode", [INIT, EXEC])
def test_in_a_job_the_devices_are_its_own(mode: str, look: Look) -> None:
    has(device(look(replace(nodes.T4, processes=(Process(4711),)), mode=mode)), **PROVED)


def test_on_a_node_a_mig_device_of_another_process_is_left_alone(look: Look) -> None:
    mig = nodes.A100_80GB_MIG.gpus[0].mig_devices[0]
    devices = said(look(replace(nodes.A100_80GB_MIG, processes=(Process(1, slot=mig.slot),)), BOOTSTRAP)).devices
    assert [one.uuid for one in devices if one.skipped] == [mig.uuid]


@pytest.mark.parametrize(
    "fault",
    [
        faults.answer("nvmlDeviceGetComputeRunningProcesses*", 3),
        faults.answer("nvmlInit*", 9),
        faults.crash("nvmlInitWithFlags"),
    ],
    ids=["no process list", "NVML did not start", "NVML crashed"],
)
def test_on_a_node_no_kernel_runs_where_nobody_can_say_who_holds_the_gpu(fault: faults.Fault, look: Look) -> None:
    found = device(look(replace(nodes.T4, faults=(fault,)), BOOTSTRAP))
    has(found, **UNPROVED, error=None)
    assert "whether another process holds the device" in found.skipped


def test_a_round_without_the_kernel_says_so(look: Look) -> None:
    found = device(look(nodes.T4, kernel=False))
    has(found, **UNPROVED, skipped="no kernel was asked for")


def test_a_round_without_cuda_does_not_start_it(stub: Callable[[Node], StubNode]) -> None:

    node = stub(nodes.T4)
    facts = read_facts(ProbeRequest(LOOP, str(node.root), cuda=False), node.environment())
    assert isinstance(facts.cuda, Unknown)
    assert "cuInit" not in {call.name for call in node.calls()}


@pytest.mark.parametrize(
    ("process", "held"),
    [
        (ComputeProcess(4711, "compute", "GPU-a"), True),
        (ComputeProcess(4711, "mps", "GPU-a"), True),
        (ComputeProcess(4711, "graphics", "GPU-a"), False),
        (ComputeProcess(1, "compute", "GPU-a"), False),
        (ComputeProcess(4711, "compute", "GPU-b"), False),
    ],
    ids=["compute", "MPS", "graphics", "our own child", "another GPU"],
)
def test_who_computes_holds_a_device(process: ComputeProcess, held: bool) -> None:
    nvml = Nvml(count=1, devices=(NvmlDevice(0, uuid="GPU-a"),), processes=Known((process,)))
    assert ("GPU-a" in held_devices(nvml, own=1)) is held


@pytest.mark.parametrize(
    ("fields", "held"),
    [
        ({"memory_used_mib": 0, "memory_mib": 15360}, False),
        ({"memory_used_mib": 700, "memory_mib": 15360}, False),
        ({"memory_used_mib": 900, "memory_mib": 15360}, True),
        ({"memory_used_mib": 4000, "memory_mib": 81559}, False),
        ({"memory_used_mib": 5000, "memory_mib": 81559}, True),
        ({"memory_used_mib": 5000, "memory_mib": 81559, "mig_enabled": True}, False),
        ({"memory_used_mib": 5000, "memory_mib": 24512, "virtualization": 2}, False),
        ({"memory_used_mib": None, "memory_mib": 24512}, False),
    ],
    ids=str,
)
def test_memory_in_use_shows_a_holder_whom_the_list_cannot_name(fields: dict[str, Any], held: bool) -> None:
    nvml = Nvml(count=1, devices=(NvmlDevice(0, uuid="GPU-a", **fields),), processes=Known(()))
    assert ("GPU-a" in held_devices(nvml, own=1)) is held


def test_an_answer_of_a_process_that_the_driver_does_not_let_go_of_is_not_taken() -> None:
    program = """if True:
        import time
        print('library {"name": "libcuda.so.1"}')
        print('cuda {}', flush=True)
        time.sleep(60)"""
    child = start("test", [sys.executable, "-I", "-S", "-c", program], Deadline(0.3, 0.5), os.environ)
    assert isinstance(child, Child)
    assert isinstance(read_cuda(child, NOT_READ), NoAnswer)
