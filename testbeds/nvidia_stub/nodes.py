"""Ready-made healthy nodes, and the ways in which they fall ill that need more than one field.

Drivers are those of the captures, or those that AKS installs for the size. Take `dataclasses.replace` for the rest:

    replace(nodes.T4, faults=(faults.answer("cuInit", 999),))
    replace(nodes.H100_X8, gpus=nodes.change_gpu(nodes.H100_X8, 3, remap_pending=1))
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from testbeds.nvidia_stub import boards
from testbeds.nvidia_stub.node import Gpu, LibraryFile, Node

_EIGHT = tuple(f"{domain:04x}:00:00.0" for domain in (0x1, 0x2, 0x3, 0x8, 0x9, 0xA, 0xB, 0xC))
_FOUR_NVSWITCHES = ("000d:00:00.0", "000d:00:01.0", "000d:00:02.0", "000d:00:03.0")
_ONE = ("0001:00:00.0",)

CPU = Node(module_loaded=False, nvml_library=LibraryFile.MISSING, cuda_library=LibraryFile.MISSING)
"""A VM without any GPU, such as Standard_D16s_v5."""

T4 = Node(boards.place(boards.T4, _ONE), driver="595.91.07", cuda=13020)
A10_FULL = Node(boards.place(boards.A10_VGPU, ("0002:00:00.0",)), driver="570.211.01", cuda=12080)
"""Standard_NV36ads_A10_v5: a whole A10, given as a vGPU all the same."""
A10_SIXTH = replace(
    A10_FULL,
    gpus=boards.place(replace(boards.A10_VGPU, name="NVIDIA A10-4Q", memory_mib=4032), ("0002:00:00.0",)),
)
"""Standard_NV6ads_A10_v5: a sixth of an A10. Its memory is scaled from the whole one's, not from a capture."""

A100_40GB = Node(boards.place(boards.A100_SXM4_40GB, _ONE), driver="570.148.08", cuda=12080)
A100_40GB_X8 = Node(
    boards.place(replace(boards.A100_SXM4_40GB, nvlinks=12, nvlink_version=4), _EIGHT),
    driver="570.148.08",
    cuda=12080,
    needs_fabric_manager=True,
    switches=(*_FOUR_NVSWITCHES, "000d:00:04.0", "000d:00:05.0"),
)
A100_80GB = Node(boards.place(boards.A100_PCIE_80GB, _ONE), driver="580.159.04")
A100_80GB_MIG = replace(A100_80GB, gpus=(boards.divide(A100_80GB.gpus[0], "1g.10gb", 9728, 14, 7),))
A100_80GB_MIG_EMPTY = replace(A100_80GB, gpus=(replace(A100_80GB.gpus[0], mig_mode=1),))
"""MIG mode is on and nobody made an instance: CUDA sees no device."""

H100_X8 = Node(
    boards.place(boards.H100_SXM5, _EIGHT), needs_fabric_manager=True, module_is_open=True, switches=_FOUR_NVSWITCHES
)
H200_X8 = replace(H100_X8, gpus=boards.place(boards.H200, _EIGHT), driver="580.159.04")
B200_X8 = replace(H100_X8, gpus=boards.place(boards.B200, _EIGHT), switches=())
GB200_X4 = Node(
    boards.place(boards.GB200, ("0008:01:00.0", "0009:01:00.0", "0018:01:00.0", "0019:01:00.0")),
    driver="580.173.02",
    module_is_open=True,
)

ALL = {
    "CPU": CPU,
    "T4": T4,
    "A10_FULL": A10_FULL,
    "A10_SIXTH": A10_SIXTH,
    "A100_40GB": A100_40GB,
    "A100_40GB_X8": A100_40GB_X8,
    "A100_80GB": A100_80GB,
    "A100_80GB_MIG": A100_80GB_MIG,
    "A100_80GB_MIG_EMPTY": A100_80GB_MIG_EMPTY,
    "H100_X8": H100_X8,
    "H200_X8": H200_X8,
    "B200_X8": B200_X8,
    "GB200_X4": GB200_X4,
}


def change_gpu(node: Node, index: int, **fields: Any) -> tuple[Gpu, ...]:
    """Return the node's GPUs with fields of one of them replaced."""
    changed = replace(node.gpus[index], **fields)
    return (*node.gpus[:index], changed, *node.gpus[index + 1 :])


def without_fabric_manager(node: Node) -> Node:
    """Return the node before or without its fabric manager: NVML works, cuInit answers 802."""
    gpus = tuple(gpu if gpu.fabric_state is None else replace(gpu, fabric_state=2) for gpu in node.gpus)
    return replace(node, gpus=gpus, fabric_manager=False)


def without_driver(node: Node) -> Node:
    """Return the node with its GPUs on the bus and the libraries in place, but no kernel module loaded."""
    return replace(node, module_loaded=False)


def lose_from_driver(node: Node, index: int) -> Node:
    """Return the node with one GPU that the bus still has and the driver does not."""
    return replace(
        node, gpus=node.gpus[:index] + node.gpus[index + 1 :], only_on_bus=(*node.only_on_bus, node.gpus[index])
    )


def not_injected(node: Node) -> Node:
    """Return the node as a container sees it that was given no GPU: the bus and the module show, nothing else does."""
    names = {"nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", *(f"nvidia{gpu.minor}" for gpu in node.gpus)}
    return replace(
        node,
        nvml_library=LibraryFile.MISSING,
        cuda_library=LibraryFile.MISSING,
        missing_device_nodes=frozenset(names),
    )
