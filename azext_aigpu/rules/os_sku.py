"""The node image must be one for which AKS has an NVIDIA driver on this size."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from azext_aigpu.rules.sizes import Standing, standing
from azext_aigpu.spec import PoolSpec

ID = "os-sku"
READS: tuple[str, ...] = ("node_vm_size", "os_type", "os_sku")
WAIVABLE = False

_REFUSED = ("windows", "flatcar", "azurelinuxosguard")
_UBUNTU_ONLY = ("rtx-pro-6000",)
"""AKS's driver container for these models exists for Ubuntu only (Azure/AgentBaker, grid-v20)."""
_UBUNTU_KNOWN = ("gb200", "gb300")
"""AKS has an Arm64 image with a driver for these; the one that is known is Ubuntu's (Azure/AgentBaker)."""

_UBUNTU = "--os-sku Ubuntu, or leave --os-sku out"


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Refuse images without an NVIDIA driver; what is not documented is UNKNOWN."""
    if (spec.os_type or "Linux").lower() != "linux":
        yield _windows(spec)
    elif spec.os_sku is not None:
        yield from _review_image(spec, spec.os_sku)


def _review_image(spec: PoolSpec, image: str) -> Iterator[Finding]:
    name = image.lower()
    if name.startswith(_REFUSED):
        yield _refused(image)
    elif name.startswith("azurelinux"):
        yield from _review_azure_linux(spec, image)
    elif not name.startswith("ubuntu"):
        yield _unknown(image, f"it is not documented that AKS has an NVIDIA driver for {image}")


def _review_azure_linux(spec: PoolSpec, image: str) -> Iterator[Finding]:
    model = spec.sku.model_id if spec.sku else None
    if model in _UBUNTU_ONLY:
        yield _refused(image, f" on {spec.node_vm_size}")
    elif model in _UBUNTU_KNOWN:
        yield _unknown(image, f"for {spec.node_vm_size} only an Ubuntu image with a driver is known")
    elif standing(spec) is Standing.DECLARED:
        yield _unknown(image, f"it is not documented that {image} has a driver for {spec.node_vm_size}")


def _windows(spec: PoolSpec) -> Finding:
    return Finding(
        ID,
        "WindowsPool",
        Status.FAIL,
        "Windows GPU pools are outside of aigpu for now",
        seen=f"--os-type {spec.os_type}",
        wanted="--os-type Linux",
        next_step="leave --os-type out",
    )


def _refused(image: str, where: str = "") -> Finding:
    return Finding(
        ID,
        "OsWithoutDriver",
        Status.FAIL,
        f"AKS has no NVIDIA driver for {image}{where}",
        seen=f"--os-sku {image}",
        wanted="Ubuntu" if where else "Ubuntu or AzureLinux",
        next_step=_UBUNTU,
    )


def _unknown(image: str, problem: str) -> Finding:
    return Finding(
        ID,
        "OsDriverUnknown",
        Status.UNKNOWN,
        problem,
        seen=f"--os-sku {image}",
        wanted="an image with an NVIDIA driver",
        next_step=_UBUNTU,
    )
