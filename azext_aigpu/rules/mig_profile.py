"""A MIG profile needs a GPU that can be partitioned, and somebody who says which resource the kubelet will offer."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from azext_aigpu.body import MIG_RESOURCE_LABELS
from azext_aigpu.rules.sizes import refused_elsewhere
from azext_aigpu.spec import PoolSpec

ID = "mig-profile"
READS: tuple[str, ...] = ("node_vm_size", "gpu_instance_profile", "labels")
WAIVABLE = False

PROFILES = ("MIG1g", "MIG2g", "MIG3g", "MIG4g", "MIG7g")
"""The values of `gpuInstanceProfile` in the API; NVIDIA's own names (1g.10gb) are others."""

_MIG_SIZES = "a size with A100, H100 or H200"


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Look only where a profile was asked for."""
    profile = spec.gpu_instance_profile
    if profile is None:
        return
    if profile not in PROFILES:
        yield _invalid(profile)
    skipped = refused_elsewhere(spec, ID)
    if skipped:
        yield skipped
        return
    capable = spec.sku.mig if spec.sku else None
    if capable is False:
        yield _incapable(spec)
        return
    if capable is None:
        yield _unknown(spec)
    if not all(key in spec.labels for key in MIG_RESOURCE_LABELS):
        yield _undeclared(spec, profile)


def _invalid(profile: str) -> Finding:
    return Finding(
        ID,
        "MigProfileInvalid",
        Status.FAIL,
        f"{profile!r} is no MIG profile of AKS",
        seen=f"--gpu-instance-profile {profile}",
        wanted=f"one of {', '.join(PROFILES)}",
        next_step=f"--gpu-instance-profile {PROFILES[0]}",
    )


def _incapable(spec: PoolSpec) -> Finding:
    what = spec.sku.describe() if spec.sku else ""
    return Finding(
        ID,
        "MigNotSupported",
        Status.FAIL,
        f"the GPUs of {spec.node_vm_size} cannot be partitioned by MIG",
        seen=f"{spec.node_vm_size}: {what}",
        wanted=_MIG_SIZES,
        next_step="leave --gpu-instance-profile out, or --node-vm-size Standard_NC24ads_A100_v4",
    )


def _unknown(spec: PoolSpec) -> Finding:
    return Finding(
        ID,
        "MigSupportUnknown",
        Status.UNKNOWN,
        f"it is not documented that AKS partitions the GPUs of {spec.node_vm_size} by MIG",
        seen=f"{spec.node_vm_size}, --gpu-instance-profile {spec.gpu_instance_profile}",
        wanted=_MIG_SIZES,
        next_step="leave --gpu-instance-profile out, or --node-vm-size Standard_NC24ads_A100_v4",
    )


def _undeclared(spec: PoolSpec, profile: str) -> Finding:
    missing = [key for key in MIG_RESOURCE_LABELS if key not in spec.labels]
    return Finding(
        ID,
        "MigResourceUndeclared",
        Status.WARN,
        "under MIG the resource depends on the device plugin's strategy, and nothing says which one will be offered",
        seen=f"--gpu-instance-profile {profile} without label {' and '.join(missing)}",
        wanted="the resource and its number, without which its nodes stay Unknown",
        next_step=f"--labels {MIG_RESOURCE_LABELS[0]}=mig-1g.10gb {MIG_RESOURCE_LABELS[1]}=7, with your own values",
    )
