"""The regions of the public cloud that the test bed knows, with the zones that it offers there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """One region; `zones` is empty where the region has none."""

    name: str
    display_name: str
    zones: tuple[str, ...] = ()


_ZONAL = (
    ("eastus", "East US"),
    ("eastus2", "East US 2"),
    ("southcentralus", "South Central US"),
    ("westus2", "West US 2"),
    ("westus3", "West US 3"),
    ("centralus", "Central US"),
    ("australiaeast", "Australia East"),
    ("southeastasia", "Southeast Asia"),
    ("northeurope", "North Europe"),
    ("swedencentral", "Sweden Central"),
    ("uksouth", "UK South"),
    ("westeurope", "West Europe"),
    ("southafricanorth", "South Africa North"),
    ("centralindia", "Central India"),
    ("eastasia", "East Asia"),
    ("indonesiacentral", "Indonesia Central"),
    ("japaneast", "Japan East"),
    ("japanwest", "Japan West"),
    ("koreacentral", "Korea Central"),
    ("malaysiawest", "Malaysia West"),
    ("newzealandnorth", "New Zealand North"),
    ("canadacentral", "Canada Central"),
    ("austriaeast", "Austria East"),
    ("belgiumcentral", "Belgium Central"),
    ("francecentral", "France Central"),
    ("germanywestcentral", "Germany West Central"),
    ("italynorth", "Italy North"),
    ("norwayeast", "Norway East"),
    ("polandcentral", "Poland Central"),
    ("spaincentral", "Spain Central"),
    ("switzerlandnorth", "Switzerland North"),
    ("mexicocentral", "Mexico Central"),
    ("uaenorth", "UAE North"),
    ("brazilsouth", "Brazil South"),
    ("chilecentral", "Chile Central"),
    ("israelcentral", "Israel Central"),
    ("qatarcentral", "Qatar Central"),
)
_PLAIN = (
    ("northcentralus", "North Central US"),
    ("westus", "West US"),
    ("westcentralus", "West Central US"),
    ("eastusstg", "East US STG"),
    ("southcentralusstg", "South Central US STG"),
    ("eastus2euap", "East US 2 EUAP"),
    ("centraluseuap", "Central US EUAP"),
    ("australiacentral", "Australia Central"),
    ("australiacentral2", "Australia Central 2"),
    ("australiasoutheast", "Australia Southeast"),
    ("southafricawest", "South Africa West"),
    ("jioindiacentral", "Jio India Central"),
    ("jioindiawest", "Jio India West"),
    ("southindia", "South India"),
    ("westindia", "West India"),
    ("koreasouth", "Korea South"),
    ("canadaeast", "Canada East"),
    ("francesouth", "France South"),
    ("germanynorth", "Germany North"),
    ("norwaywest", "Norway West"),
    ("swedensouth", "Sweden South"),
    ("switzerlandwest", "Switzerland West"),
    ("ukwest", "UK West"),
    ("uaecentral", "UAE Central"),
    ("brazilsoutheast", "Brazil Southeast"),
)

REGIONS: dict[str, Region] = {
    **{name: Region(name, display, ("1", "2", "3")) for name, display in _ZONAL},
    **{name: Region(name, display) for name, display in _PLAIN},
}


def find_region(name: str) -> Region | None:
    """The region of that name, written in any case and with or without spaces."""
    return REGIONS.get(name.replace(" ", "").lower())
