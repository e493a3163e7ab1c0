"""The distributions installed in a list of folders, told by the names of their metadata folders alone."""

from __future__ import annotations

import os
import re
from typing import Dict, Iterable, List, Mapping, Optional, Tuple

from aigpu_contract.frozen import dataclass

_METADATA = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(-py[0-9.]+)?\.(dist|egg)-info")


@dataclass(frozen=True)
class Distribution:
    """An installed distribution: its normalized name, its version and the file or folder of its metadata."""

    name: str
    version: str
    metadata: str


@dataclass(frozen=True)
class Installed:
    """What an interpreter finds: its search path, and the distributions on it by normalized name."""

    path: Tuple[str, ...]
    distributions: Mapping[str, Distribution]

    def first(self, name: str) -> Optional[str]:
        """Return the file of this relative name that an import would take, or None."""
        files = (os.path.join(folder, name) for folder in self.path)
        return next((file for file in files if os.path.isfile(file)), None)


def read_installed(folders: Iterable[str]) -> Installed:
    """Return what stands in the folders and in those that their .pth files add; first on the path wins."""
    path: List[str] = []
    for folder in folders:
        path += [place for place in (folder, *_added(folder)) if place not in path and os.path.isdir(place)]
    found: Dict[str, Distribution] = {}
    for folder in path:
        for entry in sorted(_names(folder)):
            match = _METADATA.fullmatch(entry)
            if match:
                name = re.sub(r"[-_.]+", "-", match.group("name")).lower()
                found.setdefault(name, Distribution(name, match.group("version"), os.path.join(folder, entry)))
    return Installed(tuple(path), found)


def read_metadata(distribution: Distribution) -> str:
    """Return the metadata's text, empty where there is none to read."""
    files = [os.path.join(distribution.metadata, name) for name in ("METADATA", "PKG-INFO")]
    return "".join(_text(file) for file in [*files, distribution.metadata] if os.path.isfile(file))


def _added(folder: str) -> List[str]:
    """Return the folders that .pth files add by name; their lines that are code are not run and not counted."""
    files = [os.path.join(folder, name) for name in sorted(_names(folder)) if name.endswith(".pth")]
    lines = [line.strip() for file in files for line in _text(file).splitlines()]
    return [os.path.join(folder, line) for line in lines if line and not line.startswith(("#", "import ", "import\t"))]


def _text(file: str) -> str:
    try:
        with open(file, encoding="utf-8", errors="replace") as source:
            return source.read()
    except OSError:
        return ""


def _names(folder: str) -> List[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
