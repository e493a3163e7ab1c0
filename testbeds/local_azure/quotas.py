"""Default vCPU quotas of the local subscription, chosen so that the interesting sizes give interesting answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """Approved vCPUs and the part of them in use."""

    limit: int
    used: int = 0

    @property
    def left(self) -> int:
        """vCPUs that can still be had."""
        return self.limit - self.used


CPU_FAMILY = Quota(100)
GPU_FAMILY = Quota(0)

_EVERYWHERE = {
    "cores": Quota(350),
    "lowprioritycores": Quota(100),
    "standard ncasv3_t4 family": Quota(64),
    "standardncadsa100v4family": Quota(48, used=24),
    "standardncadsh100v5family": Quota(80),
    "standardnvadsa10v5family": Quota(72),
    "standardncsv3family": Quota(24),
    "standardndsh100v5family": Quota(0),
}
_BY_REGION = {
    "westeurope": {"standardncadsa100v4family": Quota(96), "standardndsh100v5family": Quota(96)},
    "uksouth": {"standardncadsa100v4family": Quota(192)},
}


def default_quota(region: str, name: str) -> Quota:
    """The quota of a family, or of `cores` and `lowPriorityCores`; 0 for a GPU family that nobody asked for."""
    key = name.lower()
    known = _BY_REGION.get(region, {}).get(key) or _EVERYWHERE.get(key)
    return known or (GPU_FAMILY if _is_accelerated(key) else CPU_FAMILY)


def _is_accelerated(family: str) -> bool:
    # Every accelerated family has an N right behind "standard", as its sizes do.
    return family.removeprefix("standard").lstrip().startswith("n")
