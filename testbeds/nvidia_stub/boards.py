"""GPU boards as their drivers describe them, one GPU each.

Names, memory, modes and what is not available come from `nvidia-smi -q` of real boards that their owners published;
clocks, power and PCI ids from NVIDIA's product briefs. Serial numbers, UUIDs, VBIOS and image versions are made up.
"""

from __future__ import annotations

import uuid
from dataclasses import replace

from testbeds.nvidia_stub.node import Gpu, MigDevice

TURING, AMPERE, HOPPER, BLACKWELL = 6, 7, 9, 10
_NO_ERROR_COUNTERS = {
    f"ecc_{period}_{error}_{place}": None
    for period in ("volatile", "aggregate")
    for error in ("corrected", "uncorrected")
    for place in ("sram", "dram")
}
# A GPU since Ampere remaps rows; each of its banks has all its spare rows at first.
_ALL_BANKS_WHOLE = (640, 0, 0, 0, 0)
_IDLE = {0: 345, 1: 345, 2: 2619, 3: 765}

T4 = Gpu(
    name="Tesla T4",
    uuid="GPU-",
    pci="0001:00:00.0",
    capability="7.5",
    architecture=TURING,
    multiprocessors=40,
    cores=2560,
    memory_mib=15360,
    memory_reserved_mib=393,
    bar1_mib=256,
    context_mib=104,
    pci_device_id=0x1EB810DE,
    pci_subsystem_id=0x12A210DE,
    # Half the lanes, as cloud VMs have them while healthy.
    pcie_width=8,
    pcie_width_max=16,
    pcie_generation=1,
    pcie_generation_max=3,
    performance_state=8,
    clock={0: 300, 1: 300, 2: 405, 3: 540},
    clock_max={0: 1590, 1: 1590, 2: 5001, 3: 1470},
    temperature={0: 38},
    temperature_threshold={0: 96, 1: 93, 3: 85},
    power_mw=14040,
    power_limit_mw=70000,
    # Turing retires pages; remapping rows came with Ampere.
    remapped_corrected=None,
    retired_single_bit=0,
    retired_double_bit=0,
    retired_pending=0,
    sram_threshold_exceeded=None,
)

A10_VGPU = Gpu(
    name="NVIDIA A10-24Q",
    uuid="GPU-",
    pci="0002:00:00.0",
    capability="8.6",
    architecture=AMPERE,
    multiprocessors=72,
    cores=9216,
    memory_mib=24512,
    memory_reserved_mib=0,
    bar1_mib=256,
    context_mib=252,
    pci_device_id=0x223610DE,
    pci_subsystem_id=0x14D610DE,
    brand=9,
    virtualization_mode=2,
    clock_max={0: 1695, 1: 1695, 2: 6251, 3: 1530},
    # The guest of a vGPU reads none of the hardware's counters and sensors.
    ecc_mode=None,
    sram_threshold_exceeded=None,
    remapped_corrected=None,
    pcie_replays=None,
    event_types=None,
    field_values={},
    **_NO_ERROR_COUNTERS,  # type: ignore[arg-type]
)

A100_SXM4_40GB = Gpu(
    name="NVIDIA A100-SXM4-40GB",
    uuid="GPU-",
    pci="0001:00:00.0",
    capability="8.0",
    architecture=AMPERE,
    multiprocessors=108,
    cores=6912,
    memory_mib=40960,
    memory_reserved_mib=425,
    bar1_mib=65536,
    context_mib=418,
    pci_device_id=0x20B010DE,
    pci_subsystem_id=0x134F10DE,
    pcie_width=16,
    pcie_width_max=16,
    pcie_generation=4,
    pcie_generation_max=4,
    clock={0: 210, 1: 210, 2: 1215, 3: 585},
    clock_max={0: 1410, 1: 1410, 2: 1215, 3: 1290},
    temperature={0: 31},
    temperature_threshold={0: 92, 1: 89, 3: 85},
    power_mw=52000,
    power_limit_mw=400000,
    remap_histogram=_ALL_BANKS_WHOLE,
    mig_mode=0,
)

A100_SXM4_80GB = replace(
    A100_SXM4_40GB,
    name="NVIDIA A100-SXM4-80GB",
    memory_mib=81920,
    bar1_mib=131072,
    pci_device_id=0x20B210DE,
    pci_subsystem_id=0x147F10DE,
    clock_max={0: 1410, 1: 1410, 2: 1593, 3: 1290},
)

A100_PCIE_80GB = replace(
    A100_SXM4_80GB,
    name="NVIDIA A100 80GB PCIe",
    pci_device_id=0x20B510DE,
    pci_subsystem_id=0x153310DE,
    clock_max={0: 1410, 1: 1410, 2: 1512, 3: 1290},
    power_limit_mw=300000,
)

H100_SXM5 = Gpu(
    name="NVIDIA H100 80GB HBM3",
    uuid="GPU-",
    pci="0001:00:00.0",
    capability="9.0",
    architecture=HOPPER,
    multiprocessors=132,
    cores=16896,
    memory_mib=81559,
    memory_reserved_mib=453,
    bar1_mib=131072,
    context_mib=528,
    gsp_firmware="580.105.08",
    pci_device_id=0x233010DE,
    pci_subsystem_id=0x16C110DE,
    pcie_width=16,
    pcie_width_max=16,
    pcie_generation=5,
    pcie_generation_max=5,
    clock=_IDLE,
    clock_max={0: 1980, 1: 1980, 2: 2619, 3: 1545},
    temperature={0: 30},
    temperature_margin=57,
    power_mw=70000,
    power_limit_mw=700000,
    remap_histogram=_ALL_BANKS_WHOLE,
    channel_repair_pending=0,
    mig_mode=0,
    nvlinks=18,
    nvlink_version=6,
    fabric_state=3,
    fabric_cluster="00000000-0000-0000-0000-000000000000",
)

H200 = replace(
    H100_SXM5,
    name="NVIDIA H200",
    memory_mib=143771,
    bar1_mib=262144,
    pci_device_id=0x233510DE,
    pci_subsystem_id=0x18BE10DE,
    clock_max={0: 1980, 1: 1980, 2: 3201, 3: 1545},
)

B200 = replace(
    H100_SXM5,
    name="NVIDIA B200",
    capability="10.0",
    architecture=BLACKWELL,
    multiprocessors=148,
    cores=18944,
    memory_mib=183359,
    bar1_mib=262144,
    context_mib=620,
    pci_device_id=0x290110DE,
    pci_subsystem_id=0x199910DE,
    clock_max={0: 1965, 1: 1965, 2: 3996, 3: 1762},
    power_limit_mw=1000000,
    persistence_mode=0,
    nvlink_version=7,
)

GB200 = replace(
    B200,
    name="NVIDIA GB200",
    multiprocessors=152,
    cores=19456,
    memory_mib=189471,
    pci_device_id=0x294110DE,
    pci_subsystem_id=0x204610DE,
    gsp_firmware="580.173.02",
    power_limit_mw=1200000,
    persistence_mode=1,
    # Racks are one fabric over many nodes, so they have a cluster of their own.
    fabric_cluster="5b1d3c8e-7a44-4f0b-9c55-2d7be04a1f60",
    fabric_clique=32766,
)


def draw_uuid(kind: str, *about: object) -> str:
    """Return a UUID as NVML writes it (`GPU-...`, `MIG-...`), always the same one for the same things."""
    return f"{kind}-{uuid.uuid5(uuid.NAMESPACE_OID, repr(about))}"


def place(board: Gpu, addresses: tuple[str, ...]) -> tuple[Gpu, ...]:
    """Return one GPU of the board per PCI address, half of them on each of two NUMA nodes where there are eight."""
    return tuple(
        replace(
            board,
            pci=address,
            minor=index,
            uuid=draw_uuid("GPU", board.name, index),
            serial=f"16532220{index:05}",
            vbios="96.00.89.00.01",
            inforom="G520.0200.00.05",
            numa_node=index // 4 if len(addresses) == 8 else 0,
        )
        for index, address in enumerate(addresses)
    )


def divide(gpu: Gpu, profile: str, memory_mib: int, multiprocessors: int, count: int) -> Gpu:
    """Return the GPU in MIG mode with `count` MIG devices of one profile such as `1g.10gb`."""
    devices = tuple(
        MigDevice(
            slot=slot,
            name=f"{gpu.name} MIG {profile}",
            uuid=draw_uuid("MIG", gpu.uuid, slot),
            memory_mib=memory_mib,
            multiprocessors=multiprocessors,
            gpu_instance=7 + slot,
            slices=int(profile.partition("g")[0]),
        )
        for slot in range(count)
    )
    return replace(gpu, mig_mode=1, mig_devices=devices)
