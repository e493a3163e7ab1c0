"""Machines for property-based tests: healthy ones of which readings and fields are missing, or say anything."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from aigpu_contract.reading import Known, Unknown
from node_agent.expected import Expected
from node_agent.facts import (
    BindingUnusable,
    Crashed,
    Cuda,
    CudaDevice,
    DeviceNode,
    Environment,
    Facts,
    Interpreter,
    KernelModule,
    Library,
    NoAnswer,
    Nvml,
    NvmlDevice,
    PciDevice,
    Wheel,
)
from tests.node_agent.healthy import healthy, known, library, missing, uuid

UNREAD = (
    Unknown("not read"),
    NoAnswer("no answer", seconds=10.0),
    NoAnswer("no answer", seconds=90.0, abandoned=True),
    Crashed("died", signal="SIGSEGV"),
    BindingUnusable("another pynvml"),
)
CODES = st.sampled_from(
    [None, 0, 1, 2, 3, 4, 9, 12, 15, 16, 18, 19, 27, 28, 34, 46, 77, 100, 101, 802, 803, 804, 805, 999]
)


def wild(kind: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value of a dataclass with each field drawn by itself, however little they fit together."""
    return st.builds(kind, **fields)


def with_readings(facts: Facts, readings: Mapping[str, Any]) -> Facts:
    return replace(facts, **readings)


FLAG = st.sampled_from([None, False, True])
SMALL = st.sampled_from([None, 0, 1, 2, 3])
UUIDS = st.sampled_from([None, uuid(0), uuid(1), uuid(0).partition("-")[2], "MIG-1", ""])
LIBRARIES = st.sampled_from(
    [
        library("libcuda.so.1"),
        library("libcuda.so.1", path="/usr/local/cuda/compat/libcuda.so.595.58.03", version="595.58.03"),
        library("libcuda.so.1", path="/x/stubs/libcuda.so", version=None),
        library("libcuda.so.1", version="470.1"),
        library("libcuda.so.1", error="file too short"),
        missing("libcuda.so.1"),
        Library(""),
    ]
)
NVML_DEVICES = wild(
    NvmlDevice,
    index=st.integers(-1, 3),
    error=st.one_of(st.none(), CODES),
    uuid=UUIDS,
    name=st.sampled_from([None, "", "Tesla T4", "NVIDIA A100 80GB PCIe"]),
    memory_mib=st.sampled_from([None, 0, 15360, 81920]),
    mig_enabled=FLAG,
    mig_uuids=st.sampled_from([(), ("MIG-1",)]),
    compute_mode=st.sampled_from([None, 0, 1, 2, 3, 4, -1]),
    compute_capability=st.sampled_from([None, (7, 5), (8, 0), (0, 0), (12, 0)]),
    virtualization=SMALL,
    ecc_uncorrected_volatile=SMALL,
    remap_pending=FLAG,
    remap_failed=FLAG,
    retired_pages=st.sampled_from([None, 0, 64]),
    recovery_action=st.sampled_from([None, 0, 1, 2, 5, 8]),
    fabric_state=st.sampled_from([None, 0, 1, 2, 3, 4]),
    fabric_status=SMALL,
    nvlinks_active=SMALL,
    nvlinks_inactive=SMALL,
    throttle_reasons=st.sampled_from([None, 0, 1, 8, 255]),
    errors=st.lists(
        st.tuples(st.just("nvmlDeviceGetName"), CODES.filter(lambda code: code is not None)), max_size=2
    ).map(tuple),
)
CUDA_DEVICES = wild(
    CudaDevice,
    ordinal=st.integers(-1, 2),
    uuid=UUIDS,
    compute_capability=st.sampled_from([None, (7, 0), (8, 0)]),
    memory_mib=st.sampled_from([None, 0, 4864, 81037]),
    proof=st.sampled_from(["kernel", "kernel", "memory", None, "magic"]),
    wrong_result=st.sampled_from([False, False, True]),
    error=st.one_of(st.none(), CODES),
    skipped=st.sampled_from(["", "", "held by 4711"]),
)
ERRNOS = st.sampled_from([None, None, None, "ENOENT", "EPERM", "EACCES", "EIO", "ENXIO", "EBUSY", "EMFILE", ""])
NODE_PATHS = st.sampled_from(["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidia1", "nvidia0", ""])
NODES = wild(
    DeviceNode,
    path=NODE_PATHS,
    error=ERRNOS,
    is_character_device=st.sampled_from([True, True, False, None]),
    is_drivers=FLAG,
)
VALUES = st.sampled_from(
    ["", "0", "1", "0,1", "0,9", "-1", "all", "none", "void", "GPU-1", uuid(0), "MIG-1", "cpu", "utility"]
)
VARIABLES = st.dictionaries(
    st.sampled_from(["CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES", "JAX_PLATFORMS"]),
    VALUES,
)
WHEELS = wild(
    Wheel,
    framework=st.sampled_from(["torch", "jax", ""]),
    distribution=st.just("x"),
    version=st.sampled_from(["2.13.0", "2.9.1", "", "nightly"]),
    cuda=st.sampled_from([None, (), (12,), (13, 0), (99, 9)]),
    architectures=st.sampled_from([(), ("sm_80",), ("gfx90a",), ("",)]),
    problem=st.sampled_from(["", "unreadable"]),
)
SIZES = st.sampled_from(["Standard_NC48ads_A100_v4", "Standard_D16s_v5", "Standard_ND96isr_H100_v5", "", "x"])
WILD_READINGS: dict[str, st.SearchStrategy[Any]] = {
    "vm_size_label": SIZES,
    "vm_size_metadata": SIZES,
    "pci": st.lists(
        wild(
            PciDevice, address=st.just("0"), device_id=st.just("x"), driver=st.sampled_from(["nvidia", "nouveau", None])
        ),
        max_size=3,
    ).map(tuple),
    "module": wild(
        KernelModule,
        loaded=st.booleans(),
        version=st.sampled_from([None, "580.159.04", "x"]),
        is_open=FLAG,
        state=st.sampled_from([None, "live", "going"]),
    ),
    "nvml_library": LIBRARIES,
    "device_nodes": st.lists(NODES, max_size=5).map(tuple),
    "environment": wild(
        Environment,
        variables=VARIABLES,
        libc=st.sampled_from(["glibc", "musl", "unknown"]),
        sandbox=st.sampled_from([None, None, "gVisor", ""]),
    ),
    "nvml": wild(
        Nvml,
        init_error=st.one_of(st.none(), CODES),
        driver_version=st.sampled_from([None, "", "580.159.04", "x.y"]),
        count=SMALL,
        count_error=CODES,
        devices=st.lists(NVML_DEVICES, max_size=3).map(tuple),
    ),
    "cuda": wild(
        Cuda,
        library=LIBRARIES,
        driver_version=st.sampled_from([None, 0, 12040, 13000]),
        init_error=st.one_of(st.none(), CODES),
        count=SMALL,
        count_error=CODES,
        devices=st.lists(CUDA_DEVICES, max_size=3).map(tuple),
    ),
    "interpreter": wild(
        Interpreter, path=st.just("/p"), version=st.just(""), wheels=st.lists(WHEELS, max_size=2).map(tuple)
    ),
    "kubelet_resources": st.dictionaries(st.sampled_from(["nvidia.com/gpu", "cpu"]), st.integers(-1, 3)),
}


@st.composite
def machines(draw: st.DrawFn) -> Facts:
    """A healthy machine of which every reading may be missing, or may say anything."""
    facts = healthy()
    for name, strategy in WILD_READINGS.items():
        fate = draw(st.sampled_from(["kept", "kept", "kept", "unread", "wild"]))
        if fate == "unread":
            facts = with_readings(facts, {name: draw(st.sampled_from(UNREAD))})
        elif fate == "wild":
            facts = with_readings(facts, {name: Known(draw(strategy))})
    return facts


PARTS = {
    "gpu": (NVML_DEVICES, "nvml", "devices"),
    "device": (CUDA_DEVICES, "cuda", "devices"),
    "node": (NODES, "device_nodes", ""),
    **{name: (WILD_READINGS[name], name, "") for name in ("nvml", "cuda", "module", "environment")},
}


@st.composite
def nudged(draw: st.DrawFn) -> Facts:
    """A healthy machine of which a few fields say something else: as near to an OK as a lie can come."""
    facts = healthy()
    for _ in range(draw(st.integers(1, 3))):
        strategy, reading, inner = PARTS[draw(st.sampled_from(sorted(PARTS)))]
        lie = draw(strategy)
        name = draw(st.sampled_from([field.name for field in dataclasses.fields(lie)]))
        value = known(getattr(facts, reading))
        told = getattr(value, inner) if inner else value
        if isinstance(told, tuple):
            place = draw(st.integers(0, max(0, len(told) - 1)))
            told = tuple(
                replace(one, **{name: getattr(lie, name)}) if place == number else one
                for number, one in enumerate(told)
            )
        else:
            told = replace(told, **{name: getattr(lie, name)})
        facts = with_readings(facts, {reading: Known(replace(value, **{inner: told}) if inner else told)})
    return facts


def wholly_wild() -> st.SearchStrategy[Facts]:
    return st.fixed_dictionaries({name: strategy.map(Known) for name, strategy in WILD_READINGS.items()}).map(
        lambda readings: with_readings(Facts(), readings)
    )


@st.composite
def intents(draw: st.DrawFn) -> Expected:
    problem = draw(st.sampled_from(["", "", "", "label is no number"]))
    return Expected(
        declared_by=draw(st.sampled_from(["labels", "labels", ""])),
        gpus=draw(st.sampled_from([2, 2, 1, None, 0, -1, 3])),
        model=draw(st.sampled_from([None, "a100-80gb", "t4", "", "zzz"])),
        vm_size=draw(st.one_of(st.none(), SIZES)),
        min_driver=draw(st.sampled_from([None, (580,), (999,)])),
        min_memory_gib=draw(st.sampled_from([None, 0.0, 80.0, 1e9])),
        min_cuda=draw(st.sampled_from([None, (12, 4), (99, 0)])),
        resource=draw(st.sampled_from([None, "none", "nvidia.com/gpu", "nvidia.com/mig-1g.5gb"])),
        resource_count=draw(SMALL),
        mig_profile=draw(st.sampled_from([None, None, "MIG1g"])),
        frameworks=draw(st.sampled_from([(), (), ("torch",), ("jax", "PyTorch")])),
        problem=problem,
        remedy="correct the label" if problem else "",
    )
