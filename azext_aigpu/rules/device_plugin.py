"""On a usual AKS pool nothing advertises the GPU until somebody installs a device plugin. Never worse than WARN."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.rules.autoscaler_allowed import is_managed
from azext_aigpu.rules.sizes import refused_elsewhere
from azext_aigpu.spec import PoolSpec

ID = "device-plugin"
READS: tuple[str, ...] = ("node_vm_size", "gpu_driver", "node_taints", "managed_dranet")
WAIVABLE = False
ARM_ENFORCES = False

_TOLERATED = "nvidia.com/gpu"
"""The only taint key that NVIDIA's own device plugin manifest tolerates."""


def review(spec: PoolSpec, cloud: CloudFacts) -> Iterator[Finding]:
    """Say what must be installed, unless AKS manages the pool's GPU software."""
    skipped = refused_elsewhere(spec, ID)
    if skipped:
        yield skipped
    elif not is_managed(spec, cloud):
        yield _not_named(spec)


def _not_named(spec: PoolSpec) -> Finding:
    return Finding(
        ID,
        "DevicePluginNotNamed",
        Status.WARN,
        "AKS does not install a device plugin on this pool: until you do, no pod can ask for nvidia.com/gpu",
        seen="managed GPU software: off (AKS's default)",
        wanted="NVIDIA's device plugin or the GPU Operator on the cluster",
        next_step=_install(spec),
    )


def _install(spec: PoolSpec) -> str:
    keys = [taint.key for taint in spec.all_taints if taint.key != _TOLERATED]
    takes_operator = (spec.gpu_driver or "").lower() == "none"
    which = "the GPU Operator" if takes_operator else "NVIDIA's device plugin DaemonSet"
    if not keys:
        return f"install {which}"
    ours = "" if takes_operator else ": az aigpu agent install --with-device-plugin"
    own = f"NVIDIA's own manifest tolerates {_TOLERATED} only"
    return f"install {which} with a toleration for {', '.join(keys)}{ours}; {own}"
