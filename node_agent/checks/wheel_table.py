"""Which compute capabilities a framework's wheel was compiled for, and which GPUs run that.

The rows were read from the strings inside the wheels of PyPI and from `build_info` (cp312, manylinux, x86_64; torch for
aarch64 also has sm_110). A wheel in no row is judged by what its CUDA toolkit compiles for at all.
"""

from __future__ import annotations

import re
from typing import Optional, Tuple

from aigpu_contract.cuda import Version, compiles_for
from aigpu_contract.frozen import dataclass
from node_agent.facts import Wheel

_ARCHITECTURE = re.compile(r"(sm|compute)_(\d+)(\d)([af]?)")
_RELEASE = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True)
class Row:
    """Releases `first` to `last` of a framework, built for `toolkits` (any, when empty), hold code for these."""

    framework: str
    first: Version
    last: Version
    toolkits: Tuple[Version, ...]
    architectures: Tuple[str, ...]


_MAXWELL_TO_HOPPER = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
_TURING_TO_BLACKWELL = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_110", "sm_120")

ROWS: Tuple[Row, ...] = (
    Row("torch", (2, 5), (2, 6), ((12, 4),), _MAXWELL_TO_HOPPER),
    Row("torch", (2, 7), (2, 15), ((12, 6),), _MAXWELL_TO_HOPPER),
    Row("torch", (2, 8), (2, 10), ((12, 8),), ("sm_70", *_TURING_TO_BLACKWELL)),
    Row("torch", (2, 11), (2, 15), ((12, 8), (13, 0), (13, 2)), _TURING_TO_BLACKWELL),
    Row("tensorflow", (2, 17), (2, 21), (), ("sm_60", "sm_70", "sm_80", "sm_89", "compute_90")),
)


def architectures(wheel: Wheel) -> Tuple[str, ...]:
    """Return what the wheel was compiled for, from itself or from the table; nothing where neither tells."""
    if wheel.architectures:
        return wheel.architectures
    match = _RELEASE.match(wheel.version)
    if match is None or wheel.cuda is None:
        return ()
    release = (int(match.group(1)), int(match.group(2)))
    return next((row.architectures for row in ROWS if _holds(row, wheel, release)), ())


def _holds(row: Row, wheel: Wheel, release: Version) -> bool:
    toolkit = (wheel.cuda or ())[:2]
    return (
        row.framework == wheel.framework
        and row.first <= release <= row.last
        and (not row.toolkits or toolkit in row.toolkits)
    )


def runs_on(wheel: Wheel, capability: Tuple[int, int]) -> Optional[bool]:
    """Return whether the wheel holds code for GPUs of a compute capability; None where nobody knows."""
    judged = [_covers(name, capability) for name in architectures(wheel)]
    known = [covers for covers in judged if covers is not None]
    if known:
        return any(known)
    return None if not wheel.cuda else compiles_for(wheel.cuda, capability)


def _covers(name: str, capability: Tuple[int, int]) -> Optional[bool]:
    match = _ARCHITECTURE.fullmatch(name)
    if match is None:
        return None
    kind, major, minor, suffix = match.groups()
    compiled = (int(major), int(minor))
    if suffix == "a":
        return compiled == capability
    if kind == "compute":
        # PTX is compiled by the driver for any newer GPU.
        return compiled <= capability
    return compiled[0] == capability[0] and compiled[1] <= capability[1]
