"""The frameworks, and the virtual environments that they are in: one folder a framework, version and Python."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from testbeds.cache_folder import cache_folder

HOW = "python -m testbeds.frameworks (pip and about 1 GB), or nox -s compat_frameworks"


@dataclass(frozen=True)
class Framework:
    """A framework to install: `distribution` gives the version, `alone` are those installed without what they need."""

    name: str
    distribution: str
    alone: tuple[str, ...] = ()
    needs_cpu_build: bool = False
    """Whether the usual build brings gigabytes of CUDA libraries: then only one marked `+cpu` is taken."""


FRAMEWORKS = (
    Framework("torch", "torch", needs_cpu_build=True),
    Framework("jax", "jax"),
    Framework("jax-cuda13", "jax", alone=("jax-cuda13-plugin", "jax-cuda13-pjrt")),
    Framework("onnxruntime", "onnxruntime"),
    Framework("onnxruntime-gpu", "onnxruntime-gpu"),
)


@dataclass(frozen=True)
class Environment:
    """A virtual environment with one framework, of this `version`."""

    directory: Path
    version: str

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.directory / "bin/python"


def frameworks_folder() -> Path:
    """Return where the environments of this Python version are."""
    return cache_folder() / "frameworks" / f"python{sys.version_info.major}.{sys.version_info.minor}"


def find(name: str) -> Environment | None:
    """Return the environment of a framework that was made last, None where there is none."""
    made = sorted((frameworks_folder() / name).glob("*/bin/python"), key=lambda python: python.lstat().st_mtime)
    return Environment(made[-1].parents[1], made[-1].parents[1].name) if made else None
