"""The VM sizes that the test bed offers: the GPU sizes of the project's catalogue, and CPU sizes."""

from __future__ import annotations

import functools
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from aigpu_contract import skus
from testbeds.local_azure.cpu_series import CPU_SERIES, CpuSeries, vcpus_of
from testbeds.local_azure.regions import REGIONS, Region

# The service lists these accelerators without the capability `GPUs`.
_NO_GPUS_CAPABILITY = ("_GB200_", "_GB300_", "ND96is_MI300X", "_V710_", "_V620_", "_MA35D")
# Listed, yet without a price in any region.
_REGIONS_WITHOUT_PRICE = {
    "Standard_ND128isr_GB300_v6": ("eastus2", "swedencentral", "westus2"),
    "Standard_ND40s_v3": ("eastus",),
}
# The price list knows this size by another name.
_PRICE_NAMES = {"Standard_NG32adms_V620_v1": "Standard_NG32adms_V620"}
_ZONES = {
    ("Standard_NC24ads_A100_v4", "eastus"): ("1", "3"),
    ("Standard_NC40ads_H100_v5", "eastus"): ("2",),
}
_NO_SPOT = ("_GB200_", "_GB300_", "_MI300X_", "ND96isr_H200", "Standard_NP", "Standard_DC", "Standard_M", "Standard_B")


@dataclass(frozen=True)
class Size:
    """One VM size as the test bed knows it; `sku` is the catalogue's row, None for a CPU size.

    `prices` are USD an hour by region; `regions` the regions that list the size. Memory and disks in GiB.
    """

    name: str
    family: str
    vcpus: int
    memory_gib: float
    architecture: str
    temp_disk_gib: int
    cache_gib: int
    prices: Mapping[str, float]
    regions: frozenset[str]
    sku: skus.Sku | None = None

    @property
    def gpus(self) -> int | None:
        """The capability `GPUs`, wrong where the service is wrong; None where the service leaves it out."""
        if self.sku is None or any(part in self.name for part in _NO_GPUS_CAPABILITY):
            return None
        return max(1, self.vcpus // 10) if self.sku.kind == "fpga" else self.sku.gpu_count or 1

    @property
    def is_nvidia(self) -> bool:
        """Whether AKS installs the NVIDIA driver on it."""
        return self.sku is not None and self.sku.is_cuda_gpu

    @property
    def spot_capable(self) -> bool:
        """The capability `LowPriorityCapable`."""
        return not any(part in self.name for part in _NO_SPOT)

    @property
    def nvme_gib(self) -> float:
        """Local NVMe, 0 where there is none."""
        return (self.sku.nvme_gib or 0) if self.sku else 0

    def zones(self, region: Region) -> tuple[str, ...]:
        """The zones of `region` that offer the size: all for a CPU size, fewer for a GPU size."""
        if self.sku is None or not region.zones:
            return region.zones
        known = _ZONES.get((self.name, region.name))
        if known is not None:
            return known
        missing = zlib.crc32(f"{self.family}/{region.name}".encode()) % 4
        return tuple(zone for zone in region.zones if zone != str(missing))


@functools.cache
def all_sizes() -> Mapping[str, Size]:
    """Every size by its lower-case name."""
    sizes = [*_gpu_sizes(), *_cpu_sizes()]
    return {size.name.lower(): size for size in sizes}


def find_size(name: str) -> Size | None:
    """The size of that name, in any case."""
    return all_sizes().get(name.lower())


@functools.cache
def built_in_prices() -> Mapping[str, Mapping[str, float]]:
    """The extension's own table of Linux prices, USD an hour, by size and region."""
    text = resources.files("azext_aigpu").joinpath("prices.json").read_text(encoding="utf-8")
    prices: Mapping[str, Mapping[str, float]] = json.loads(text)["linux"]
    return prices


def _gpu_sizes() -> list[Size]:
    # A row without vCPUs or family is a name that somebody saw once; the service offers no such size.
    offered = [(sku, _regions(sku.size)) for sku in skus.all_skus() if sku.quota_family and sku.vcpus]
    return [_gpu_size(sku, regions) for sku, regions in offered if regions]


def _prices(name: str) -> Mapping[str, float]:
    return built_in_prices().get(_PRICE_NAMES.get(name, name), {})


def _regions(name: str) -> frozenset[str]:
    return frozenset(_prices(name)) & REGIONS.keys() or frozenset(_REGIONS_WITHOUT_PRICE.get(name, ()))


def _gpu_size(sku: skus.Sku, regions: frozenset[str]) -> Size:
    return Size(
        name=sku.size,
        family=sku.quota_family or "",
        vcpus=sku.vcpus or 0,
        memory_gib=sku.memory_gib or 0,
        architecture="Arm64" if sku.architecture == "arm64" else "x64",
        temp_disk_gib=int(sku.temp_disk_gib or 0),
        cache_gib=int(sku.cache_gib or 0),
        prices=_prices(sku.size),
        regions=regions,
        sku=sku,
    )


def _cpu_sizes() -> list[Size]:
    return [_cpu_size(series, number) for series in CPU_SERIES for number in series.vcpus]


def _cpu_size(series: CpuSeries, number: int) -> Size:
    name = "Standard_" + series.pattern.format(number)
    vcpus = vcpus_of(series, number)
    return Size(
        name=name,
        family=series.family,
        vcpus=vcpus,
        memory_gib=round(vcpus * series.memory_per_vcpu, 2),
        architecture=series.architecture,
        temp_disk_gib=vcpus * series.temp_disk_per_vcpu,
        cache_gib=vcpus * 12 if "s" in series.pattern else 0,
        prices={region: _cpu_price(vcpus * series.price_per_vcpu, region) for region in REGIONS},
        regions=frozenset(REGIONS),
    )


def _cpu_price(in_eastus: float, region: str) -> float:
    surcharge = 0 if region in ("eastus", "eastus2", "westus2", "westus3") else 10 + zlib.crc32(region.encode()) % 20
    return round(in_eastus * (100 + surcharge) / 100, 4)
