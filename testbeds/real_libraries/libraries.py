"""What lies in the cache folder: one folder a driver version, with libcuda, libnvidia-ml and nvidia-smi."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbeds.cache_folder import cache_folder

BRANCHES: Mapping[str, str] = {"535": "bookworm", "550": "trixie"}
"""Driver branches, and the release of Debian that has each."""
HOW = "python -m testbeds.real_libraries (apt and 23 MB), or nox -s compat_libraries"
_OWN_VARIABLES = ("AIGPU_", "CUDA_", "NVIDIA_", "LD_LIBRARY_PATH", "LD_PRELOAD")


@dataclass(frozen=True)
class RealLibraries:
    """The unpacked packages of one driver."""

    directory: Path
    version: str

    @property
    def folder(self) -> Path:
        """The folder that LD_LIBRARY_PATH must name."""
        (found,) = self.directory.glob("usr/lib/*/nvidia/current")
        return found

    @property
    def nvidia_smi(self) -> Path:
        """NVIDIA's program."""
        return self.directory / "usr/lib/nvidia/current/nvidia-smi"

    def environment(self, folders: Sequence[Path] = ()) -> dict[str, str]:
        """Return our environment with these libraries, or those in `folders`, and no other driver's settings."""
        base = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_VARIABLES)}
        return {**base, "LD_LIBRARY_PATH": os.pathsep.join(map(str, folders or [self.folder]))}


def real_libraries_folder() -> Path:
    """Return where the unpacked drivers are."""
    return cache_folder() / "nvidia"


def find(branch: str) -> RealLibraries | None:
    """Return the newest driver of the branch in the cache folder, None where there is none."""
    found = sorted(real_libraries_folder().glob(f"{branch}.*"))
    return RealLibraries(found[-1], found[-1].name.partition("-")[0]) if found else None
