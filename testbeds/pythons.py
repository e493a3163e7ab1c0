"""Other Pythons on this machine: those on the path, and those that pyenv has."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

PORTABLE = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
"""What a training image may have: the preflight runs on each of them."""
TOO_OLD = ("2.7", "3.5", "3.6", "3.7")


def find_python(version: str) -> Path | None:
    """Return the executable of `version`, such as 3.8; None where it is not on this machine.

    pyenv's own are looked for first: what it puts on the path runs only in folders that name the version.
    """
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [*sorted(root.glob(f"versions/{version}.*/bin/python{version}")), shutil.which(f"python{version}")]
    return next((Path(one) for one in candidates if one and _is(Path(one), version)), None)


def find_pythons(versions: Iterable[str]) -> list[Path]:
    """Return the executables of those versions that are on this machine."""
    return [found for found in map(find_python, versions) if found]


def _is(python: Path, version: str) -> bool:
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run(
        [python, "-I" if version[0] == "3" else "-E", "-c", program], capture_output=True, check=False
    )
    return done.stdout.decode().strip() == version
