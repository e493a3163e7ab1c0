from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from testbeds.nvidia_stub import faults, nodes
from testbeds.nvidia_stub.libraries import build
from testbeds.nvidia_stub.node import Event, LibraryFile, MigDevice, Node, Process, Refused
from testbeds.nvidia_stub.stub_node import StubNode
from tests.testbeds.nvidia_stub.programs import Start, ask_nvml, nvml_program, run

CODES = [*(code for code in range(1, 31) if code != 5), 31, 77, 999]
INIT = "answer = ask('nvmlInit')"


def test_every_code_comes_out_of_every_kind_of_call(start: Start) -> None:
    """One child for all, as the state may change under it."""
    node = start(nodes.T4)
    node.become(replace(nodes.T4, faults=tuple(faults.answer("nvmlInit*", code, times=1) for code in CODES)))
    # Each fault hits one call: the first fault the first call, the second the one after ...
    init = f"answer = [[ask('nvmlInit') for _ in range({len(CODES)})], ask('nvmlInit'), ask('nvmlDeviceGetCount')]"
    assert ask_nvml(node, init) == [[f"error {code}" for code in CODES], None, 1]

    calls = [
        "nvmlDeviceGetHandleByIndex_v2",
        "nvmlDeviceGetUUID",
        "nvmlDeviceGetMemoryInfo",
        "nvmlDeviceGetFieldValues",
    ]
    hits = tuple(faults.answer(call, code, times=1) for call in calls for code in CODES)
    node.become(replace(nodes.T4, faults=hits))
    ask = f"""
nvml.nvmlInit()
codes = range({len(CODES)})
answer = [[ask("nvmlDeviceGetHandleByIndex", 0) for _ in codes]]
h = nvml.nvmlDeviceGetHandleByIndex(0)
answer += [[ask("nvmlDeviceGetUUID", h) for _ in codes], [ask("nvmlDeviceGetMemoryInfo", h) for _ in codes]]
answer += [[ask("nvmlDeviceGetFieldValues", h, [230]) for _ in codes], nvml.nvmlDeviceGetUUID(h)]
"""
    assert ask_nvml(node, ask) == [*[[f"error {code}" for code in CODES]] * 4, nodes.T4.gpus[0].uuid]


@pytest.mark.parametrize(
    ("node", "code"),
    [
        pytest.param(nodes.without_driver(nodes.T4), 9, id="module-not-loaded"),
        pytest.param(replace(nodes.T4, module_version="580.1"), 18, id="other-module-version"),
        pytest.param(replace(nodes.T4, missing_device_nodes=frozenset({"nvidiactl"})), 9, id="no-control-node"),
        pytest.param(replace(nodes.T4, nvml_library=LibraryFile.MISSING), 12, id="no-library"),
        pytest.param(replace(nodes.T4, nvml_library=LibraryFile.EMPTY), 12, id="empty-library"),
        pytest.param(replace(nodes.T4, nvml_library=LibraryFile.TEXT), 12, id="text-for-a-library"),
        pytest.param(replace(nodes.T4, nvml_library=LibraryFile.OTHER_CLASS), 12, id="library-for-32-bits"),
        *(
            pytest.param(replace(nodes.T4, device_errors={"nvidiactl": error}), code, id=errno.errorcode[error])
            for error, code in [
                (errno.ENXIO, 9),
                (errno.EACCES, 4),
                (errno.EPERM, 999),
                (errno.ENODEV, 999),
                (errno.EIO, 17),
                (errno.EMFILE, 17),
            ]
        ),
    ],
)
def test_a_driver_out_of_reach_answers_as_the_real_libraries_do(start: Start, node: Node, code: int) -> None:
    asked = "answer = [ask('nvmlInit'), ask('nvmlDeviceGetCount'), ask('nvmlSystemGetNVMLVersion')]"
    init, count, version = ask_nvml(start(node), asked, log_opens=True)
    # What the library knows of itself, it says without a driver.
    known = [1, f"{node.cuda // 1000}.{node.driver}"] if node.nvml_library is LibraryFile.WHOLE else [1, "error 1"]
    assert [init, count, version] == [f"error {code}", f"error {known[0]}", known[1]]


def test_why_a_library_cannot_be_loaded_stands_in_the_context_of_the_error(start: Start) -> None:
    node = start(nodes.CPU)
    ask = "try:\n    nvml.nvmlInit()\nexcept nvml.NVMLError as error:\n    answer = str(error.__context__)"
    said = []
    for file in (LibraryFile.MISSING, LibraryFile.EMPTY, LibraryFile.TEXT, LibraryFile.OTHER_CLASS):
        node.become(replace(nodes.T4, nvml_library=file))
        said.append(ask_nvml(node, ask).partition(": ")[2])
    missing = "cannot open shared object file: No such file or directory"
    assert said == [missing, "file too short", "invalid ELF header", "wrong ELF class: ELFCLASS32"]


def test_a_shutdown_without_an_initialisation_succeeds_and_initialisations_are_counted(start: Start) -> None:
    asked = "count = lambda: ask('nvmlDeviceGetCount')\n"
    # Asked of the library itself: the binding refuses before it has loaded it.
    asked += "answer = [ctypes.CDLL('libnvidia-ml.so.1').nvmlShutdown(), ask('nvmlInit'), ask('nvmlInit'), count()]\n"
    asked += "answer += [ask('nvmlShutdown'), count(), ask('nvmlShutdown'), count(), ask('nvmlShutdown')]"
    assert ask_nvml(start(nodes.T4), asked) == [0, None, None, 1, None, 1, None, "error 1", None]


def test_the_control_node_that_a_failed_start_leaves_behind_answers_enxio(start: Start) -> None:
    node = start(nodes.without_driver(nodes.T4))
    assert ask_nvml(node, INIT) == "error 9"
    with pytest.raises(OSError, match="No such device or address"):
        (node.root / "dev/nvidiactl").open("rb+", buffering=0)


def test_cuda_version_is_known_to_the_older_call_and_asked_of_libcuda_by_the_newer(start: Start) -> None:
    asked = (
        "nvml.nvmlInit()\nanswer = [ask('nvmlSystemGetCudaDriverVersion'), ask('nvmlSystemGetCudaDriverVersion_v2')]"
    )
    node = start(nodes.T4)
    assert ask_nvml(node, asked) == [13020, 13020]
    node.become(replace(nodes.T4, cuda_library=LibraryFile.EMPTY))
    assert ask_nvml(node, asked) == [13020, "error 12"]


def test_one_gpu_is_lost_after_some_calls_and_the_others_go_on(start: Start) -> None:
    node = start(replace(nodes.H100_X8, faults=faults.gpu_lost(3, after=2)))
    asked = """
nvml.nvmlInit()
handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(8)]
answer = [[ask("nvmlDeviceGetTemperature", h, 0) for h in handles] for _ in range(2)]
answer.append(ask("nvmlDeviceGetHandleByIndex", 3))
"""
    healthy = [30] * 8
    lost = [30] * 3 + ["error 15"] + [30] * 4
    assert ask_nvml(node, asked) == [healthy, lost, "error 15"]


def test_a_count_that_is_too_high_has_no_handle_for_the_last(start: Start) -> None:
    node = start(replace(nodes.H100_X8, claimed_count=9))
    asked = "nvml.nvmlInit()\nanswer = [ask('nvmlDeviceGetCount'), ask('nvmlDeviceGetHandleByIndex', 8)]"
    assert ask_nvml(node, asked) == [9, "error 2"]


def test_values_that_one_call_alone_refuses(start: Start) -> None:
    gpus = nodes.change_gpu(nodes.T4, 0, uuid=Refused(999), mig_mode=Refused(999), field_values={230: Refused(15)})
    asked = """
nvml.nvmlInit()
h = nvml.nvmlDeviceGetHandleByIndex(0)
fields = nvml.nvmlDeviceGetFieldValues(h, [230, 1])
answer = [ask("nvmlDeviceGetUUID", h), ask("nvmlDeviceGetMigMode", h), ask("nvmlDeviceGetName", h)]
answer += [(field.nvmlReturn, field.value.uiVal) for field in fields]
"""
    assert ask_nvml(start(replace(nodes.T4, gpus=gpus)), asked) == [
        "error 999",
        "error 999",
        "Tesla T4",
        [15, 0],
        [3, 0],
    ]


def test_health_shows_what_the_state_says(start: Start) -> None:
    sick = nodes.change_gpu(
        nodes.H100_X8,
        0,
        ecc_volatile_uncorrected_sram=2,
        ecc_volatile_uncorrected_dram=3,
        remapped_uncorrected=4,
        remap_pending=1,
        remap_failed=1,
        field_values={230: 2},
        nvlinks_down=(5, 17),
        clocks_event_reasons=0x48,
        compute_mode=2,
        fabric_state=2,
        retired_double_bit=3,
        retired_pending=1,
        sram_threshold_exceeded=1,
        inforom_valid=Refused(14),
    )
    asked = """
nvml.nvmlInit()
h = nvml.nvmlDeviceGetHandleByIndex(0)
fabric = nvml.c_nvmlGpuFabricInfo_v3_t()
nvml.nvmlDeviceGetGpuFabricInfoV(h, ctypes.byref(fabric))
sram = nvml.c_nvmlEccSramErrorStatus_v1_t()
nvml.nvmlDeviceGetSramEccErrorStatus(h, ctypes.byref(sram))
links = [ask("nvmlDeviceGetNvLinkState", h, link) for link in range(19)]
answer = dict(
    total=ask("nvmlDeviceGetTotalEccErrors", h, 1, 0), sram=ask("nvmlDeviceGetMemoryErrorCounter", h, 1, 0, 7),
    l1=ask("nvmlDeviceGetMemoryErrorCounter", h, 1, 0, 0), rows=ask("nvmlDeviceGetRemappedRows", h),
    action=nvml.nvmlDeviceGetFieldValues(h, [230])[0].value.uiVal, down=[i for i in range(18) if not links[i]],
    beyond=links[18], reasons=ask("nvmlDeviceGetCurrentClocksEventReasons", h), mode=ask("nvmlDeviceGetComputeMode", h),
    old_reasons=ask("nvmlDeviceGetCurrentClocksThrottleReasons", h), fabric=fabric.state,
    pages=len(ask("nvmlDeviceGetRetiredPages", h, 1)), pending=ask("nvmlDeviceGetRetiredPagesPendingStatus", h),
    inforom=ask("nvmlDeviceValidateInforom", h), sram_limit=[sram.bThresholdExceeded, sram.volatileUncSecDed],
)
"""
    assert ask_nvml(start(replace(nodes.H100_X8, gpus=sick)), asked) == {
        "total": 5,
        "sram": 2,
        "l1": "error 3",
        "rows": [0, 4, 1, 1],
        "action": 2,
        "down": [5, 17],
        "beyond": "error 2",
        "reasons": 0x48,
        "mode": 2,
        "old_reasons": 0x48,
        "fabric": 2,
        "pages": 3,
        "pending": 1,
        "inforom": "error 14",
        "sram_limit": [1, 2],
    }


def test_mig_devices_are_devices_of_their_own(start: Start) -> None:
    asked = """
nvml.nvmlInit()
h = nvml.nvmlDeviceGetHandleByIndex(0)
slots = range(nvml.nvmlDeviceGetMaxMigDeviceCount(h))
found = [ask("nvmlDeviceGetMigDeviceHandleByIndex", h, slot) for slot in slots]
migs = [handle for handle in found if not isinstance(handle, str)]
utilization = ask("nvmlDeviceGetUtilizationRates", h)
answer = [[f for f in found if isinstance(f, str)], utilization if isinstance(utilization, str) else utilization.gpu]
for mig in migs[:1]:
    parent = nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(mig)
    answer += [nvml.nvmlDeviceGetName(mig), nvml.nvmlDeviceGetUUID(mig), nvml.nvmlDeviceGetMemoryInfo(mig).total >> 20]
    answer += [nvml.nvmlDeviceIsMigDeviceHandle(mig).value, nvml.nvmlDeviceGetGpuInstanceId(mig)]
    answer += [nvml.nvmlDeviceGetUUID(parent) == nvml.nvmlDeviceGetUUID(h)]
    answer += [nvml.nvmlDeviceGetAttributes_v2(mig).memorySizeMB]
    answer += [nvml.nvmlDeviceGetUUID(nvml.nvmlDeviceGetHandleByUUID(nvml.nvmlDeviceGetUUID(mig)))]
"""
    node = start(nodes.A100_80GB_MIG)
    name, mig = "NVIDIA A100 80GB PCIe MIG 1g.10gb", nodes.A100_80GB_MIG.gpus[0].mig_devices[0]
    assert ask_nvml(node, asked) == [[], "error 3", name, mig.uuid, 9728, 1, 7, True, 9728, mig.uuid]
    # An empty place between two MIG devices.
    two = tuple(device for device in nodes.A100_80GB_MIG.gpus[0].mig_devices if device.slot in (1, 4))
    assert all(isinstance(device, MigDevice) for device in two)
    node.become(replace(nodes.A100_80GB_MIG, gpus=nodes.change_gpu(nodes.A100_80GB_MIG, 0, mig_devices=two)))
    assert ask_nvml(node, asked)[0] == ["error 6"] * 5
    node.become(nodes.A100_80GB)
    assert ask_nvml(node, asked)[0] == ["error 3"] * 7
    node.become(nodes.T4)
    assert ask_nvml(node, asked)[0] == []


def test_process_lists_are_apart_by_kind_and_by_mig_device(start: Start) -> None:
    processes = (
        Process(11, memory_mib=100),
        Process(12, kind="graphics"),
        Process(13, kind="mps", gpu=0),
        Process(14, slot=2, memory_mib=5, name="python", utilization=60),
    )
    asked = """
nvml.nvmlInit()
h = nvml.nvmlDeviceGetHandleByIndex(0)
kinds = ["Compute", "Graphics", "MPSCompute"]
show = lambda p: [p.pid, p.usedGpuMemory and p.usedGpuMemory >> 20, p.gpuInstanceId]
listed = lambda handle: [[show(p) for p in ask(f"nvmlDeviceGet{kind}RunningProcesses", handle)] for kind in kinds]
answer = [listed(h), ask("nvmlSystemGetProcessName", 14), ask("nvmlSystemGetProcessName", 99999999)]
samples = ask("nvmlDeviceGetProcessUtilization", h, 0)
answer += [[(s.pid, s.smUtil) for s in samples], nvml.nvmlDeviceGetMemoryInfo(h).used >> 20]
mig = ask("nvmlDeviceGetMigDeviceHandleByIndex", h, 2)
answer += [listed(mig) if not isinstance(mig, str) else mig]
"""
    nobody = 0xFFFFFFFF
    node = start(replace(nodes.A100_80GB_MIG, processes=processes))
    whole = [[[11, 100, nobody], [14, 5, 9]], [[12, None, nobody]], [[13, None, nobody]]]
    assert ask_nvml(node, asked) == [whole, "python", "error 6", [[14, 60]], 425 + 105, [[[14, 5, 9]], [], []]]


def test_without_samples_the_binding_raises_success_as_an_error(start: Start) -> None:
    asked = "nvml.nvmlInit()\nh = nvml.nvmlDeviceGetHandleByIndex(0)\n"
    asked += "answer = ask('nvmlDeviceGetProcessUtilization', h, 0)"
    assert ask_nvml(start(nodes.T4), asked) == "error 0"


def test_events_come_once_in_time_and_for_registered_types_only(start: Start) -> None:
    events = (Event(gpu=1, data=79, after_ms=60), Event(gpu=0, type=0x10), Event(gpu=0, data=31, after_ms=80))
    asked = """
nvml.nvmlInit()
handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(2)]
events = nvml.nvmlEventSetCreate()
for h in handles:
    nvml.nvmlDeviceRegisterEvents(h, nvml.nvmlEventTypeXidCriticalError, events)
def wait(ms):
    data = ask("nvmlEventSetWait_v2", events, ms)
    if isinstance(data, str):
        return data
    return [nvml.nvmlDeviceGetIndex(data.device), data.eventType, data.eventData, data.gpuInstanceId]
answer = [wait(10), wait(5000), wait(5000), wait(10), nvml.nvmlEventSetFree(events)]
answer.append(ask("nvmlDeviceRegisterEvents", handles[0], 0x4, nvml.nvmlEventSetCreate()))
"""
    answer = ask_nvml(start(replace(nodes.H100_X8, events=events)), asked)
    none = 0xFFFFFFFF
    assert answer == ["error 10", [1, 8, 79, none], [0, 8, 31, none], "error 10", None, "error 3"]


def test_an_older_driver_has_the_older_names_and_structs(tmp_path: Path, cache: Path) -> None:
    node = StubNode(replace(nodes.T4, driver="470.256.02", cuda=11040), tmp_path / "old", build(cache, 470))
    asked = """
nvml.nvmlInit()
h = nvml.nvmlDeviceGetHandleByIndex(0)
answer = [ask("nvmlDeviceGetMemoryInfo", h, nvml.nvmlMemory_v2), ask("nvmlDeviceGetCurrentClocksEventReasons", h)]
answer += [ask("nvmlDeviceGetCurrentClocksThrottleReasons", h), ask("nvmlDeviceGetComputeRunningProcesses_v2", h)]
answer += [nvml.nvmlDeviceGetMemoryInfo(h).total >> 20, nvml.nvmlDeviceGetFieldValues(h, [230])[0].nvmlReturn]
try:
    nvml.nvmlDeviceGetComputeRunningProcesses(h)
except nvml.NVMLLibraryMismatchError as error:
    answer.append(isinstance(error, nvml.NVMLError))
"""
    assert ask_nvml(node, asked) == ["error 13", "error 13", 1, [], 15360, 3, False]


def test_versioned_structs_of_another_version_are_refused(start: Start) -> None:
    asked = """
nvml.nvmlInit()
h = nvml.nvmlDeviceGetHandleByIndex(0)
v3, v2 = nvml.c_nvmlGpuFabricInfo_v3_t(), nvml.c_nvmlGpuFabricInfo_v2_t()
answer = [ask("nvmlDeviceGetGpuFabricInfoV", h, ctypes.byref(info)) for info in (v3, v2)]
answer += [ask("nvmlDeviceGetMemoryInfo", h, 0x7000028), v2.state]
"""
    node = start(nodes.H100_X8)
    assert ask_nvml(node, asked) == [0, 0, "error 25", 3]
    node.become(replace(nodes.H100_X8, driver="570.1.1"))
    assert ask_nvml(node, asked) == ["error 25", 0, "error 25", 3]


def test_a_handle_that_was_never_given_out_is_a_bad_argument(start: Start) -> None:
    asked = "nvml.nvmlInit()\nanswer = [ask('nvmlDeviceGetName', ctypes.c_void_p(p)) for p in (0, 16, 12345)]"
    assert ask_nvml(start(nodes.T4), asked) == ["error 2"] * 3


def test_devices_are_found_by_uuid_serial_and_address(start: Start) -> None:
    gpu = nodes.H100_X8.gpus[5]
    asked = f"""
nvml.nvmlInit()
def find(by, text):
    found = ask("nvmlDeviceGetHandleBy" + by, text)
    return found if isinstance(found, str) else nvml.nvmlDeviceGetIndex(found)
answer = [find("UUID", "{gpu.uuid}"), find("Serial", "{gpu.serial}"), find("PciBusId", "{gpu.pci}")]
answer += [find("PciBusId", "0000{gpu.pci.upper()}"), find("UUID", "GPU-none"), find("PciBusId", "none")]
"""
    assert ask_nvml(start(nodes.H100_X8), asked) == [5, 5, 5, 5, "error 6", "error 2"]


def test_without_a_state_file_there_is_no_driver(start: Start) -> None:
    node = start(nodes.T4)
    node.state_file.unlink()
    assert run(node, nvml_program("print(ask('nvmlInit'))")).stdout == "error 9\n"
