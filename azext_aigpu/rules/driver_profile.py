"""Who installs the GPU driver: AKS on the sizes of its list, the user on all others."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from azext_aigpu.rules.sizes import refused_elsewhere
from azext_aigpu.spec import PoolSpec

ID = "driver-profile"
READS: tuple[str, ...] = ("node_vm_size", "gpu_driver")
WAIVABLE = True

_AKS_INSTALLS = ("cuda", "grid")
_AKS_INSTALLS_NONE = ("manual", "none")


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Hold `--gpu-driver` against what AKS does on nodes of this size."""
    skipped = refused_elsewhere(spec, ID)
    if skipped:
        yield skipped
        return
    driver = spec.sku.aks_driver if spec.sku else None
    skips = (spec.gpu_driver or "").lower() == "none"
    if skips:
        yield _skipped_though_installed(spec) if driver in _AKS_INSTALLS else _yours(spec)
    elif driver in _AKS_INSTALLS_NONE:
        yield _not_installed(spec)
    elif driver not in _AKS_INSTALLS:
        yield _unknown(spec)


def _skipped_though_installed(spec: PoolSpec) -> Finding:
    return Finding(
        ID,
        "DriverSkipped",
        Status.FAIL,
        f"AKS would install the driver on {spec.node_vm_size}, and --gpu-driver None tells it not to",
        seen="--gpu-driver None",
        wanted="nodes that come up with a driver",
        next_step=f"leave --gpu-driver out; or, if the GPU Operator brings it, --waive {ID}='GPU Operator installs it'",
    )


def _not_installed(spec: PoolSpec) -> Finding:
    return Finding(
        ID,
        "DriverNotInstalled",
        Status.FAIL,
        f"AKS installs no driver on {spec.node_vm_size}: the size is not on its list of GPU sizes",
        seen=f"{spec.node_vm_size}: driver by AKS: none",
        wanted="a size on AKS's list, or your own driver and a pool that says so",
        next_step="--gpu-driver None, and install the driver yourself (the NVIDIA GPU Operator does)",
    )


def _unknown(spec: PoolSpec) -> Finding:
    return Finding(
        ID,
        "DriverUnknown",
        Status.UNKNOWN,
        f"it is not documented whether AKS installs a driver on {spec.node_vm_size}",
        seen=f"{spec.node_vm_size}: driver by AKS: unknown",
        wanted="nodes that come up with a driver",
        next_step=f"--gpu-driver None and your own driver; or --waive {ID}='how you know that AKS installs one'",
    )


def _yours(spec: PoolSpec) -> Finding:
    return Finding(
        ID,
        "DriverIsYours",
        Status.WARN,
        "the nodes come up without a driver; CUDA finds no device until you have installed one",
        seen=f"{spec.node_vm_size}, --gpu-driver None",
        wanted="a driver before the first job",
        next_step="install the NVIDIA GPU Operator, or a driver of your own, before jobs may land here",
    )
