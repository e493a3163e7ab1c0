"""Build the source archive, and the wheel from it, without a network: `python -m tools.wheel DIRECTORY`.

The demo, the tests and the release take their wheel from here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["aigpu_contract", "azext_aigpu", "node_agent"]
FILES = ["HISTORY.rst", "LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py"]


def build_wheel(directory: Path) -> Path:
    """Build into the directory and return the wheel's path.

    Works on a copy of the sources: setuptools leaves a `build` folder behind, from which the next wheel would take
    modules that were deleted since, and two builds at once would meet in it. Raises subprocess.CalledProcessError,
    its `output` saying why, when the build fails.
    """
    with tempfile.TemporaryDirectory(prefix="aigpu-wheel-") as scratch:
        copy_sources(Path(scratch))
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(directory), scratch]
        subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return max(directory.glob("aigpu-*.whl"), key=lambda path: path.stat().st_mtime_ns)


def copy_sources(target: Path) -> None:
    """Copy what the distribution is made of."""
    for name in FILES:
        shutil.copy2(ROOT / name, target)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))


def main() -> int:
    """Return the exit status: 1 when the build failed, with the build's own words."""
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else "dist")
    try:
        print(build_wheel(directory))
    except subprocess.CalledProcessError as error:
        print(error.output, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
