"""`MachineSpec`: one GPU virtual machine as it was asked for, and the pool spec that the rules judge it by. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aigpu_contract import labels, skus
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known
from azext_aigpu import review
from azext_aigpu.audit import MACHINE_RULES, REGION_RULES
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.spec import Limits, PoolSpec

RULES = (*MACHINE_RULES, "sku-matches-intent")
DRIVER_LINES = ("cuda", "grid")
"""The lines that NVIDIA's extension for Linux installs; it tells by the size which of them is right."""

DRIVER_RULE = "driver-extension"
DEFAULT_DISK_GB = 256
ADMIN = "azureuser"


@dataclass(frozen=True)
class MachineSpec:
    """One virtual machine. Disk in GB as Azure counts it; `ssh_source` is who may reach a public address.

    `subnet_id` None makes a network of its own.
    """

    name: str
    resource_group: str
    location: str
    size: str
    ssh_key: str
    limits: Limits
    gpu_model: str | None = None
    gpu_count: int | None = None
    admin: str = ADMIN
    disk_gb: int = DEFAULT_DISK_GB
    zone: str | None = None
    spot: bool = False
    spot_max_price: float | None = None
    subnet_id: str | None = None
    ssh_source: str | None = None
    driver_version: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    waivers: Mapping[str, str] = field(default_factory=dict)

    @property
    def sku(self) -> skus.Sku | None:
        """Return the catalogue's row of the size."""
        return skus.lookup(self.size)

    @property
    def public_ip(self) -> bool:
        """Return whether the machine gets a public address: only for somebody who was named."""
        return self.ssh_source is not None

    @property
    def all_tags(self) -> dict[str, str]:
        """Return the tags that the machine will have: the user's, the contract's, and the reasons of waivers."""
        return {
            **self.tags,
            labels.HARDWARE: labels.FIXED_LABELS[labels.HARDWARE],
            labels.GPU_TYPE: labels.FIXED_LABELS[labels.GPU_TYPE],
            labels.SPEC_TAG: self.name,
            **labels.waiver_tags(self.waivers),
        }


def build_pool_spec(machine: MachineSpec) -> PoolSpec:
    """Return the machine as a pool of one node, which is never upgraded: what the rules and the cost line read."""
    return PoolSpec(
        subscription=None,
        resource_group=machine.resource_group,
        cluster_name="",
        name=machine.name,
        limits=machine.limits,
        gpu_model=machine.gpu_model,
        gpu_count=machine.gpu_count,
        waivers=machine.waivers,
        node_vm_size=machine.size,
        node_count=1,
        priority="Spot" if machine.spot else None,
        spot_max_price=machine.spot_max_price,
        max_surge="0",
        tags=machine.tags,
        zones=(machine.zone,) if machine.zone else None,
    )


def review_offline(machine: MachineSpec) -> tuple[Finding, ...]:
    """Return the findings of the rules that need no network, and whether the driver extension knows the size."""
    findings = tuple(item for item in review.review_spec(build_pool_spec(machine)) if item.id in RULES)
    return findings + tuple(_review_driver(machine))


def review_online(machine: MachineSpec, cloud: CloudFacts) -> tuple[Finding, ...]:
    """Return the findings of the rules over what the region offers."""
    # There are no nodes of it yet, and that is known: nothing of what is used is its own.
    alone = dataclasses.replace(cloud, pools=Known(()))
    return review.review_cloud(build_pool_spec(machine), alone, only=REGION_RULES)


def _review_driver(machine: MachineSpec) -> Iterator[Finding]:
    sku = machine.sku
    if sku is None or not sku.is_cuda_gpu:
        return
    if sku.architecture == "arm64":
        yield _no_driver(machine, "an Arm size", "NVIDIA's extension has no driver for it")
    elif sku.aks_driver not in DRIVER_LINES:
        yield _no_driver(machine, f"driver line: {sku.aks_driver or 'not known'}", "nobody documents its driver line")


def _no_driver(machine: MachineSpec, seen: str, why: str) -> Finding:
    return Finding(
        DRIVER_RULE,
        "DriverLineUnknown",
        Status.UNKNOWN,
        f"it is not known whether the driver extension would give {machine.size} a driver: {why}",
        seen=seen,
        wanted=f"a size with one of the driver lines {' and '.join(DRIVER_LINES)}",
        next_step="take another size, or make the machine with az vm create and an image that brings the driver",
    )
