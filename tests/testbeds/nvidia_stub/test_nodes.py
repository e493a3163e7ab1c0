from __future__ import annotations

from typing import Any

import pytest

from testbeds.nvidia_stub import nodes
from testbeds.nvidia_stub.node import LibraryFile, Node
from tests.testbeds.nvidia_stub.programs import Start, ask_cuda, ask_nvml

LOOK = """
nvml.nvmlInit()
handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
h = handles[0]
fabric = nvml.c_nvmlGpuFabricInfo_t()
refused = ask("nvmlDeviceGetGpuFabricInfo", h, ctypes.byref(fabric))
answer = dict(
    driver=nvml.nvmlSystemGetDriverVersion(), cuda=nvml.nvmlSystemGetCudaDriverVersion_v2(), count=len(handles),
    name=nvml.nvmlDeviceGetName(h), memory=nvml.nvmlDeviceGetMemoryInfo(h).total >> 20,
    capability=nvml.nvmlDeviceGetCudaComputeCapability(h), mig=ask("nvmlDeviceGetMigMode", h),
    rows=ask("nvmlDeviceGetRemappedRows", h), persistence=nvml.nvmlDeviceGetPersistenceMode(h),
    width=[ask("nvmlDeviceGetCurrPcieLinkWidth", h), ask("nvmlDeviceGetMaxPcieLinkWidth", h)],
    fabric=refused if isinstance(refused, str) else fabric.state,
    virtualization=nvml.nvmlDeviceGetVirtualizationMode(h),
    slowdown=ask("nvmlDeviceGetTemperatureThreshold", h, nvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN),
    link=ask("nvmlDeviceGetNvLinkState", h, 0),
    uuids=len({nvml.nvmlDeviceGetUUID(x) for x in handles}),
    buses=len({nvml.nvmlDeviceGetPciInfo(x).busId for x in handles}),
    minors=[nvml.nvmlDeviceGetMinorNumber(x) for x in handles],
)
"""
NO = "error 3"
T4 = {
    "driver": "595.91.07",
    "cuda": 13020,
    "count": 1,
    "name": "Tesla T4",
    "memory": 15360,
    "capability": [7, 5],
    "mig": NO,
    "rows": NO,
}
A10 = {
    "driver": "570.211.01",
    "cuda": 12080,
    "name": "NVIDIA A10-24Q",
    "memory": 24512,
    "mig": NO,
    "rows": NO,
    "width": [NO, NO],
}
A100 = {
    "driver": "570.148.08",
    "cuda": 12080,
    "count": 1,
    "name": "NVIDIA A100-SXM4-40GB",
    "memory": 40960,
    "mig": [0, 0],
    "fabric": NO,
}
H100 = {
    "driver": "580.105.08",
    "cuda": 13000,
    "count": 8,
    "name": "NVIDIA H100 80GB HBM3",
    "memory": 81559,
    "capability": [9, 0],
}
H200 = {"count": 8, "name": "NVIDIA H200", "memory": 143771, "capability": [9, 0], "fabric": 3, "link": 1}
B200 = {
    "driver": "580.105.08",
    "count": 8,
    "name": "NVIDIA B200",
    "memory": 183359,
    "capability": [10, 0],
    "persistence": 0,
    "fabric": 3,
}
GB200 = {
    "driver": "580.173.02",
    "count": 4,
    "name": "NVIDIA GB200",
    "memory": 189471,
    "persistence": 1,
    "fabric": 3,
    "mig": [0, 0],
}


@pytest.mark.parametrize(
    ("node", "shown"),
    [
        pytest.param(nodes.T4, {**T4, "width": [8, 16], "virtualization": 1, "slowdown": 93, "link": NO}, id="T4"),
        pytest.param(nodes.A10_FULL, {**A10, "virtualization": 2, "slowdown": NO, "fabric": NO}, id="A10"),
        pytest.param(nodes.A10_SIXTH, {"count": 1, "name": "NVIDIA A10-4Q", "memory": 4032}, id="A10-sixth"),
        pytest.param(nodes.A100_40GB, {**A100, "rows": [0, 0, 0, 0], "slowdown": 89, "link": NO}, id="A100"),
        pytest.param(nodes.A100_40GB_X8, {"count": 8, "memory": 40960, "link": 1, "fabric": NO}, id="A100x8"),
        pytest.param(nodes.A100_80GB_MIG, {"count": 1, "memory": 81920, "mig": [1, 1]}, id="A100-MIG"),
        pytest.param(nodes.H100_X8, {**H100, "fabric": 3, "slowdown": NO, "link": 1, "width": [16, 16]}, id="H100x8"),
        pytest.param(nodes.H200_X8, H200, id="H200x8"),
        pytest.param(nodes.B200_X8, {**B200, "slowdown": NO}, id="B200x8"),
        pytest.param(nodes.GB200_X4, GB200, id="GB200"),
    ],
)
def test_a_ready_made_node_shows_what_the_real_board_showed(start: Start, node: Node, shown: dict[str, Any]) -> None:
    seen = ask_nvml(start(node), LOOK)
    assert {key: seen[key] for key in shown} == shown
    assert (seen["uuids"], seen["buses"], seen["minors"]) == (seen["count"], seen["count"], list(range(seen["count"])))


@pytest.mark.parametrize(
    "node", [pytest.param(node, id=name) for name, node in nodes.ALL.items() if node.nvml_library is LibraryFile.WHOLE]
)
def test_a_healthy_node_computes_right_on_every_device_but_an_undivided_mig_one(start: Start, node: Node) -> None:
    answer = ask_cuda(
        start(node),
        """
code = cuda.cuInit(0)
answer = [code, *([] if code else [prove(i) for i in range(number("cuDeviceGetCount"))])]
""",
    )
    if node is nodes.A100_80GB_MIG_EMPTY:
        assert answer == [100]
    else:
        gpus = 1 if node is nodes.A100_80GB_MIG else len(node.gpus)
        assert answer == [0, *[[]] * gpus]


def test_cuda_names_the_devices_as_nvml_does(start: Start) -> None:
    node = start(nodes.A100_80GB)
    answer = ask_cuda(
        node,
        """
import uuid
cuda.cuInit(0)
name, id_, address = ctypes.create_string_buffer(100), ctypes.create_string_buffer(16), ctypes.create_string_buffer(32)
call("cuDeviceGetName", name, 100, 0)
call("cuDeviceGetUuid_v2", id_, 0)
call("cuDeviceGetPCIBusId", address, 32, 0)
attributes = [number("cuDeviceGetAttribute", attribute, 0) for attribute in (75, 76, 16, 50, 33, 34)]
total = number("cuDeviceTotalMem_v2", 0, kind=ctypes.c_size_t) >> 20
answer = [name.value.decode(), "GPU-" + str(uuid.UUID(bytes=id_.raw)), address.value.decode(), attributes, total,
    number("cuDriverGetVersion"), cuda.cuDeviceGet(ctypes.byref(ctypes.c_int()), 1)]
""",
    )
    gpu = nodes.A100_80GB.gpus[0]
    # CUDA's total leaves out what the driver keeps for itself.
    assert answer == [gpu.name, gpu.uuid, gpu.pci, [8, 0, 108, 1, 0, 0], 81920 - 425, 13000, 101]
