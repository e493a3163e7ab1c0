"""Installs the extension, for the demo, the tests and the benchmarks: the way a user does, or by links alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from aigpu_contract import __version__

ROOT = Path(__file__).parents[1]


def install_wheel(wheel: Path, extensions: Path) -> Path:
    """Install `wheel` with `az extension add --source` into the folder `extensions` and return that folder.

    Raises RuntimeError with what `az` said where it does not work.
    """
    extensions.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "AZURE_EXTENSION_DIR": str(extensions),
        "AZURE_CONFIG_DIR": str(extensions.parent / "install-config"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "PIP_NO_INDEX": "1",
    }
    az = Path(sys.executable).parent / "az"
    command = [str(az), "extension", "add", "--source", str(wheel), "--yes", "--only-show-errors"]
    # Not in the checkout: `python -m azure.cli` would then find the sources before the installed wheel.
    done = subprocess.run(
        command,
        env=environment,
        cwd=extensions,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return extensions


def link_sources(extensions: Path) -> Path:
    """Put the sources into the folder `extensions` as azure-cli finds an installed extension; return that folder.

    Nothing is built, and coverage sees the checkout.
    """
    extension = extensions / "aigpu"
    about = extension / f"aigpu-{__version__}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: aigpu\nVersion: {__version__}\n", encoding="utf-8")
    for package in ("aigpu_contract", "azext_aigpu"):
        (extension / package).symlink_to(ROOT / package, target_is_directory=True)
    return extensions
