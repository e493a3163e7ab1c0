"""Takes packages from Debian's non-free part with the machine's own apt, which is asked for nothing but a mirror.

apt gets its own sources, lists, state and cache below one folder, and checks signatures as always; dpkg unpacks and
installs nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from testbeds.real_libraries.libraries import real_libraries_folder

PACKAGES = ("libcuda1", "libnvidia-ml1", "libnvidia-ptxjitcompiler1", "nvidia-smi")
MIRROR = "AIGPU_DEBIAN_MIRROR"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Unavailable(Exception):  # noqa: N818 (it reads as what happened)
    """The packages cannot be had on this machine; the text says why, and what to install or to name."""


class Apt:
    """An apt of its own below `folder`, which sees the non-free parts of `releases` and nothing else."""

    def __init__(self, folder: Path, releases: Iterable[str]) -> None:
        """Write its sources and bring its lists up to date. Raises Unavailable."""
        for name in ("lists/partial", "cache/archives/partial", "state"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        mirror = _find_mirror()
        lines = [f"deb [signed-by={_KEYRING}] {mirror} {release} non-free" for release in releases]
        (folder / "sources.list").write_text("\n".join(lines) + "\n", encoding="utf-8")
        settings = {
            "Dir::Etc::SourceList": folder / "sources.list",
            "Dir::Etc::SourceParts": folder / "none",
            "Dir::State": folder / "state",
            "Dir::State::Lists": folder / "lists",
            "Dir::State::Status": folder / "status",
            "Dir::Cache": folder / "cache",
            "APT::Sandbox::User": "",
        }
        self._options = [f"--option={name}={value}" for name, value in settings.items()]
        _run(["apt-get", *self._options, "--quiet", "update"])

    def newest(self, package: str, branch: str) -> str:
        """Return the newest version of the package in a driver branch. Raises Unavailable."""
        rows = _run(["apt-cache", *self._options, "madison", package]).splitlines()
        versions = [row.split("|")[1].strip() for row in rows if row.count("|") == 2]
        for version in versions:  # newest first
            if version.startswith(branch + "."):
                return version
        raise Unavailable(f"the mirror has no {package} {branch}; it has {', '.join(versions) or 'none at all'}")

    def unpack(self, packages: Iterable[str], version: str, target: Path) -> None:
        """Download the packages of one version and unpack them into `target`. Raises Unavailable."""
        with tempfile.TemporaryDirectory(dir=target.parent) as work:
            wanted = [f"{package}={version}" for package in packages]
            _run(["apt-get", *self._options, "--quiet", "download", *wanted], Path(work))
            for file in sorted(Path(work).glob("*.deb")):
                _run(["dpkg-deb", "--extract", str(file), str(target)])


def fetch(branches: dict[str, str]) -> list[Path]:
    """Bring the newest driver of each branch into the cache folder; return their folders. Raises Unavailable."""
    folder = real_libraries_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="apt-", dir=folder) as state:
        apt = Apt(Path(state), branches.values())
        return [_fetch_one(apt, apt.newest("libcuda1", branch), folder) for branch in branches]


def _fetch_one(apt: Apt, version: str, folder: Path) -> Path:
    place = folder / version
    if not place.is_dir():
        with tempfile.TemporaryDirectory(prefix="unpack-", dir=folder) as work:
            fresh = Path(work) / "fresh"
            fresh.mkdir()
            apt.unpack(PACKAGES, version, fresh)
            fresh.rename(place)
    return place


def _find_mirror() -> str:
    """Return the mirror that is named, or the one that this machine's own apt takes Debian from."""
    missing = [tool for tool in ("apt-get", "apt-cache", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise Unavailable(f"{missing[0]} is not installed: this needs apt and dpkg, as Debian and Ubuntu have them")
    if not _KEYRING.is_file():
        raise Unavailable(
            f"{_KEYRING} is missing, with which Debian's lists are checked: install debian-archive-keyring"
        )
    named = os.environ.get(MIRROR)
    if named:
        return named
    targets = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]).split()
    mirrors = [uri for uri in targets if re.search(r"/debian/?$", uri)]
    if not mirrors:
        raise Unavailable(f"this machine's apt knows no mirror of Debian: name one in {MIRROR}")
    return mirrors[0]


def _run(command: list[str], cwd: Path | None = None) -> str:
    """Return what the command printed. Raises Unavailable with its last line where it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        last = done.stderr.strip().rpartition("\n")[2]
        raise Unavailable(f"{' '.join(command[:1])} ended with {done.returncode}: {last}")
    return done.stdout
