"""CPU sizes of Azure, by series: the test bed offers them everywhere, as Azure does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CpuSeries:
    """One series: `pattern` makes a size name from a vCPU count; memory in GiB, price in USD an hour, both a vCPU."""

    pattern: str
    family: str
    vcpus: tuple[int, ...]
    memory_per_vcpu: float
    price_per_vcpu: float
    architecture: str = "x64"
    temp_disk_per_vcpu: int = 0


_SMALL = (2, 4, 8, 16, 32)
_COMMON = (2, 4, 8, 16, 32, 48, 64, 96)
_LARGE = (2, 4, 8, 16, 32, 48, 64, 96, 128)

CPU_SERIES: tuple[CpuSeries, ...] = (
    CpuSeries("D{}_v3", "standardDv3Family", _COMMON[:-1], 4, 0.048, temp_disk_per_vcpu=25),
    CpuSeries("D{}s_v3", "standardDSv3Family", _COMMON[:-1], 4, 0.048, temp_disk_per_vcpu=8),
    CpuSeries("D{}_v4", "standardDv4Family", _COMMON[:-1], 4, 0.048),
    CpuSeries("D{}s_v4", "standardDSv4Family", _COMMON[:-1], 4, 0.048),
    CpuSeries("D{}ds_v4", "standardDDSv4Family", _COMMON[:-1], 4, 0.0565, temp_disk_per_vcpu=37),
    CpuSeries("D{}as_v4", "standardDASv4Family", _COMMON, 4, 0.048, temp_disk_per_vcpu=8),
    CpuSeries("D{}_v5", "standardDv5Family", _COMMON, 4, 0.048),
    CpuSeries("D{}s_v5", "standardDSv5Family", _COMMON, 4, 0.048),
    CpuSeries("D{}ds_v5", "standardDDSv5Family", _COMMON, 4, 0.0565, temp_disk_per_vcpu=37),
    CpuSeries("D{}as_v5", "standardDASv5Family", _COMMON, 4, 0.043),
    CpuSeries("D{}ads_v5", "standardDADSv5Family", _COMMON, 4, 0.0515, temp_disk_per_vcpu=37),
    CpuSeries("D{}ls_v5", "standardDLSv5Family", _COMMON, 2, 0.0425),
    CpuSeries("D{}lds_v5", "standardDLDSv5Family", _COMMON, 2, 0.051, temp_disk_per_vcpu=37),
    CpuSeries("D{}ps_v5", "standardDPSv5Family", _COMMON[:-1], 4, 0.0385, "Arm64"),
    CpuSeries("D{}pds_v5", "standardDPDSv5Family", _COMMON[:-1], 4, 0.0452, "Arm64", 37),
    CpuSeries("D{}plds_v5", "standardDPLDSv5Family", _COMMON[:-1], 2, 0.0405, "Arm64", 37),
    CpuSeries("D{}s_v6", "StandardDsv6Family", _LARGE, 4, 0.0504),
    CpuSeries("D{}ds_v6", "StandardDdsv6Family", _LARGE, 4, 0.0593, temp_disk_per_vcpu=55),
    CpuSeries("D{}as_v6", "standardDav6Family", _COMMON, 4, 0.0454),
    CpuSeries("D{}ads_v6", "standardDadv6Family", _COMMON, 4, 0.054, temp_disk_per_vcpu=55),
    CpuSeries("D{}als_v6", "standardDalv6Family", _COMMON, 2, 0.0402),
    CpuSeries("D{}ps_v6", "StandardDpsv6Family", _COMMON, 4, 0.0351, "Arm64"),
    CpuSeries("DC{}s_v3", "standardDCSv3Family", (1, 2, 4, 8, 16, 24, 32, 48), 8, 0.096),
    CpuSeries("DC{}as_v5", "standardDCASv5Family", _COMMON, 4, 0.043),
    CpuSeries("DC{}ads_v5", "standardDCADSv5Family", _COMMON, 4, 0.0515, temp_disk_per_vcpu=37),
    CpuSeries("E{}_v3", "standardEv3Family", _COMMON[:-1], 8, 0.063, temp_disk_per_vcpu=25),
    CpuSeries("E{}s_v3", "standardESv3Family", _COMMON[:-1], 8, 0.063, temp_disk_per_vcpu=16),
    CpuSeries("E{}s_v4", "standardESv4Family", _COMMON[:-1], 8, 0.063),
    CpuSeries("E{}as_v4", "standardEASv4Family", _COMMON, 8, 0.063, temp_disk_per_vcpu=16),
    CpuSeries("E{}_v5", "standardEv5Family", _COMMON, 8, 0.063),
    CpuSeries("E{}s_v5", "standardESv5Family", _COMMON, 8, 0.063),
    CpuSeries("E{}d_v5", "standardEDv5Family", _COMMON, 8, 0.072, temp_disk_per_vcpu=37),
    CpuSeries("E{}ds_v5", "standardEDSv5Family", _COMMON, 8, 0.072, temp_disk_per_vcpu=37),
    CpuSeries("E{}as_v5", "standardEASv5Family", _COMMON, 8, 0.0565),
    CpuSeries("E{}ads_v5", "standardEADSv5Family", _COMMON, 8, 0.0655, temp_disk_per_vcpu=37),
    CpuSeries("E{}bds_v5", "standardEBDSv5Family", _COMMON, 8, 0.0835, temp_disk_per_vcpu=37),
    CpuSeries("E{}ps_v5", "standardEPSv5Family", _SMALL, 8, 0.0505, "Arm64"),
    CpuSeries("E{}s_v6", "StandardEsv6Family", _LARGE, 8, 0.0662),
    CpuSeries("E{}ds_v6", "StandardEdsv6Family", _LARGE, 8, 0.0756, temp_disk_per_vcpu=55),
    CpuSeries("E{}as_v6", "standardEav6Family", _COMMON, 8, 0.0593),
    CpuSeries("E{}ads_v6", "standardEadv6Family", _COMMON, 8, 0.0688, temp_disk_per_vcpu=55),
    CpuSeries("EC{}as_v5", "standardECASv5Family", _COMMON, 8, 0.0565),
    CpuSeries("F{}", "standardFFamily", (1, 2, 4, 8, 16), 2, 0.05, temp_disk_per_vcpu=16),
    CpuSeries("F{}s", "standardFSFamily", (1, 2, 4, 8, 16), 2, 0.05, temp_disk_per_vcpu=4),
    CpuSeries("F{}s_v2", "standardFSv2Family", (2, 4, 8, 16, 32, 48, 64, 72), 2, 0.0423, temp_disk_per_vcpu=8),
    CpuSeries("F{}as_v6", "standardFasv6Family", _COMMON[:-2], 4, 0.0475),
    CpuSeries("F{}als_v6", "standardFalsv6Family", _COMMON[:-2], 2, 0.0425),
    CpuSeries("FX{}mds", "standardFXMDVSFamily", (4, 12, 24, 36, 48), 21, 0.0929, temp_disk_per_vcpu=42),
    CpuSeries("B{}ms", "standardBSFamily", (1, 2, 4, 8, 12, 16, 20), 4, 0.0416, temp_disk_per_vcpu=8),
    CpuSeries("B{}s_v2", "standardBsv2Family", _SMALL, 4, 0.0416),
    CpuSeries("B{}as_v2", "standardBasv2Family", _SMALL, 4, 0.0376),
    CpuSeries("B{}ps_v2", "standardBpsv2Family", _SMALL[:-1], 4, 0.0336, "Arm64"),
    CpuSeries("L{}s_v3", "standardLSv3Family", (8, 16, 32, 48, 64, 80), 8, 0.0872, temp_disk_per_vcpu=10),
    CpuSeries("L{}as_v3", "standardLASv3Family", (8, 16, 32, 48, 64, 80), 8, 0.078, temp_disk_per_vcpu=10),
    CpuSeries("M{}s", "standardMSFamily", (64, 128), 16, 0.1042, temp_disk_per_vcpu=32),
    CpuSeries("M{}ms", "standardMSFamily", (8, 16, 32, 64, 128), 28, 0.1615, temp_disk_per_vcpu=32),
    CpuSeries("M{}s_v2", "standardMSv2Family", (208, 416), 14, 0.1073),
    CpuSeries("M{}bds_v3", "standardMBDSMediumMemoryv3Family", (16, 32, 48, 64, 96, 128), 8, 0.08),
    CpuSeries("HB{}rs_v3", "standardHBrsv3Family", (120,), 3.73, 0.03),
    CpuSeries("HB{}rs_v4", "standardHBv4Family", (176,), 4, 0.0409),
    CpuSeries("HC{}rs", "standardHCSFamily", (44,), 8, 0.072),
    CpuSeries("HX{}rs", "standardHXFamily", (176,), 8, 0.0491),
    CpuSeries("A{}_v2", "standardAv2Family", (1, 2, 4, 8), 2, 0.043, temp_disk_per_vcpu=10),
    CpuSeries("D{}_v2", "standardDv2Family", (1, 2, 3, 4, 5), 3.5, 0.057, temp_disk_per_vcpu=50),
    CpuSeries("DS{}_v2", "standardDSv2Family", (1, 2, 3, 4, 5), 3.5, 0.057, temp_disk_per_vcpu=7),
)

# These series number the size, not its vCPUs: DS3_v2 has four.
_VCPUS_BY_NUMBER = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16}
_NUMBERED = ("standardDv2Family", "standardDSv2Family")


def vcpus_of(series: CpuSeries, number: int) -> int:
    """The vCPUs of the size with `number` in its name."""
    return _VCPUS_BY_NUMBER[number] if series.family in _NUMBERED else number
