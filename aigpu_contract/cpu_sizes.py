"""Tells a CPU size by the family letters of its name.

CPU sizes are not in the catalogue (there are over a thousand); the letters before the first digit name the family
(Azure's VM size naming conventions). Everything that starts with N is an accelerator size and is never told here.
"""

from __future__ import annotations

import re
from typing import Mapping, Optional

from aigpu_contract.frozen import dataclass

_SIZE = re.compile(r"(?:standard|basic)_([a-z]+)(\d+)(?:-(\d+))?[a-z]*\d*[a-z]*((?:_[a-z0-9]+)*)", re.IGNORECASE)

FAMILIES: Mapping[str, str] = {
    "A": "entry-level CPU",
    "B": "burstable CPU",
    "D": "general purpose CPU",
    "DS": "general purpose CPU",
    "DC": "confidential computing CPU",
    "E": "memory optimized CPU",
    "EC": "confidential computing CPU",
    "F": "compute optimized CPU",
    "FX": "compute optimized CPU",
    "G": "memory and storage optimized CPU",
    "GS": "memory and storage optimized CPU",
    "H": "high performance computing CPU",
    "HB": "high performance computing CPU",
    "HC": "high performance computing CPU",
    "HX": "high performance computing CPU",
    "L": "storage optimized CPU",
    "M": "large memory CPU",
}
_NUMBER_IS_NOT_VCPUS = frozenset({"A", "DS", "G", "GS"})


@dataclass(frozen=True)
class CpuSize:
    """A size without an accelerator, told by its name alone.

    `vcpus` is the number in the name where that number is known to be the vCPU count.
    """

    family: str
    description: str
    vcpus: Optional[int]


def parse_cpu_size(size: str) -> Optional[CpuSize]:
    """Return what the name `size` says about a CPU size, or None where it names no CPU family."""
    match = _SIZE.fullmatch(size.strip())
    family = match.group(1).upper() if match else ""
    if match is None or family not in FAMILIES:
        return None
    # Standard_M128-64ms has the memory of 128 vCPUs and 64 active ones.
    number = int(match.group(3) or match.group(2))
    return CpuSize(family, FAMILIES[family], _vcpus(family, number, match.group(4)))


def _vcpus(family: str, number: int, version: str) -> Optional[int]:
    # D11_v2 to D15_v2 number the size, not its vCPUs; from version 3 on the number is the vCPU count.
    old = family == "D" and version.lower() in ("", "_v2", "_v2_promo", "_promo")
    return None if old or family in _NUMBER_IS_NOT_VCPUS else number
