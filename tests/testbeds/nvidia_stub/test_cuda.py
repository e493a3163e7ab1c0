from __future__ import annotations

import errno
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from testbeds.nvidia_stub import DeviceFiles, Libraries, StubNode, faults, nodes
from testbeds.nvidia_stub.node import CudaLibrary, LibraryFile, Node, Process
from tests.testbeds.nvidia_stub.programs import Start, ask_cuda, ask_nvml, cuda_program

PROVE = "answer = init_and_prove()"
CALLS = {
    "cuInit": (1, 2, 34, 46, 100, 101, 102, 304, 802, 803, 804, 805, 807, 999),
    "cuDeviceGetCount": (3, 100, 999),
    "cuDevicePrimaryCtxRetain": (2, 46, 101, 214, 304, 719, 805, 999),
    "cuModuleLoadData": (200, 209, 218, 221, 222, 223),
    "cuModuleGetFunction": (500,),
    "cuMemAlloc_v2": (2, 46, 999),
    "cuLaunchKernel": (1, 98, 209, 400, 700, 701, 719),
    "cuCtxSynchronize": (214, 220, 700, 702, 715, 719, 999),
    "cuMemcpyDtoH_v2": (1, 214, 719),
}


def test_every_code_comes_out_of_every_step(start: Start) -> None:
    """One child for all: each fault hits one call, so that the proof gets one step further, or one code."""
    wanted = [(call, code) for call, codes in CALLS.items() for code in codes]
    node = start(replace(nodes.T4, faults=tuple(faults.answer(call, code, times=1) for call, code in wanted)))
    count = """
def again():
    code = cuda.cuInit(0)
    if code:
        return f"cuInit {code}"
    try:
        number("cuDeviceGetCount")
    except Refused as refused:
        return str(refused)
    return prove()
answer = [again() for _ in range(%d)]
"""
    assert ask_cuda(node, count % (len(wanted) + 1)) == [*(f"{call} {code}" for call, code in wanted), []]


def with_gpu(**fields: object) -> Node:
    return replace(nodes.T4, gpus=nodes.change_gpu(nodes.T4, 0, **fields))


@pytest.mark.parametrize(
    ("node", "answer"),
    [
        pytest.param(nodes.without_driver(nodes.T4), "cuInit 100", id="module-not-loaded"),
        pytest.param(replace(nodes.T4, module_version="580.1"), "cuInit 803", id="other-module-version"),
        pytest.param(replace(nodes.T4, device_errors={"nvidiactl": errno.EPERM}), "cuInit 100", id="cgroup-lost"),
        pytest.param(replace(nodes.T4, missing_device_nodes=frozenset({"nvidia-uvm"})), "cuInit 999", id="no-uvm"),
        pytest.param(replace(nodes.T4, first_cuda_library=CudaLibrary.STUBS), "cuInit 34", id="stub-library"),
        pytest.param(
            replace(nodes.T4, first_cuda_library=CudaLibrary.COMPAT, compat_code=804), "cuInit 804", id="compat-refused"
        ),
        pytest.param(replace(nodes.T4, first_cuda_library=CudaLibrary.COMPAT), [], id="compat-works"),
        pytest.param(nodes.without_fabric_manager(nodes.H100_X8), "cuInit 802", id="no-fabric-manager"),
        pytest.param(nodes.without_fabric_manager(nodes.A100_40GB_X8), "cuInit 802", id="no-fabric-manager-ampere"),
        pytest.param(with_gpu(compute_mode=2), "cuDevicePrimaryCtxRetain 46", id="prohibited"),
        pytest.param(
            replace(with_gpu(compute_mode=3), processes=(Process(1),)),
            "cuDevicePrimaryCtxRetain 46",
            id="exclusive-taken",
        ),
        pytest.param(with_gpu(compute_mode=3), [], id="exclusive-free"),
        pytest.param(
            replace(nodes.T4, processes=(Process(1, memory_mib=14900),)),
            "cuDevicePrimaryCtxRetain 2",
            id="memory-taken",
        ),
        pytest.param(replace(nodes.T4, has_jit=False), "cuModuleLoadData 221", id="no-jit"),
        pytest.param(with_gpu(kernel_wrong_at=17), [17], id="wrong-result"),
        pytest.param(with_gpu(copy_damage_mask=4), [500], id="damaged-copy"),
    ],
)
def test_a_sick_node_answers_as_the_real_driver_does(start: Start, node: Node, answer: object) -> None:
    assert ask_cuda(start(node), PROVE, log_opens=True) == answer


def test_the_stub_library_answers_one_code_to_all(start: Start) -> None:
    node = start(replace(nodes.T4, first_cuda_library=CudaLibrary.STUBS))
    asked = "n = ctypes.byref(ctypes.c_int())\nanswer = [cuda.cuDriverGetVersion(n), cuda.cuDeviceGetCount(n)]"
    assert ask_cuda(node, asked) == [34, 34]


def test_before_cuinit_only_the_version_and_the_names_of_codes_are_known(start: Start) -> None:
    asked = """
name, text = ctypes.c_char_p(), ctypes.c_char_p()
call("cuGetErrorName", 802, ctypes.byref(name))
call("cuGetErrorString", 100, ctypes.byref(text))
count = ctypes.c_int(-7)
answer = [number("cuDriverGetVersion"), name.value.decode(), text.value.decode(),
    cuda.cuDeviceGetCount(ctypes.byref(count)), count.value, cuda.cuCtxSynchronize()]
answer.append(cuda.cuGetErrorName(98, ctypes.byref(name)))
"""
    told = ["CUDA_ERROR_SYSTEM_NOT_READY", "no CUDA-capable device is detected"]
    assert ask_cuda(start(nodes.without_driver(nodes.T4)), asked) == [13020, *told, 3, -7, 3, 1]


def test_a_missing_libcuda_cannot_be_loaded(start: Start) -> None:
    node = start(replace(nodes.T4, cuda_library=LibraryFile.MISSING))
    asked = "try:\n    ctypes.CDLL('libcuda.so.1')\nexcept OSError as error:\n    answer = 'cannot open' in str(error)"
    assert ask_nvml(node, asked) is True


UUIDS = [str(gpu.uuid) for gpu in nodes.H100_X8.gpus]


VISIBLE: dict[str, list[int]] = {
    "": [],
    "-1": [],
    "0,1": [0, 1],
    "3,1": [3, 1],
    " 2 , 4": [2, 4],
    "0,9,1": [0],
    "0,-1,1": [0],
    "1,1": [],
    "nonsense": [],
    "2x": [2],
    f"{UUIDS[4]},{UUIDS[0]}": [4, 0],
    UUIDS[6][:12]: [6],
    "GPU-": [],
    "GPU-00000000": [],
}


def test_visible_devices_are_read_as_cuda_reads_them(start: Start) -> None:
    """One child for all, which forks for each, as a process reads the variable once."""
    look = f"""
answer = {{}}
for visible in {list(VISIBLE)}:
    read, write = os.pipe()
    if os.fork() == 0:
        os.environ["CUDA_VISIBLE_DEVICES"] = visible
        code = cuda.cuInit(0)
        seen = [] if code == 100 else [number("cuDeviceGetAttribute", 50, i) for i in range(number("cuDeviceGetCount"))]
        os.write(write, json.dumps(seen).encode())
        os._exit(0)
    answer[visible] = json.loads(os.read(read, 1000))
"""
    domains = [int(gpu.pci[:4], 16) for gpu in nodes.H100_X8.gpus]
    answer = ask_cuda(start(nodes.H100_X8), look)
    assert answer == {visible: [domains[index] for index in seen] for visible, seen in VISIBLE.items()}


def test_devices_are_counted_from_the_fastest_unless_the_bus_order_is_asked_for(start: Start) -> None:
    slow = replace(nodes.T4.gpus[0], pci="0000:00:05.0", uuid="GPU-slow")
    fast = replace(nodes.A100_80GB.gpus[0], minor=1)
    node = start(replace(nodes.A100_80GB, gpus=(slow, fast)))
    look = "cuda.cuInit(0)\nanswer = [number('cuDeviceGetAttribute', 75, i) for i in range(2)]"
    assert ask_cuda(node, look) == [8, 7]
    assert ask_cuda(node, look, environment={"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}) == [7, 8]


def test_of_mig_devices_cuda_sees_one(start: Start) -> None:
    node = start(nodes.A100_80GB_MIG)
    migs = nodes.A100_80GB_MIG.gpus[0].mig_devices
    look = """
import uuid
code = cuda.cuInit(0)
ids = []
for call_ in () if code else ("cuDeviceGetUuid", "cuDeviceGetUuid_v2"):
    id_ = ctypes.create_string_buffer(16)
    call(call_, id_, 0)
    ids.append(str(uuid.UUID(bytes=id_.raw)))
answer = [code]
if not code:
    answer = [number("cuDeviceGetCount"), *ids, number("cuDeviceTotalMem_v2", 0, kind=ctypes.c_size_t) >> 20]
"""
    gpu = str(nodes.A100_80GB_MIG.gpus[0].uuid).removeprefix("GPU-")
    for visible, slot in ((None, 0), ("0", 0), (migs[3].uuid, 3)):
        environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
        answer = ask_cuda(node, look, environment=environment)
        assert answer == [1, gpu, migs[slot].uuid.removeprefix("MIG-"), 9728]
    assert ask_cuda(node, look, environment={"CUDA_VISIBLE_DEVICES": "MIG-none"}) == [100]


@pytest.mark.parametrize(
    ("ptx", "answer"),
    [
        pytest.param("PTX.replace(b'n, .param .u32 seed', b'seed, .param .u32 count')", [], id="seed-second"),
        pytest.param("PTX.replace(b'6.0', b'9.3')", "cuModuleLoadData 222", id="ptx-too-new"),
        pytest.param("PTX.replace(b'sm_30', b'sm_80')", "cuModuleLoadData 218", id="target-too-new"),
        pytest.param("PTX.replace(b'aigpu_prove', b'aigpu_prove_2')", "cuModuleGetFunction 500", id="no-entry"),
        pytest.param("b'not a program'", "cuModuleLoadData 200", id="no-ptx"),
        pytest.param("b'\\x7fELF' + bytes(64)", "cuModuleLoadData 209", id="machine-code"),
    ],
)
def test_a_program_text_is_judged(start: Start, ptx: str, answer: object) -> None:
    program = f"ptx = {ptx}\ncuda.cuInit(0)\nanswer = prove(ptx=ptx, seed_first=b'count' in ptx)"
    assert ask_cuda(start(nodes.T4), program) == answer


def test_a_switched_off_jit_is_told_apart_from_a_missing_one(start: Start) -> None:
    node = start(nodes.T4)
    assert ask_cuda(node, PROVE, environment={"CUDA_DISABLE_PTX_JIT": "1"}) == "cuModuleLoadData 223"


def test_too_few_threads_leave_the_rest_unwritten(start: Start) -> None:
    answer = ask_cuda(start(nodes.T4), "cuda.cuInit(0)\nanswer = prove(blocks=2)")
    assert answer == list(range(512, 1000))


def test_an_illegal_address_is_told_by_the_next_call_and_by_all_after_it(start: Start) -> None:
    program = """
cuda.cuInit(0)
enter()
function = load()
values = [ctypes.c_ulonglong(4096), ctypes.c_uint32(10), ctypes.c_uint32(1)]
arguments = (ctypes.c_void_p * 3)(*(ctypes.cast(ctypes.byref(v), ctypes.c_void_p) for v in values))
launch = lambda: cuda.cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, None, arguments, None)
alloc = lambda: cuda.cuMemAlloc_v2(ctypes.byref(ctypes.c_ulonglong()), ctypes.c_size_t(16))
answer = [launch(), cuda.cuCtxSynchronize(), alloc(), launch()]
"""
    assert ask_cuda(start(nodes.T4), program) == [0, 700, 700, 700]


def test_memory_is_as_large_as_the_gpu_and_costs_the_host_nothing(start: Start) -> None:
    program = """
import pathlib
import resource
cuda.cuInit(0)
def info():
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    call("cuMemGetInfo_v2", ctypes.byref(free), ctypes.byref(total))
    return [free.value >> 20, total.value >> 20]
def take(mib):
    out = ctypes.c_ulonglong()
    return [cuda.cuMemAlloc_v2(ctypes.byref(out), ctypes.c_size_t(mib << 20)), out.value]
enter()
answer = [info(), take(60000)[0], take(30000)[0], info()]
code, place = take(1)
call("cuMemsetD32_v2", ctypes.c_ulonglong(place), ctypes.c_uint32(0xA5A5A5A5), ctypes.c_size_t(1 << 18))
word = (ctypes.c_uint32 * 1)()
call("cuMemcpyDtoH_v2", word, ctypes.c_ulonglong(place + (1 << 20) - 4), ctypes.c_size_t(4))
answer += [word[0], cuda.cuMemcpyDtoH_v2(word, ctypes.c_ulonglong(place + (1 << 20) - 2), ctypes.c_size_t(4))]
answer += [cuda.cuMemFree_v2(ctypes.c_ulonglong(place)), cuda.cuMemFree_v2(ctypes.c_ulonglong(place))]
# Not getrusage's high-water mark: over fork and exec it still counts what pytest held.
pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
answer.append(pages * resource.getpagesize() < 100_000_000)
"""
    total = 81559 - 453
    free = total - 528
    wanted = [[free, total], 0, 2, [free - 60000, total], 0xA5A5A5A5, 1, 0, 1, True]
    assert ask_cuda(start(nodes.H100_X8), program) == wanted


def test_contexts_are_kept_apart(start: Start) -> None:
    program = """
cuda.cuInit(0)
current, made = ctypes.c_void_p(), ctypes.c_void_p()
first = enter(0)
second = enter(1)
call("cuCtxGetCurrent", ctypes.byref(current))
answer = [first.value != second.value, current.value == second.value, number("cuCtxGetDevice")]
call("cuCtxCreate_v2", ctypes.byref(made), 0, 2)
answer.append(number("cuCtxGetDevice"))
call("cuCtxDestroy_v2", made)
answer += [number("cuCtxGetDevice"), cuda.cuCtxDestroy_v2(made), cuda.cuCtxSetCurrent(made)]
call("cuDevicePrimaryCtxRelease_v2", 1)
answer += [cuda.cuCtxSynchronize(), cuda.cuDevicePrimaryCtxRelease_v2(1)]
"""
    assert ask_cuda(start(nodes.H100_X8), program) == [True, True, 1, 2, 1, 201, 201, 201, 201]


def test_a_forked_child_has_no_driver(start: Start) -> None:
    program = """
cuda.cuInit(0)
enter()
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, json.dumps([cuda.cuInit(0), cuda.cuCtxSynchronize()]).encode())
    os._exit(0)
answer = [json.loads(os.read(read, 100)), cuda.cuCtxSynchronize()]
"""
    assert ask_cuda(start(nodes.T4), program) == [[3, 3], 0]


LISTED = """
nvml.nvmlInit()
h = nvml.nvmlDeviceGetHandleByIndex(1)
kinds = ["Compute", "Graphics", "MPSCompute"]
answer = [[p.pid for p in ask(f"nvmlDeviceGet{kind}RunningProcesses", h)] for kind in kinds]
answer.append(nvml.nvmlDeviceGetMemoryInfo(h).used >> 20)
"""


def files_of(pid: int) -> list[str]:
    return [path.name for path in Path(f"/proc/{pid}/fd").iterdir()]


@pytest.mark.parametrize("is_mps_client", [False, True], ids=["own", "mps"])
def test_a_process_is_listed_while_it_has_a_context_and_no_longer(
    tmp_path: Path, libraries: Libraries, is_mps_client: bool
) -> None:
    # Plain files, as a link to /dev/null is listed as that.
    laid_out = replace(nodes.H100_X8, is_mps_client=is_mps_client)
    node = StubNode(laid_out, tmp_path / "node", libraries, DeviceFiles.PLAIN)
    held = cuda_program("""
cuda.cuInit(0)
print("initialised", flush=True)
sys.stdin.readline()
enter(1)
print("in context", flush=True)
sys.stdin.readline()
""")
    with subprocess.Popen(
        [sys.executable, "-c", held], env=node.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "initialised\n"
        # cuInit opens the nodes and makes no context: an open file is no proof of use.
        held_files = {Path(f"/proc/{child.pid}/fd", name).readlink().name for name in files_of(child.pid)}
        assert {"nvidiactl", "nvidia-uvm", "nvidia7"} <= held_files
        assert ask_nvml(node, LISTED) == [[], [], [], 453]
        child.stdin.write("go\n")
        child.stdin.flush()
        assert child.stdout.readline() == "in context\n"
        apart = [[], [], [child.pid]] if is_mps_client else [[child.pid], [], []]
        assert ask_nvml(node, LISTED) == [*apart, 453 + 528]
        child.send_signal(signal.SIGKILL)
        child.wait(5)
    assert ask_nvml(node, LISTED) == [[], [], [], 453]


def test_a_lost_gpu_ends_the_work_on_it_alone(start: Start) -> None:
    node = start(replace(nodes.H100_X8, faults=faults.gpu_lost(0)))
    assert ask_cuda(node, "cuda.cuInit(0)\nanswer = [prove(0), prove(1)]") == ["cuDevicePrimaryCtxRetain 999", []]


def test_entry_points_are_found_by_name(start: Start) -> None:
    program = """
def find(name, version=12000):
    place, status = ctypes.c_void_p(), ctypes.c_int(-1)
    code = cuda.cuGetProcAddress_v2(name, ctypes.byref(place), version, ctypes.c_uint64(0), ctypes.byref(status))
    return [code, status.value, place.value]
address = lambda name: ctypes.cast(getattr(cuda, name), ctypes.c_void_p).value
asked = (("cuMemAlloc", 12000, "cuMemAlloc_v2"), ("cuInit", 12000, "cuInit"),
    ("cuCtxCreate", 12000, "cuCtxCreate_v2"), ("cuCtxCreate", 13000, "cuCtxCreate_v4"))
answer = [find(name.encode(), version) == [0, 0, address(found)] for name, version, found in asked]
answer.append(find(b"cuNothing"))
"""
    assert ask_cuda(start(nodes.T4), program) == [True, True, True, True, [500, 1, None]]
