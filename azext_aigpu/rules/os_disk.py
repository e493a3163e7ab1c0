"""The OS disk must have a size that AKS takes, and an ephemeral one must fit the node's local storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aigpu_contract.finding import Finding, Status
from aigpu_contract.skus import Sku
from azext_aigpu.rules.sizes import refused_elsewhere
from azext_aigpu.spec import PoolSpec

ID = "os-disk"
READS: tuple[str, ...] = ("node_vm_size", "node_osdisk_size", "node_osdisk_type")
WAIVABLE = False

LEAST_GB = 30
MOST_GB = 2048


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Hold the disk's size against AKS's bounds and, for an ephemeral one, against the node's local storage."""
    size = spec.node_osdisk_size
    if size is not None and not LEAST_GB <= size <= MOST_GB:
        yield _out_of_bounds(size)
    if size is not None and (spec.node_osdisk_type or "").lower() == "ephemeral":
        yield from _review_ephemeral(spec, size)


def local_storage(sku: Sku) -> Mapping[str, float | None]:
    """Return each place where an ephemeral OS disk can lie, with its size in GiB; None is unknown."""
    return {
        "cache": sku.cache_gib,
        "temporary disk": sku.temp_disk_gib,
        "NVMe disk": 0 if sku.local_nvme is False else sku.nvme_gib,
    }


def _review_ephemeral(spec: PoolSpec, size: int) -> Iterator[Finding]:
    skipped = refused_elsewhere(spec, ID)
    if skipped:
        yield skipped
        return
    places = local_storage(spec.sku) if spec.sku else {"local storage": None}
    known = [room for room in places.values() if room is not None]
    if any(room >= size for room in known):
        return
    if None in places.values():
        yield _unknown(spec, size, places)
    else:
        yield _too_large(spec, size, places)


def _out_of_bounds(size: int) -> Finding:
    return Finding(
        ID,
        "OsDiskOutOfBounds",
        Status.FAIL,
        "AKS makes no OS disk of this size",
        seen=f"--node-osdisk-size {size}",
        wanted=f"{LEAST_GB} to {MOST_GB} GB",
        next_step=f"--node-osdisk-size {min(max(size, LEAST_GB), MOST_GB)}",
    )


def _too_large(spec: PoolSpec, size: int, places: Mapping[str, float | None]) -> Finding:
    return Finding(
        ID,
        "OsDiskTooLarge",
        Status.FAIL,
        f"an ephemeral OS disk of {size} GB does not fit on {spec.node_vm_size}",
        seen=_describe(places),
        wanted=f"{size} GB in one of them",
        next_step=_ways_out(places),
    )


def _unknown(spec: PoolSpec, size: int, places: Mapping[str, float | None]) -> Finding:
    return Finding(
        ID,
        "LocalStorageUnknown",
        Status.UNKNOWN,
        f"it is not known whether an ephemeral OS disk of {size} GB fits on {spec.node_vm_size}",
        seen=_describe(places),
        wanted=f"{size} GB in one of them",
        next_step=_ways_out(places),
    )


def _describe(places: Mapping[str, float | None]) -> str:
    return ", ".join(f"{place} {'unknown' if room is None else f'{room:g} GB'}" for place, room in places.items())


def _ways_out(places: Mapping[str, float | None]) -> str:
    most = int(max((room for room in places.values() if room is not None), default=0))
    smaller = f"--node-osdisk-size {min(most, MOST_GB)}, or " if most >= LEAST_GB else ""
    return f"{smaller}--node-osdisk-type Managed"
