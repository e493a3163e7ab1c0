"""CUDA toolkits, driver versions and compute capabilities: which runs on which.

The figures are those of NVIDIA's CUDA release notes (toolkit to Linux driver) and of its list of supported drivers.
"""

from __future__ import annotations

import re
from typing import Mapping, Optional, Tuple

Version = Tuple[int, ...]

BRANCH_CUDA: Tuple[Tuple[int, Version], ...] = (
    (450, (11, 0)),
    (470, (11, 4)),
    (515, (11, 7)),
    (525, (12, 0)),
    (535, (12, 2)),
    (550, (12, 4)),
    (560, (12, 6)),
    (570, (12, 8)),
    (575, (12, 9)),
    (580, (13, 0)),
    (590, (13, 1)),
    (595, (13, 2)),
    (610, (13, 3)),
    (615, (13, 4)),
)
"""Driver branch and the highest CUDA version that it reports, oldest first."""

LEAST_CAPABILITY: Mapping[int, Version] = {12: (5, 0), 13: (7, 5)}
"""The least compute capability that the toolkits of a CUDA major version compile for."""

_DRIVER = re.compile(r"\d+(\.\d+){1,3}")


def parse_driver_version(text: str) -> Version:
    """Return `580.159.04` as (580, 159, 4). Raises ValueError for anything that is not a driver version."""
    if not _DRIVER.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is not a driver version such as 580.159.04")
    return tuple(int(part) for part in text.strip().split("."))


def parse_cuda_version(number: int) -> Version:
    """Return CUDA's integer form, 1000 x major + 10 x minor, as (major, minor): 12040 is (12, 4)."""
    return number // 1000, number % 1000 // 10


def render_version(version: Version) -> str:
    """Return a driver's or CUDA's version as NVIDIA writes it, the third part with two digits: 580.65.06, 12.4."""
    return ".".join(f"{part:02d}" if place == 2 else str(part) for place, part in enumerate(version))


def highest_cuda(driver: Version) -> Optional[Version]:
    """Return the highest CUDA version that a driver reports, or None for a branch older than the table."""
    known = [cuda for branch, cuda in BRANCH_CUDA if branch <= driver[0]]
    return known[-1] if known else None


def compiles_for(toolkit: Version, capability: Version) -> Optional[bool]:
    """Return whether toolkits of this major version compile for a compute capability; None for an unknown major."""
    least = LEAST_CAPABILITY.get(toolkit[0])
    return None if least is None else capability >= least
